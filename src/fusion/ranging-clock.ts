import { abs, divFloor } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type RangingNs, rangingNs } from '../core/time.ts'
import type { FrequencyEstimate } from './source-clock.ts'

/**
 * R_i, the clock that appliances compare: a constant-rate function of the local oscillator within one segment, never
 * stepped. Its promise is `boundPpb`: how far its rate may be from that of TAI. A rate that is learnt, or found to have
 * moved, starts a new segment; readings of two segments are never compared.
 */
export interface RangingClock {
  readonly bootId: Uint8Array
  readonly segment: number
  /** What the segment adds to the oscillator's own rate, ppb. */
  readonly ratePpb: bigint
  /** ρ: bound on the remaining rate error, ppb, rounded up. */
  readonly boundPpb: bigint
  at(mono: MonoNs): RangingNs
  /** Offers a measured frequency of TAI against the oscillator. True when a new segment began. */
  learn(frequency: FrequencyEstimate, now: MonoNs): boolean
  /**
   * The hardware that taught the rate was found wrong: whatever it taught is forgotten. True when a new segment began.
   */
  unlearn(now: MonoNs): boolean
}

/** Before a rate is learnt: a crystal's ±50 ppm, and the ρ² that the first-order bounds of the agreement leave out. */
const UNLEARNT_BOUND_PPB = 50_003n
/** Segments are cheap but not free: every peer has to range anew. */
const SEGMENT_NS_MIN = 10n * NS_PER_SECOND
/** Rates are rounded to whole ppb. */
const ROOM_PPB = 2n

/** `floorPpb`: what the class of the oscillator may wander however well it was measured. */
export function createRangingClock(bootId: Uint8Array, floorPpb: bigint, start: MonoNs): RangingClock {
  let segment = 1
  let anchorMono = start
  let anchorRanging = rangingNs(start)
  let ratePpb = 0n
  let boundPpb = UNLEARNT_BOUND_PPB
  let learnt = false
  const at = (mono: MonoNs): RangingNs => {
    const elapsedNs = between(anchorMono, mono)
    return plus(anchorRanging, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND))
  }
  const begin = (now: MonoNs, newRatePpb: bigint, newBoundPpb: bigint): void => {
    anchorRanging = at(now)
    anchorMono = now
    ratePpb = newRatePpb
    boundPpb = newBoundPpb
    segment += 1
  }
  return {
    bootId,
    get segment() {
      return segment
    },
    get ratePpb() {
      return ratePpb
    },
    get boundPpb() {
      return boundPpb
    },
    at,
    learn: (frequency, now) => {
      const measuredPpb = BigInt(Math.round(frequency.ppb))
      const uncertaintyPpb = BigInt(Math.ceil(frequency.uncertaintyPpb))
      const threefold = 3n * uncertaintyPpb + ROOM_PPB
      const achievable = threefold > floorPpb ? threefold : floorPpb
      // The promise of the running segment no longer holds, whatever the measurement's own error.
      const broken = abs(measuredPpb - ratePpb) > boundPpb + uncertaintyPpb
      const worthwhile = achievable * 2n <= boundPpb && (!learnt || between(anchorMono, now) >= SEGMENT_NS_MIN)
      if (!broken && !worthwhile) return false
      learnt = true
      begin(now, measuredPpb, achievable < UNLEARNT_BOUND_PPB ? achievable : UNLEARNT_BOUND_PPB)
      return true
    },
    unlearn: (now) => {
      if (!learnt) return false
      learnt = false
      begin(now, 0n, UNLEARNT_BOUND_PPB)
      return true
    },
  }
}
