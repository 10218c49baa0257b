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
  for (const [index, from] of points.entries()) {
    for (let other = index + apart; other < points.length; other++) {
      const to = points[other]
      if (to !== undefined && to.atS !== from.atS) slopes.push((to.ns - from.ns) / (to.atS - from.atS))
    }
  }
  const slopePpb = Math.min(slopePpbMax, Math.max(-slopePpbMax, median(slopes)))
  return { slopePpb, levelNs: median(points.map(({ atS, ns }) => ns - slopePpb * atS)) }
}

export function valueAt(line: Line, atS: number): number {
  return line.levelNs + line.slopePpb * atS
}

/** The middle value; the mean of the two middle ones of an even number; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const upper = sorted[sorted.length >> 1] ?? 0
  const lower = sorted[(sorted.length - 1) >> 1] ?? 0
  return (lower + upper) / 2
}
