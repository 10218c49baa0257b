import { createPrng, type Prng } from '../../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../../src/core/time.ts'
import { chance, pick, shuffled } from '../../support/chance.ts'
import type { Fate } from '../../support/replica-cluster.ts'
import { createSessionCluster, memberOf, type SessionCluster } from '../../support/session-cluster.ts'
import { nextMembership, testOrder } from '../../support/test-orders.ts'
import { findSessionProblems } from './session-problems.ts'

/** What one seed came to. */
export interface SessionStormReport {
  readonly problems: readonly string[]
  /** How many sessions the cluster went through. */
  readonly sessions: number
  readonly restarts: number
  /** Members of the present session that certified after the calm. */
  readonly recovered: number
  readonly members: number
}

const APPLIANCES = 8
const STORM_NS = 20n * NS_PER_SECOND
const SLICE_NS = 250n * NS_PER_MILLISECOND
/** Some are in a session that ended long ago, and go from one to the next by what others show them. */
const CALM_NS = 15n * NS_PER_SECOND

/**
 * One seed is one run: a storm of loss, cuts, and crashes at journal writes, while operators order one membership after
 * the other, some at two appliances at once; then a calm. Nobody lies, so that every member must come through.
 */
export async function sessionStorm(seed: number): Promise<SessionStormReport> {
  const prng = createPrng(seed)
  let isCalm = false
  let side = new Set<number>()
  const lossRate = prng.nextUnit() * 0.15
  const crashRate = prng.nextUnit() * 0.01
  const deaths = shuffled<Fate>(prng, ['torn', 'unsent', 'half-sent'])
  const cluster = createSessionCluster({
    n: pick(prng, [3, 4, 5]),
    seed,
    delayNsMax: BigInt(pick(prng, [2, 20, 40])) * NS_PER_MILLISECOND,
    passes: (from, to) => isCalm || (side.has(from) === side.has(to) && !chance(prng, lossRate)),
    fate: (_key: number, _now: MonoNs) => (!isCalm && chance(prng, crashRate) ? pick(prng, deaths) : 'lives'),
  })
  let restarts = 0
  while (cluster.now() < STORM_NS) {
    await cluster.run(SLICE_NS)
    if (chance(prng, 0.15)) side = new Set(chance(prng, 0.5) ? [] : [prng.nextBelow(3), prng.nextBelow(APPLIANCES)])
    if (chance(prng, 0.2)) await orderSomething(cluster, prng)
    if (chance(prng, 0.3)) await carrySteps(cluster)
    for (const [key, { up }] of cluster.nodes) {
      if (up || !chance(prng, 0.5)) continue
      cluster.restart(key)
      restarts += 1
    }
  }
  isCalm = true
  for (const [key, { up }] of cluster.nodes) if (!up) cluster.restart(key)
  await carrySteps(cluster)
  await cluster.run(CALM_NS)
  const newest = [...cluster.nodes.values()]
    .map(({ chain }) => chain)
    .sort((a, b) => b.steps.length - a.steps.length)[0]
  const present = [...cluster.nodes.values()].filter(({ chain }) => chain.steps.length === newest?.steps.length)
  const recovered = present.filter(({ replica, commits }) => {
    const { block } = commits.at(-1) ?? {}
    return replica !== undefined && (block?.epoch ?? 0) >= Number((STORM_NS + CALM_NS) / NS_PER_SECOND) - 2
  })
  return {
    problems: await findSessionProblems(cluster),
    sessions: newest?.sessions.length ?? 0,
    restarts,
    recovered: recovered.length,
    members: newest?.present.membership.members.length ?? 0,
  }
}

/** Who is no member is spoken to by nobody: operators bring it what its cluster has come to. */
async function carrySteps(cluster: SessionCluster): Promise<void> {
  const [newest] = [...cluster.nodes.values()].sort((a, b) => b.chain.steps.length - a.chain.steps.length)
  for (const key of cluster.nodes.keys()) await cluster.carry(key, newest?.key ?? key)
}

/** Operators order a membership of some appliances, at one or two of those who are members now; new ones are started. */
async function orderSomething(cluster: SessionCluster, prng: Prng): Promise<void> {
  const members = [...cluster.nodes.values()].filter(({ up, replica }) => up && replica !== undefined)
  for (const { key, chain } of shuffled(prng, members).slice(0, 1 + prng.nextBelow(2))) {
    const present = chain.present.membership
    const keys = shuffled(
      prng,
      Array.from({ length: APPLIANCES }, (_, index) => index),
    ).slice(0, 3 + prng.nextBelow(4))
    for (const wanted of keys) if (!cluster.nodes.has(wanted)) await cluster.join(wanted, key)
    const next = nextMembership(present, { members: keys.map(memberOf) })
    cluster.submit(key, testOrder(present, next, [0, 1 + prng.nextBelow(2)]))
  }
}
