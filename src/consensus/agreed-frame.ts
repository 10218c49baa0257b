import { frameIntervals, type MemberInterval, type Observer, type Readings } from './frame-intervals.ts'
import type { Quorum } from './membership.ts'
import type { Region } from './outcome.ts'
import { choosePoint, type PointRules } from './point.ts'
import { coveredRegion } from './region.ts'

/** Steps 1 to 4 for one listed member: what reached its frame, and what was agreed in it. */
export interface AgreedFrame {
  readonly observer: Observer
  /** Sorted by member. */
  readonly intervals: readonly MemberInterval[]
  /** Undefined: no correction for this member. */
  readonly region: Region | undefined
}

export function agreeFrame(observer: Observer, readings: Readings, quorum: Quorum, rules: PointRules): AgreedFrame {
  const intervals = frameIntervals(observer, readings).present
  const span = coveredRegion(intervals, quorum)
  return { observer, intervals, region: span && choosePoint(intervals, span, rules) }
}
