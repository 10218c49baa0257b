import { quorumOf } from '../../../src/consensus/membership.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { max, min } from '../../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../../src/core/time.ts'
import { chance } from '../../support/chance.ts'
import { type Fate, type ReplicaCluster, testMembership } from '../../support/replica-cluster.ts'
import { ADVERSARIES } from '../byzantine/adversaries.ts'
import { findFramed, findUnaccountable } from '../checkers/accountability.ts'
import { findForks } from '../checkers/agreement.ts'
import { findBadCertificates } from '../checkers/certificates.ts'
import { findUnjournalled } from '../checkers/journal.ts'
import { findStalls, hasRecovered } from '../checkers/liveness.ts'
import { findHoard } from '../checkers/memory.ts'
import { createMonotonicChecker, type MonotonicChecker } from '../checkers/monotonic.ts'
import type { Problem } from '../checkers/problem.ts'
import { createValidityChecker, type ValidityChecker } from '../checkers/validity.ts'
import { createLiarCluster } from '../liar-cluster.ts'
import { createStations, type Stations, type Witness } from '../world/station.ts'
import { type Scenario, type SeedOptions, scenarioOfSeed } from './scenario-of-seed.ts'
import type { RunSignatures } from './signatures.ts'

/** What one seed came to. */
export interface SeedReport {
  readonly n: number
  readonly seed: number
  readonly forecast: string
  readonly problems: readonly Problem[]
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

export interface Simulation extends SeedOptions {
  readonly signatures: RunSignatures
  readonly trace: Trace | undefined
}

/** Told what happens, for people. */
export interface Trace extends Pick<Witness, 'decided' | 'marked'> {
  begin(cluster: ReplicaCluster): void
  said(id: number, outgoing: Outgoing): void
  power(id: number, what: 'on' | 'off' | Fate): void
}

/**
 * How long after the calm a new certificate may take: two faulty leaders in a row cost 2Δ each, and Δ may stand at its cap
 * of 2 s; members that are apart find each other within another 2Δ; the epoch under way may be lost.
 */
const RECOVERY_NS_MAX = 15n * NS_PER_SECOND
const RECOVERY_VIEWS_MAX = 12
/** In the calm a faulty leader may cost an epoch, and several of them may lead one after the other. */
const GAP_EPOCHS_MAX = 6
const STORM_SLICE_NS = 50n * NS_PER_MILLISECOND
const CALM_SLICE_NS = 250n * NS_PER_MILLISECOND
const INDEPENDENT_EVERY = 16

interface Run {
  readonly scenario: Scenario
  readonly simulation: Simulation
  readonly cluster: ReplicaCluster
  readonly stations: Stations
  readonly validity: ValidityChecker
  readonly monotonic: MonotonicChecker
  readonly end: MonoNs
  restarts: number
}

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
  return {
    n: simulation.n,
    seed: simulation.seed,
    forecast: scenario.forecast,
    problems: await findProblems(run, firstEpoch, recoveryViews),
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

function createRun(simulation: Simulation): Run {
  const { n, seed, epochs, signatures, trace } = simulation
  const scenario = scenarioOfSeed(simulation)
  const { cast, network, disk, prng, calmAt } = scenario
  const membership = testMembership(n, signatures)
  const sound = cast.liars.size + cast.wrong.size + cast.spoofed.length + cast.dead.length <= quorumOf(n).f
  const observers = new Set(sound ? cast.honest : [])
  const right = new Set([...observers, ...cast.dead].filter((id) => !cast.wrong.has(id) && !cast.spoofed.includes(id)))
  const validity = createValidityChecker(membership, { right, observers })
  const monotonic = createMonotonicChecker(observers)
  const witness: Witness = {
    marked: (mark) => {
      validity.marked(mark)
      trace?.marked(mark)
    },
    served: monotonic.served,
    decided: (node, commit) => {
      if (!cast.liars.has(node.id)) validity.decided(node, commit)
      trace?.decided(node, commit)
    },
  }
  const { oscillators, hardware, ranging, latenessNsMax } = scenario
  const stations = createStations({
    membership,
    prng,
    oscillators,
    hardware,
    climate: ranging,
    liars: new Set(cast.liars.keys()),
    witness,
    reaches: network.reaches,
  })
  const lies = [...cast.liars].flatMap(([id, name]) => {
    const adversary = ADVERSARIES[name]
    return adversary === undefined ? [] : [[id, adversary] as const]
  })
  const cluster = createLiarCluster(
    {
      n,
      seed,
      signatures,
      arrivals: network.arrivals,
      fate: (id, now) => {
        const fate = disk.fate(id, now)
        if (fate !== 'lives') trace?.power(id, fate)
        return fate
      },
      oscillator: (id) => oscillators[id] ?? VIRTUAL_TIME,
      station: stations.create,
      latenessNs: () => BigInt(Math.floor(Number(latenessNsMax) * prng.nextUnit())),
      ...(trace && { said: trace.said }),
    },
    new Map(lies),
  )
  trace?.begin(cluster)
  const end = max(calmAt, monoNs(BigInt(epochs) * NS_PER_SECOND - 100n * NS_PER_MILLISECOND))
  return { scenario, simulation, cluster, stations, validity, monotonic, end, restarts: 0 }
}

const VIRTUAL_TIME = { at: (virtual: MonoNs) => virtual, whenShows: (local: MonoNs) => local }

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

/** Lets some time pass; then whoever does not know the epoch looks for it, and somebody reads every served clock. */
async function slice({ cluster, stations }: Run, durationNs: bigint): Promise<void> {
  await cluster.run(durationNs)
  for (const { id } of cluster.nodes) {
    stations.read(id, cluster.now())
    if (stations.bootstrap(id, cluster.now())) cluster.tellTime(id)
  }
}

function honestNodes({ cluster, scenario }: Run): ReplicaCluster['nodes'] {
  return scenario.cast.honest.flatMap((id) => cluster.nodes[id] ?? [])
}

function highestView(run: Run): number {
  return Math.max(...honestNodes(run).map(({ replica }) => replica.status().view))
}

async function findProblems(run: Run, firstEpoch: number, recoveryViews: number): Promise<readonly Problem[]> {
  const { cluster, scenario, simulation, validity, monotonic } = run
  const { membership } = cluster
  const { verify, verifySignature } = simulation.signatures
  const nodes = honestNodes(run)
  const never = cluster.nodes.filter(({ id }) => !scenario.cast.liars.has(id))
  const forks = findForks(never)
  return [
    ...forks,
    ...validity.problems(),
    ...(await findFramed(never, new Set(never.map(({ id }) => id)), membership, verify)),
    ...findUnaccountable(never, forks.length, membership),
    ...(await findBadCertificates(never, { membership, verify, verifySignature, independentEvery: INDEPENDENT_EVERY })),
    ...monotonic.problems(),
    ...never.flatMap(findUnjournalled),
    ...never.flatMap(({ id, replica }) => findHoard(id, cluster.nodes.length, replica.status())),
    ...findStalls(nodes, {
      firstEpoch,
      lastEpoch: Math.floor(Number(cluster.now()) / 1e9),
      recoveryViews,
      recoveryViewsMax: RECOVERY_VIEWS_MAX,
      gapMax: GAP_EPOCHS_MAX,
    }),
  ]
}
