import { abs, compare, divFloor, max, min } from '../core/integer.ts'
import { clamp, type Interval, meets, midpoint } from '../core/interval.ts'
import type { MemberInterval } from './frame-intervals.ts'
import type { Region } from './outcome.ts'

export interface PointRules {
  readonly f: number
  readonly targetPrecisionNs: bigint
  /** By member id, from the parent block's state. */
  readonly reputationPpm: readonly number[]
}

const ROUNDS_MAX = 5
const PPM = 1_000_000n

interface Candidate {
  readonly member: number
  readonly mid: bigint
  readonly weight: bigint
}

/**
 * Steps 3 and 4 of the agreement: a point of the region. Weights choose it, so they may be as wrong as they like: the
 * region, which they cannot touch, is what is certified.
 */
export function choosePoint(intervals: readonly MemberInterval[], region: Interval, rules: PointRules): Region {
  const survivors = trimmed(intervals, rules.f)
    .filter((candidate) => meets(candidate, region))
    .map(({ member, mid, uncertaintyNs }) => ({ member, mid, weight: weightOf(member, uncertaintyNs, rules) }))
  const { lo, hi } = region
  if (survivors.length === 0) return { lo, hi, point: midpoint(region), method: 'midpoint', survivors: 0 }
  const { point, ...how } = average(survivors, rules.targetPrecisionNs)
  return { lo, hi, point: clamp(point, region), ...how }
}

/** Sorted by (midpoint, member), without the f lowest and the f highest: what f liars pull on is gone. */
function trimmed(intervals: readonly MemberInterval[], f: number): readonly (MemberInterval & { mid: bigint })[] {
  return intervals
    .map((interval) => ({ ...interval, mid: midpoint(interval) }))
    .sort((a, b) => compare(a.mid, b.mid) || a.member - b.member)
    .slice(f, intervals.length - f)
}

/** Reputation × precision, both in ppm. */
function weightOf(member: number, uncertaintyNs: bigint, { targetPrecisionNs, reputationPpm }: PointRules): bigint {
  const precisionPpm = min(PPM, divFloor(PPM * targetPrecisionNs, max(1n, uncertaintyNs)))
  return BigInt(reputationPpm[member] ?? 0) * precisionPpm
}

/**
 * At most five rounds of mean and rejection. The design stops on two conditions, spread ≤ target and a share of at least
 * 900,000 ppm of the weight within the target. The first implies the second: when the farthest survivor is within the
 * target, all the weight is. So only the spread is tested.
 */
function average(candidates: readonly Candidate[], targetNs: bigint): Pick<Region, 'point' | 'method' | 'survivors'> {
  let survivors = candidates
  for (let round = 1; ; round++) {
    const point = weightedMean(survivors)
    const spreadNs = survivors.reduce((spread, { mid }) => max(spread, abs(mid - point)), 0n)
    if (spreadNs <= targetNs) return { point, method: 'multi-round', survivors: survivors.length }
    const kept = survivors.length < 3 ? survivors : withoutOutlying(survivors)
    if (round === ROUNDS_MAX || kept.length === survivors.length) {
      return { point, method: 'best-effort', survivors: survivors.length }
    }
    survivors = kept
  }
}

/** Rounded down; unweighted when all the weight is zero. */
function weightedMean(survivors: readonly Candidate[]): bigint {
  let sum = 0n
  let total = 0n
  for (const { mid, weight } of survivors) {
    sum += weight * mid
    total += weight
  }
  if (total > 0n) return divFloor(sum, total)
  const mids = survivors.reduce((all, { mid }) => all + mid, 0n)
  return divFloor(mids, BigInt(survivors.length))
}

/** Without those farther than 3 median absolute deviations + 1 ns from the median. */
function withoutOutlying(survivors: readonly Candidate[]): readonly Candidate[] {
  const median = lowerMedian(survivors.map(({ mid }) => mid))
  const deviationNs = lowerMedian(survivors.map(({ mid }) => abs(mid - median)))
  return survivors.filter(({ mid }) => abs(mid - median) <= 3n * deviationNs + 1n)
}

/** Of two middle values the lower one, so that the median is always one of the values. Not of an empty list. */
function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted(compare)
  return sorted[(sorted.length - 1) >> 1] ?? 0n
}
