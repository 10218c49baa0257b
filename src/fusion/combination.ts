import { assert } from '../core/assert.ts'
import { divFloor, max } from '../core/integer.ts'
import { clamp, errorBound, type Interval } from '../core/interval.ts'

/** A selected source's word at the instant of a reading. */
export interface WeighedReading {
  readonly taiNs: bigint
  readonly boundNs: bigint
  /** Thousandths. */
  readonly authorityMilli: bigint
}

export interface Combined {
  readonly taiNs: bigint
  /** Covers the whole agreed interval, never just the mean's deviation. */
  readonly boundNs: bigint
}

/** One in 10^12 of a weight is lost to rounding: nothing beside a bound. */
const WEIGHT_SCALE = 1_000_000_000_000n

/** Authority-weighted mean of the survivors, weight = authority / bound, clamped to the agreed interval. At least one reading. */
export function combine(readings: readonly WeighedReading[], agreed: Interval): Combined {
  const [first] = readings
  assert(first !== undefined, 'a combination needs at least one selected source')
  let weightSum = 0n
  let weighted = 0n
  for (const { taiNs, boundNs, authorityMilli } of readings) {
    const weight = max(1n, (authorityMilli * WEIGHT_SCALE) / max(1n, boundNs))
    weightSum += weight
    weighted += weight * (taiNs - first.taiNs)
  }
  const taiNs = clamp(first.taiNs + divFloor(weighted, weightSum), agreed)
  return { taiNs, boundNs: errorBound(taiNs, agreed) }
}
