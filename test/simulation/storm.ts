import { createPrng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { chance } from '../support/chance.ts'
import { createReplicaCluster, type ReplicaCluster } from '../support/replica-cluster.ts'
import { findProblems } from './invariants.ts'
import { type Climate, createWeather } from './weather.ts'

export interface StormReport {
  readonly problems: readonly string[]
  /** From the calm to a certificate of an epoch after it at every node. */
  readonly recoveryNs: bigint
  readonly recoveryViews: number
  readonly epochs: number
  readonly events: number
  readonly restarts: number
  readonly forecast: string
}

const SLICE_NS = 50n * NS_PER_MILLISECOND

export async function weatherStorm(climate: Climate, dead: number, limitNs: bigint): Promise<StormReport> {
  const { n, seed, calmAt } = climate
  const weather = createWeather(climate)
  const cluster = createReplicaCluster({ n, seed, ...weather })
  const prng = createPrng(seed ^ 0xdead)
  const alive = Array.from({ length: n }, (_, id) => id).slice(0, n - dead)
  let restarts = 0
  const steps = [...weather.clockSteps]
  while (cluster.now() < calmAt) {
    await cluster.run(SLICE_NS)
    for (const step of steps) if (step.at <= cluster.now()) cluster.tellTime(step.id)
    for (const id of alive) {
      if (cluster.nodes[id]?.up === true || !chance(prng, 0.2)) continue
      cluster.restart(id)
      restarts += 1
    }
    if (cluster.now() > calmAt / 2n) for (let id = n - dead; id < n; id++) cluster.crash(id)
  }
  for (const id of alive) cluster.restart(id)
  const viewBefore = Math.max(...alive.map((id) => cluster.nodes[id]?.replica.status().view ?? 0))
  const end = plus(calmAt, limitNs)
  const wanted = epochAfter(calmAt)
  while (cluster.now() < end && !recovered(cluster, alive, wanted)) await cluster.run(SLICE_NS)
  const problems = [...(await findProblems(cluster, alive))]
  if (!recovered(cluster, alive, wanted)) {
    const stuck = alive.map((id) => {
      const status = cluster.nodes[id]?.replica.status()
      return `${id}: view ${status?.view}, final ${status?.finalizedView}`
    })
    problems.push(`no certificate everywhere ${limitNs / NS_PER_SECOND} s after the calm (${stuck.join('; ')})`)
  }
  return {
    problems,
    recoveryNs: cluster.now() - calmAt,
    recoveryViews: Math.max(...alive.map((id) => cluster.nodes[id]?.replica.status().view ?? 0)) - viewBefore,
    epochs: Math.max(...cluster.nodes.map(({ commits }) => commits.at(-1)?.block.epoch ?? 0)),
    events: cluster.events,
    restarts,
    forecast: weather.forecast,
  }
}

function epochAfter(at: MonoNs): number {
  return Number(at / NS_PER_SECOND) + 1
}

function recovered(cluster: ReplicaCluster, ids: readonly number[], epoch: number): boolean {
  return ids.every((id) => cluster.nodes[id]?.commits.some(({ block, votes }) => votes && block.epoch >= epoch))
}
