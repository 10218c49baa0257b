import { equalBytes } from '../core/bytes.ts'
import { type ClockCourse, readCourse } from '../core/clock-course.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { abs, max } from '../core/integer.ts'
import { STAMP_KINDS, type Stamp, type StampKind } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, type MonoNs, plus, type RangingNs } from '../core/time.ts'

/** The same on a ranging clock: the clock's reading at the true instant lies within `errorNs` (+ rounding) of `rangingNs`. */
export interface RangingStamp {
  readonly rangingNs: RangingNs
  readonly errorNs: bigint
  readonly kind: StampKind
}

/** One unbroken run of a ranging clock: readings of different segments must never be compared. */
export interface SegmentId {
  readonly bootId: Uint8Array
  readonly segment: number
}

/** The ranging clock R of this node as it is now; whoever keeps it passes it into every call. */
export interface RangingClock extends SegmentId {
  /** R at a local instant, within 1 ns of its exact value: constant rate and strictly increasing within the segment. */
  at(mono: MonoNs): RangingNs
  /** ρ: bound on the rate error of R in this segment, ppb, rounded up. */
  readonly boundPpb: bigint
}

/** All that there is to know of a ranging clock in one segment: what can be handed to another thread. */
export interface RangingSegment extends SegmentId {
  readonly course: ClockCourse
  readonly boundPpb: bigint
}

/** The clock that is in this segment, and stays in it. */
export function clockIn({ bootId, segment, course, boundPpb }: RangingSegment): RangingClock {
  return { bootId, segment, boundPpb, at: (mono) => readCourse(course, mono) }
}

/** A stamp that may be this far off is no stamp; the limit also keeps the error inside its field on the wire. */
export const STAMP_ERROR_NS_MAX = 1_000_000_000n

/** How far the integer reading of a clock is from its exact value, whichever way the clock rounds. */
export const ROUNDING_NS = 1n

export function sameSegment(a: SegmentId, b: SegmentId): boolean {
  return a.segment === b.segment && equalBytes(a.bootId, b.bootId)
}

/** A stamp of the local oscillator on the ranging clock. Fault `ranging.stamp` when its error or value is out of range. */
export function stampOn(clock: RangingClock, stamp: Stamp): Result<RangingStamp> {
  const rangingNs = clock.at(stamp.at)
  // The clock runs at its own rate over the error too, so the error is carried over as readings, not as a number.
  const errorNs = max(
    clock.at(plus(stamp.at, stamp.errorNs)) - rangingNs,
    rangingNs - clock.at(plus(stamp.at, -stamp.errorNs)),
  )
  if (stamp.errorNs < 0n || errorNs > STAMP_ERROR_NS_MAX) {
    return fail(
      'ranging.stamp',
      `ranging stamp: expected an error of 0 to ${STAMP_ERROR_NS_MAX} ns, got ${stamp.errorNs} ns`,
    )
  }
  if (abs(rangingNs) > INSTANT_LIMIT_NS) {
    return fail(
      'ranging.stamp',
      `ranging stamp: expected a reading within ±${INSTANT_LIMIT_NS} ns, got ${rangingNs} ns`,
    )
  }
  return ok({ rangingNs, errorNs, kind: stamp.kind })
}

/** The coarsest of several kinds: what the result of all of them is worth. */
export function coarsestKind(stamps: readonly { readonly kind: StampKind }[]): StampKind {
  return STAMP_KINDS.find((kind) => stamps.some((stamp) => stamp.kind === kind)) ?? 'user'
}
