import { min } from '../../../src/core/integer.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../../src/core/time.ts'
import { chance } from '../../support/chance.ts'
import { findUnaccountable } from '../checkers/accountability.ts'
import { createVoteWitness } from '../checkers/fork-culprits.ts'
import { hasRecovered } from '../checkers/liveness.ts'
import type { Problem } from '../checkers/problem.ts'
import { isSound } from './cast.ts'
import { findProblems, RECOVERY_NS_MAX } from './judge.ts'
import { createRun, honestNodes, type Run, type Simulation } from './run.ts'

/** What one seed came to. */
export interface SeedReport {
  readonly n: number
  readonly seed: number
  readonly forecast: string
  readonly problems: readonly Problem[]
  /** Agreement could bear the faults: at most f members had any. */
  readonly sound: boolean
  /** Epochs that the run lasted. */
  readonly epochs: number
  /** Decisions that some honest member has. */
  readonly finalized: number
  readonly events: number
  /** Frames of observers that were held against the truth, and readings of served clocks. */
  readonly frames: number
  readonly readings: number
  readonly restarts: number
  /** From the calm until every member that works has a certificate of an epoch after it. */
  readonly recoveryMs: number
  readonly recoveryViews: number
}

const STORM_SLICE_NS = 50n * NS_PER_MILLISECOND
const CALM_SLICE_NS = 250n * NS_PER_MILLISECOND
const LOOK_NS = 200n * NS_PER_MILLISECOND

/** One seed is one run: members, weather, crashes, hardware and lies. Never throws for what it finds. */
export async function simulateSeed(simulation: Simulation): Promise<SeedReport> {
  const run = createRun(simulation)
  const { scenario, cluster, validity, monotonic } = run
  await endure(run)
  const before = highestView(run)
  const firstEpoch = Number(scenario.calmAt / NS_PER_SECOND) + 1
  const recovered = (): boolean => honestNodes(run).every((node) => hasRecovered(node, firstEpoch))
  const latest = plus(scenario.calmAt, RECOVERY_NS_MAX)
  while (cluster.now() < latest && !recovered()) await slice(run, STORM_SLICE_NS)
  const recoveryNs = cluster.now() - scenario.calmAt
  const recoveryViews = highestView(run) - before
  while (cluster.now() < run.end) await slice(run, min(CALM_SLICE_NS, run.end - cluster.now()))
  const nodes = honestNodes(run)
  const problems = await findProblems(run, firstEpoch, recoveryViews)
  return {
    n: simulation.n,
    seed: simulation.seed,
    forecast: scenario.forecast,
    sound: isSound(scenario.cast),
    problems: [
      ...problems,
      ...(problems.some(({ violation }) => violation === 'forks') ? await findCulprits(run) : []),
    ],
    epochs: Math.floor(Number(cluster.now()) / 1e9) + 1,
    finalized: new Set(nodes.flatMap(({ commits }) => commits.map(({ block }) => block.height))).size,
    events: cluster.events,
    frames: validity.frames,
    readings: monotonic.readings,
    restarts: run.restarts,
    recoveryMs: Number(recoveryNs / NS_PER_MILLISECOND),
    recoveryViews,
  }
}

/** Until the calm; then everybody who is not dark for good is up. */
async function endure(run: Run): Promise<void> {
  const { scenario, cluster } = run
  const { cast, calmAt, crashes, prng } = scenario
  const restless = cluster.nodes.map(({ id }) => id).filter((id) => !cast.dead.includes(id))
  let cut = 0
  while (cluster.now() < calmAt) {
    await slice(run, min(STORM_SLICE_NS, calmAt - cluster.now()))
    for (let due = crashes.cuts[cut]; due !== undefined && due.at <= cluster.now(); due = crashes.cuts[cut]) {
      cut += 1
      for (const id of due.ids) power(run, id, false)
    }
    for (const id of restless) if (chance(prng, crashes.returnChance)) power(run, id, true)
  }
  for (const { ids } of crashes.cuts.slice(cut)) for (const id of ids) power(run, id, false)
  for (const id of restless) power(run, id, true)
}

function power(run: Run, id: number, up: boolean): void {
  const { cluster, simulation } = run
  if (cluster.nodes[id]?.up === up) return
  simulation.trace?.power(id, up ? 'on' : 'off')
  if (up) {
    run.restarts += 1
    cluster.restart(id)
  } else cluster.crash(id)
}

/**
 * Lets some time pass; then, now and then, somebody reads every served clock, and whoever does not know the epoch looks
 * for it.
 */
async function slice(run: Run, durationNs: bigint): Promise<void> {
  const { cluster, stations } = run
  await cluster.run(durationNs)
  if (cluster.now() < plus(run.lookedAt, LOOK_NS)) return
  run.lookedAt = cluster.now()
  for (const { id } of cluster.nodes) {
    if (stations.look(id, cluster.now())) cluster.tellTime(id)
  }
}

function highestView(run: Run): number {
  return Math.max(...honestNodes(run).map(({ replica }) => replica.status().view))
}

/** The same run once more, to see whom its votes name. */
async function findCulprits({ simulation, cluster, scenario }: Run): Promise<readonly Problem[]> {
  if (simulation.votes !== undefined) return []
  const votes = createVoteWitness()
  await simulateSeed({ ...simulation, trace: undefined, votes })
  const honest = new Set(cluster.nodes.map(({ id }) => id).filter((id) => !scenario.cast.liars.has(id)))
  return findUnaccountable(votes.culprits(), honest, cluster.membership)
}
