import { assert } from '../core/assert.ts'
import { divFloor, max } from '../core/integer.ts'
import { clamp, errorBound, type Interval } from '../core/interval.ts'
import { between, plus, type TaiNs } from '../core/time.ts'

/** A selected source's word at the instant of a reading. */
export interface WeighedWord {
  readonly taiNs: TaiNs
  readonly boundNs: bigint
  /** Thousandths. */
  readonly authorityMilli: bigint
}

/** A time and what is promised of it. */
export interface BoundedTime {
  readonly taiNs: TaiNs
  /** The distance to the farther end of `interval`. */
  readonly boundNs: bigint
  /** TAI lies in here. */
  readonly interval: Interval
}

/** One in 10^12 of a weight is lost to rounding: nothing beside a bound. */
const WEIGHT_SCALE = 1_000_000_000_000n

/**
 * The authority-weighted mean of the words, weight = authority / bound, clamped to the interval in which TAI lies. The
 * bound covers that whole interval, never just the mean's deviation. At least one word; their order does not matter.
 */
export function combine(words: readonly WeighedWord[], within: Interval): BoundedTime {
  const [first] = words
  assert(first !== undefined, 'a combination needs at least one selected source')
  let weightSum = 0n
  let weighted = 0n
  for (const { taiNs, boundNs, authorityMilli } of words) {
    const weight = max(1n, (authorityMilli * WEIGHT_SCALE) / max(1n, boundNs))
    weightSum += weight
    weighted += weight * between(first.taiNs, taiNs)
  }
  const mean = plus(first.taiNs, divFloor(weighted, weightSum))
  const taiNs = clamp(mean, within) as TaiNs
  return { taiNs, boundNs: errorBound(taiNs, within), interval: within }
}
