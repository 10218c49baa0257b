import type { PulseSample, TimeSample } from '../core/sample.ts'
import { plus } from '../core/time.ts'

/** How long the way from a source's reference point to the input here takes: antenna, cables, converters. */
export interface PathDelay {
  /** Positive: what is seen here has been there so long before. */
  readonly delayNs: bigint
  /** How far `delayNs` may be from the truth. Half-width, ns. */
  readonly uncertaintyNs: bigint
}

/**
 * The same reading at the instant at which it was true: an edge is put earlier by the delay. Its width stays; what is
 * unsure of the delay cannot be averaged away, and belongs to the source's accuracy.
 */
export function advance<T extends PulseSample | TimeSample>(sample: T, { delayNs }: PathDelay): T {
  return delayNs === 0n ? sample : { ...sample, monoNs: plus(sample.monoNs, -delayNs) }
}
