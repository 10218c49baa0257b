import { selectInPlace } from '../core/order-statistic.ts'

/**
 * A line through readings of which some are wrong. Floating point is fine here: the points are small numbers relative
 * to an anchor, and whoever makes a promise from the line measures how far the points lie from it.
 */
export interface Point {
  /** Seconds from the anchor. */
  readonly atS: number
  /** Nanoseconds from the anchor. */
  readonly ns: number
}

export interface Line {
  /** Nanoseconds per second, which is ppb. */
  readonly slopePpb: number
  /** Value at `atS` = 0. */
  readonly levelNs: number
}

/** From this many points on, slopes between near neighbours are left out: they are the noisiest, and the most. */
const MANY_POINTS = 16

/**
 * Theil–Sen: the median of the slopes between pairs of points, then the median level. Holds against a quarter of wrong
 * points wherever they lie. The slope is clamped to ±`slopePpbMax`. Needs at least one point.
 */
export function fitLine(points: readonly Point[], slopePpbMax: number): Line {
  const apart = points.length >= MANY_POINTS ? points.length >> 2 : 1
  const slopes: number[] = []
  for (let index = 0; index + apart < points.length; index++) {
    const from = points[index]
    for (let other = index + apart; from !== undefined && other < points.length; other++) {
      const to = points[other]
      if (to !== undefined && to.atS !== from.atS) slopes.push((to.ns - from.ns) / (to.atS - from.atS))
    }
  }
  const slopePpb = Math.min(slopePpbMax, Math.max(-slopePpbMax, middleOf(slopes)))
  return { slopePpb, levelNs: middleOf(points.map(({ atS, ns }) => ns - slopePpb * atS)) }
}

export function valueAt(line: Line, atS: number): number {
  return line.levelNs + line.slopePpb * atS
}

/** The middle value; the mean of the two middle ones of an even number; 0 of none. */
export function median(values: readonly number[]): number {
  return middleOf(values.slice())
}

/** The same of values that nobody needs in their order any more. */
function middleOf(values: number[]): number {
  const rank = values.length >> 1
  const upper = selectInPlace(values, rank)
  if (values.length % 2 === 1 || rank === 0) return upper
  let lower = values[0] ?? 0
  for (let index = 1; index < rank; index++) lower = Math.max(lower, values[index] ?? 0)
  return (lower + upper) / 2
}
