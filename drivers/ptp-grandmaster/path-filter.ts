import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { OneWay } from './protocol.ts'
import { estimateRate, type Point, type Rate, UNLEARNT } from './rate-estimate.ts'

/**
 * Where TAI is, by the luckiest packets of each way. A Sync that came without waiting anywhere says most of all Syncs
 * what TAI − MonoNs is at least, an answered request that did not wait what it is at most: the truth lies between the
 * two, whatever the path does. Queues mostly fill one way, so each way is filtered by itself. What a packet said is
 * carried on at the rate that all of them show, and counts for less the older it is.
 */
export interface PathFilter {
  /** `contradicts`: it lies beyond what the other way allows, so it was not taken. */
  sync(oneWay: OneWay): Taken
  answer(oneWay: OneWay): Taken
  /** Undefined before both ways were heard, and once either is too old. */
  estimate(now: MonoNs): PathEstimate | undefined
  rate(): Rate
  /** Forgets everything. */
  restart(): void
}

export type Taken = 'taken' | 'contradicts'

export interface PathEstimate {
  /** TAI − MonoNs in the middle of what both ways allow. */
  readonly offsetNs: bigint
  /** Half of the shortest round trip, rounded up: as far as TAI may be from the middle, were the stamps right. */
  readonly halfPathNs: bigint
  /** What stamps and the local oscillator add to that, rounded up. */
  readonly errorNs: bigint
}

/** One way. `sign` 1: its readings are lower limits; −1: upper ones. */
interface Way {
  readonly sign: 1 | -1
  readings: Point[]
}

const SLOTS_MAX = 64

/** `windowNs`: how long a packet counts. `intervalNs`: about how far apart they are to come. */
export function createPathFilter(windowNs: bigint, intervalNs: bigint): PathFilter {
  const slotNs = Math.max(Number(windowNs) / SLOTS_MAX, Number(intervalNs))
  const syncs: Way = { sign: 1, readings: [] }
  const answers: Way = { sign: -1, readings: [] }
  let anchor: { readonly at: MonoNs; readonly offsetNs: bigint } | undefined
  let rate: Rate = UNLEARNT
  let ratedAtNs = Number.NEGATIVE_INFINITY

  const readingOf = ({ at, limitNs, errorNs }: OneWay): Point => {
    anchor ??= { at, offsetNs: limitNs }
    return { atNs: Number(between(anchor.at, at)), ns: Number(limitNs - anchor.offsetNs), errorNs: Number(errorNs) }
  }
  const take = (way: Way, other: Way, oneWay: OneWay): Taken => {
    const reading = readingOf(oneWay)
    const limit = tightest(other, reading.atNs, rate, Number(windowNs))
    if (limit !== undefined && way.sign * (reading.ns - limit.outerNs) > reading.errorNs) return 'contradicts'
    way.readings = added(way, reading, rate, slotNs).filter(({ atNs }) => reading.atNs - atNs <= Number(windowNs))
    if (reading.atNs - ratedAtNs >= Number(NS_PER_SECOND)) {
      ratedAtNs = reading.atNs
      rate = estimateRate(syncs.readings, answers.readings)
    }
    return 'taken'
  }

  return {
    sync: (oneWay) => take(syncs, answers, oneWay),
    answer: (oneWay) => take(answers, syncs, oneWay),
    estimate: (now) => {
      if (anchor === undefined) return undefined
      const nowNs = Number(between(anchor.at, now))
      const lower = tightest(syncs, nowNs, rate, Number(windowNs))
      const upper = tightest(answers, nowNs, rate, Number(windowNs))
      if (lower === undefined || upper === undefined) return undefined
      const middleNs = Math.round((lower.ns + upper.ns) / 2)
      const halfPathNs = Math.max(0, (upper.ns - lower.ns) / 2)
      const outerNs = Math.max(upper.outerNs - middleNs, middleNs - lower.outerNs)
      return {
        offsetNs: anchor.offsetNs + BigInt(middleNs),
        halfPathNs: BigInt(Math.ceil(halfPathNs)),
        errorNs: BigInt(Math.ceil(Math.max(0, outerNs - halfPathNs)) + 1),
      }
    },
    rate: () => rate,
    restart: () => {
      for (const way of [syncs, answers]) way.readings = []
      anchor = undefined
      rate = UNLEARNT
      ratedAtNs = Number.NEGATIVE_INFINITY
    },
  }
}

interface Limit {
  /** What the reading says now. */
  readonly ns: number
  /** The same, with all that it may be off. */
  readonly outerNs: number
}

/** The reading that in all likelihood allows least, carried to `nowNs`, with all that it may be off. */
function tightest(way: Way, nowNs: number, rate: Rate, windowNs: number): Limit | undefined {
  let best: Limit | undefined
  let bestNs = 0
  for (const { atNs, ns, errorNs } of way.readings) {
    const ageNs = nowNs - atNs
    if (ageNs > windowNs) continue
    const carriedNs = ns + (rate.ppb * ageNs) / 1e9
    const seconds = Math.abs(ageNs) / 1e9
    const likelyNs = carriedNs - way.sign * (errorNs + rate.likelyPpb * seconds)
    if (best !== undefined && way.sign * (likelyNs - bestNs) <= 0) continue
    bestNs = likelyNs
    best = { ns: carriedNs, outerNs: carriedNs - way.sign * (errorNs + rate.errorPpb * seconds) }
  }
  return best
}

/** Of those that come within one slot only the luckiest is kept, so that their number has a limit. */
function added(way: Way, reading: Point, rate: Rate, slotNs: number): Point[] {
  const last = way.readings.at(-1)
  const slots = last === undefined ? 1 : Math.floor(reading.atNs / slotNs) - Math.floor(last.atNs / slotNs)
  if (last === undefined || slots > 0) return [...way.readings, reading].slice(-SLOTS_MAX - 1)
  // One that was reordered on its way tells nothing that the newer do not.
  if (slots < 0) return way.readings
  const ageNs = reading.atNs - last.atNs
  const carriedNs = last.ns + ((rate.ppb - way.sign * rate.likelyPpb) * ageNs) / 1e9
  return way.sign * (reading.ns - carriedNs) > 0 ? [...way.readings.slice(0, -1), reading] : way.readings
}
