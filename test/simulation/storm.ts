import { quorumOf } from '../../src/consensus/membership.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { chance, pick, shuffled } from '../support/chance.ts'
import type { ReplicaCluster } from '../support/replica-cluster.ts'
import { ADVERSARIES } from './byzantine/adversaries.ts'
import type { Adversary } from './byzantine/liar.ts'
import { findProblems } from './invariants.ts'
import { createLiarCluster } from './liar-cluster.ts'
import { type Climate, createWeather, type Weather } from './weather.ts'

/** What one seed came to. */
export interface StormReport {
  readonly problems: readonly string[]
  /** What the seed meant, for people. */
  readonly forecast: string
  /** From the calm until every member that works has a certificate of an epoch after it. */
  readonly recoveryNs: bigint
  readonly recoveryViews: number
  readonly epochs: number
  readonly events: number
  readonly restarts: number
}

/**
 * How long after the calm a new certificate may take: two faulty leaders in a row cost 2Δ each, and Δ may stand at its cap
 * of 2 s; members that are apart find each other within another 2Δ; the epoch under way may be lost.
 */
const RECOVERY_NS_MAX = 15n * NS_PER_SECOND
const RECOVERY_VIEWS_MAX = 12

const SLICE_NS = 50n * NS_PER_MILLISECOND

/** Who is who in a storm: up to f members lie or go dark for good. */
interface Cast {
  readonly n: number
  readonly dead: readonly number[]
  readonly lies: ReadonlyMap<number, readonly [string, Adversary]>
  readonly honest: readonly number[]
}

/** One seed is one run: members, weather, crashes and lies. Never throws for what it finds. */
export async function weatherStorm(seed: number): Promise<StormReport> {
  const prng = createPrng(seed)
  const cast = drawCast(prng)
  const climate = drawClimate(prng, cast.n)
  const weather = createWeather(prng, climate)
  const parts = new Map([...cast.lies].map(([id, [, adversary]]) => [id, adversary]))
  const cluster = createLiarCluster({ n: cast.n, seed, ...weather }, parts)
  const restarts = await endureStorm(cluster, cast, weather, climate, prng)
  const viewBefore = highestView(cluster, cast)
  const wanted = Number(climate.calmAt / NS_PER_SECOND) + 1
  const end = plus(climate.calmAt, RECOVERY_NS_MAX)
  while (cluster.now() < end && !hasRecovered(cluster, cast, wanted)) await cluster.run(SLICE_NS)
  const recoveryViews = highestView(cluster, cast) - viewBefore
  return {
    problems: [...(await findProblems(cluster, cast.honest)), ...findStall(cluster, cast, wanted, recoveryViews)],
    forecast: [describeCast(cast), weather.forecast].join(', '),
    recoveryNs: cluster.now() - climate.calmAt,
    recoveryViews,
    epochs: Math.max(...cluster.nodes.map(({ commits }) => commits.at(-1)?.block.epoch ?? 0)),
    events: cluster.events,
    restarts,
  }
}

function drawCast(prng: Prng): Cast {
  const n = pick(prng, [4, 5, 7])
  const { f } = quorumOf(n)
  const ids = Array.from({ length: n }, (_, id) => id)
  const faulty = shuffled(prng, ids).slice(0, prng.nextBelow(f + 1))
  const dead = faulty.filter(() => chance(prng, 0.4))
  const lies = new Map(
    faulty.filter((id) => !dead.includes(id)).map((id) => [id, pick(prng, Object.entries(ADVERSARIES))]),
  )
  return { n, dead, lies, honest: ids.filter((id) => !faulty.includes(id)) }
}

function drawClimate(prng: Prng, n: number): Climate {
  return {
    n,
    calmAt: monoNs(4n * NS_PER_SECOND),
    delayMsMax: 60,
    lossMax: 0.3,
    duplicationMax: 0.2,
    cutsMax: 4,
    partitionsMax: 2,
    // Mostly the odd crash; sometimes hardly a word without one.
    deathMax: chance(prng, 0.7) ? 0.05 : 0.4,
    clockErrorMsMax: 200,
  }
}

/** Until the calm; then everybody who is not dark for good is up. Returns how often somebody was started again. */
async function endureStorm(
  cluster: ReplicaCluster,
  { dead, honest }: Cast,
  weather: Weather,
  { calmAt }: Climate,
  prng: Prng,
): Promise<number> {
  const blackoutAt = chance(prng, 0.3) ? monoNs((calmAt * BigInt(prng.nextBelow(100))) / 100n) : undefined
  const restartChance = 0.05 + prng.nextUnit() * 0.3
  const restless = cluster.nodes.map(({ id }) => id).filter((id) => !dead.includes(id))
  let restarts = 0
  const restart = (id: number): void => {
    if (cluster.nodes[id]?.up === false) restarts += 1
    cluster.restart(id)
  }
  while (cluster.now() < calmAt) {
    const from = cluster.now()
    await cluster.run(SLICE_NS)
    const falls = (at: MonoNs | undefined): boolean => at !== undefined && from < at && at <= cluster.now()
    for (const { id, at } of weather.clockSteps) if (falls(at)) cluster.tellTime(id)
    if (falls(blackoutAt)) for (const id of honest) cluster.crash(id)
    if (falls(monoNs(calmAt / 2n))) for (const id of dead) cluster.crash(id)
    for (const id of restless) if (chance(prng, restartChance)) restart(id)
  }
  for (const id of restless) restart(id)
  return restarts
}

function highestView(cluster: ReplicaCluster, { honest }: Cast): number {
  return Math.max(...honest.map((id) => cluster.nodes[id]?.replica.status().view ?? 0))
}

function hasRecovered(cluster: ReplicaCluster, { honest }: Cast, epoch: number): boolean {
  return honest.every((id) =>
    cluster.nodes[id]?.commits.some(({ block, votes }) => votes !== undefined && block.epoch >= epoch),
  )
}

function findStall(cluster: ReplicaCluster, cast: Cast, epoch: number, views: number): readonly string[] {
  if (!hasRecovered(cluster, cast, epoch)) {
    const stuck = cast.honest.map((id) => {
      const status = cluster.nodes[id]?.replica.status()
      return `node ${id} in view ${status?.view}, final ${status?.finalizedView}`
    })
    return [`no certificate everywhere ${RECOVERY_NS_MAX / NS_PER_SECOND} s after the calm: ${stuck.join('; ')}`]
  }
  return views <= RECOVERY_VIEWS_MAX ? [] : [`${views} views to the first certificate after the calm`]
}

function describeCast({ n, dead, lies }: Cast): string {
  const liars = [...lies].map(([id, [name]]) => `${id} ${name}`)
  return [`n = ${n}`, ...dead.map((id) => `${id} dies`), ...liars].join(', ')
}
