import { assert } from './assert.ts'
import { divFloor, max, min } from './integer.ts'

/**
 * A closed interval [lo, hi] of nanoseconds that is promised to contain a truth. Every operation here keeps the
 * promise: it rounds outward, and touching endpoints overlap.
 */
export interface Interval {
  readonly lo: bigint
  readonly hi: bigint
}

export function interval(lo: bigint, hi: bigint): Interval {
  assert(lo <= hi, () => `an interval needs lo <= hi, got [${lo}, ${hi}]`)
  return { lo, hi }
}

/** centre ± halfWidth; halfWidth must not be negative. */
export function around(centre: bigint, halfWidth: bigint): Interval {
  return interval(centre - halfWidth, centre + halfWidth)
}

export function widen(i: Interval, byNs: bigint): Interval {
  assert(byNs >= 0n, () => `an interval is only ever widened, got ${byNs}`)
  return { lo: i.lo - byNs, hi: i.hi + byNs }
}

export function shift(i: Interval, byNs: bigint): Interval {
  return { lo: i.lo + byNs, hi: i.hi + byNs }
}

export function contains(i: Interval, point: bigint): boolean {
  return i.lo <= point && point <= i.hi
}

export function meets(a: Interval, b: Interval): boolean {
  return a.lo <= b.hi && b.lo <= a.hi
}

export function intersect(a: Interval, b: Interval): Interval | undefined {
  const lo = max(a.lo, b.lo)
  const hi = min(a.hi, b.hi)
  return lo <= hi ? { lo, hi } : undefined
}

export function hull(a: Interval, b: Interval): Interval {
  return { lo: min(a.lo, b.lo), hi: max(a.hi, b.hi) }
}

/** The midpoint, rounded down. */
export function midpoint(i: Interval): bigint {
  return divFloor(i.lo + i.hi, 2n)
}

export function clamp(point: bigint, i: Interval): bigint {
  return min(max(point, i.lo), i.hi)
}

/** The distance from `point` to the farther end: the bound that serving `point` may claim. */
export function errorBound(point: bigint, i: Interval): bigint {
  return max(i.hi - point, point - i.lo)
}

/**
 * Marzullo: the span (hull) of all points covered by at least `votes` of the intervals, or undefined when no point is.
 * If at most `intervals.length - votes` of them are wrong, the truth lies inside. O(m log m).
 */
export function coveredSpan(intervals: readonly Interval[], votes: number): Interval | undefined {
  assert(votes >= 1, () => `coverage needs at least one vote, got ${votes}`)
  const edges: { at: bigint; step: 1 | -1 }[] = []
  for (const i of intervals) edges.push({ at: i.lo, step: 1 }, { at: i.hi, step: -1 })
  // At one point starts come before ends, so that touching endpoints overlap.
  edges.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : b.step - a.step))
  let depth = 0
  let lo: bigint | undefined
  let hi: bigint | undefined
  for (const edge of edges) {
    if (edge.step === 1) {
      depth += 1
      if (depth >= votes && lo === undefined) lo = edge.at
    } else {
      if (depth >= votes) hi = edge.at
      depth -= 1
    }
  }
  return lo === undefined || hi === undefined ? undefined : { lo, hi }
}
