import { coveredSpan, type Interval } from '../core/interval.ts'
import type { Quorum } from './membership.ts'

/**
 * Step 2 of the agreement: the span of points that at least m − f of the m intervals cover, or undefined when fewer than q
 * intervals came or when no point is covered so often. f and q are the membership's, never those of who is present.
 *
 * At most f intervals are wrong, so the other m − f all contain T − R_r, and so does the region. Each of its ends is
 * covered by at least m − f > f intervals: by an honest one, and by one of any f + 1 honest ones. Hence it lies inside the
 * hull of the honest intervals, and no end is farther from the truth than the (f+1)-th narrowest of them is wide.
 */
export function coveredRegion(intervals: readonly Interval[], { f, q }: Quorum): Interval | undefined {
  return intervals.length < q ? undefined : coveredSpan(intervals, intervals.length - f)
}
