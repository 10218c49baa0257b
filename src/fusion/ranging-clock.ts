import { type ClockCourse, readCourse } from '../core/clock-course.ts'
import { abs, max } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, type RangingNs, rangingNs } from '../core/time.ts'
import { UNLEARNT_PPB } from './source-class.ts'
import type { FrequencyEstimate } from './source-clock.ts'

/**
 * R_i, the clock that appliances compare: a constant-rate function of the local oscillator within one segment, never
 * stepped. Its promise is `boundPpb`: how far its rate may be from that of TAI. A rate that is learnt, or a promise that
 * measurements no longer bear out, starts a new segment; readings of two segments are never compared.
 */
export interface RangingClock {
  readonly bootId: Uint8Array
  /** Counts up from 1. */
  readonly segment: number
  /** What the segment adds to the oscillator's own rate, ppb. */
  readonly ratePpb: bigint
  /** All that `at` goes by in this segment. */
  readonly course: ClockCourse
  /** ρ: bound on the remaining rate error, ppb, rounded up. */
  readonly boundPpb: bigint
  /** R at a local instant, rounded down: it never goes back, and instants 2 ns apart differ. */
  at(mono: MonoNs): RangingNs
  /**
   * Offers a measured rate of TAI against the oscillator: once a second or so, since only what is measured ends a segment
   * whose promise may be broken. True when a new segment began.
   */
  learn(frequency: FrequencyEstimate, now: MonoNs): boolean
  /**
   * The hardware that taught the rate was found wrong: whatever it taught is forgotten. True when a new segment began.
   */
  unlearn(now: MonoNs): boolean
}

/** A rate and what is promised of it. */
interface Promised {
  readonly ratePpb: bigint
  readonly boundPpb: bigint
}

/** The agreement's bounds are of first order: of a promised ρ an oscillator may use all but this fraction of it. */
const SECOND_ORDER = 10_000n
const UNLEARNT: Promised = { ratePpb: 0n, boundPpb: UNLEARNT_PPB + UNLEARNT_PPB / SECOND_ORDER + 1n }
/** Segments are cheap but not free: every peer has to range anew. */
const SEGMENT_NS_MIN = 10n * NS_PER_SECOND
/** What a measurement bounds now, three of it bound while the oscillator wanders on, until a measurement shows that it did. */
const WANDER_FACTOR = 3n
/** Rates are rounded to whole ppb. */
const ROUNDING_PPB = 1n

/** `floorPpb`: what the class of the oscillator may wander however well it was measured. */
export function createRangingClock(bootId: Uint8Array, floorPpb: bigint, start: MonoNs): RangingClock {
  let segment = 1
  let promised = UNLEARNT
  let course: ClockCourse = { anchorMono: start, anchorRanging: rangingNs(start), ratePpb: promised.ratePpb }
  const at = (mono: MonoNs): RangingNs => readCourse(course, mono)
  const begin = (now: MonoNs, next: Promised): true => {
    course = { anchorMono: now, anchorRanging: at(now), ratePpb: next.ratePpb }
    promised = next
    segment += 1
    return true
  }
  return {
    bootId,
    get segment() {
      return segment
    },
    get ratePpb() {
      return promised.ratePpb
    },
    get boundPpb() {
      return promised.boundPpb
    },
    get course() {
      return course
    },
    at,
    learn: (frequency, now) => {
      const measured = measuredOf(frequency)
      const broken = isBroken(promised, measured)
      const next = { ratePpb: measured.ratePpb, boundPpb: max(floorPpb, WANDER_FACTOR * measured.boundPpb) }
      // What would promise less than nothing learnt at all can only refute.
      if (next.boundPpb > UNLEARNT.boundPpb) return broken && promised !== UNLEARNT && begin(now, UNLEARNT)
      const due = promised === UNLEARNT || between(course.anchorMono, now) >= SEGMENT_NS_MIN
      const worthwhile = due && next.boundPpb * 2n <= promised.boundPpb
      return (broken || worthwhile) && begin(now, next)
    },
    unlearn: (now) => promised !== UNLEARNT && begin(now, UNLEARNT),
  }
}

function measuredOf({ ppb, uncertaintyPpb }: FrequencyEstimate): Promised {
  return { ratePpb: BigInt(Math.round(ppb)), boundPpb: BigInt(Math.ceil(uncertaintyPpb)) + ROUNDING_PPB }
}

/**
 * Whether a promise may no longer be kept: the measured rate with its whole bound does not fit into it. A measurement
 * that is too blunt to fit into any such promise has to contradict it altogether.
 */
function isBroken(promised: Promised, measured: Promised): boolean {
  const usablePpb = promised.boundPpb - promised.boundPpb / SECOND_ORDER
  const apartPpb = abs(measured.ratePpb - promised.ratePpb)
  const blunt = 2n * measured.boundPpb > usablePpb
  return blunt ? apartPpb > usablePpb + measured.boundPpb : apartPpb + measured.boundPpb > usablePpb
}
