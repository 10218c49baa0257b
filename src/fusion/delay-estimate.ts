import { fail, ok, type Result } from '../core/fault.ts'

/** A delay as a comparison with another source measures it. */
export interface DelayEstimate {
  /** Median of source − reference, ns: negative for pulses that come late. */
  readonly medianNs: number
  /** Standard deviation of one difference, by the median distance from the median, ns. */
  readonly spreadNs: number
  /** Standard uncertainty of the median, ns. */
  readonly standardUncertaintyNs: number
  readonly count: number
}

export const DIFFERENCES_MIN = 30
/** Neighbouring differences are not independent: the sources' own filters reach over some seconds. */
const BATCH_LENGTH = 10
/** A normal distribution has its median absolute deviation at σ / 1.4826, and its median is that much worse than its mean. */
const SIGMA_PER_MAD = 1.4826
const MEDIAN_WORSE = Math.sqrt(Math.PI / 2)
/** Differences are whole nanoseconds. */
const ROUNDING_NS = 1 / Math.sqrt(12)
/** Halves that differ by more than so many standard uncertainties show a source that is still on its way. */
const HALVES_APART_MAX = 4

/**
 * Median and standard uncertainty of differences taken one after the other. The uncertainty is the larger of what white
 * noise leaves and what the medians of batches show, so that noise with a memory is not averaged away on paper. Faults:
 * `calibration.too-few`, `calibration.drifting`.
 */
export function estimateDelay(differencesNs: readonly number[]): Result<DelayEstimate> {
  const count = differencesNs.length
  if (count < DIFFERENCES_MIN) {
    return fail('calibration.too-few', `expected at least ${DIFFERENCES_MIN} differences, got ${count}`)
  }
  const medianNs = median(differencesNs)
  const spreadNs = SIGMA_PER_MAD * median(differencesNs.map((ns) => Math.abs(ns - medianNs)))
  const standardUncertaintyNs = Math.hypot(uncertaintyOf(differencesNs, spreadNs), ROUNDING_NS)
  const half = Math.floor(count / 2)
  const apartNs = Math.abs(median(differencesNs.slice(0, half)) - median(differencesNs.slice(half)))
  // Each half is √2 times as unsure as the whole, and their difference √2 times as unsure as a half.
  if (apartNs > HALVES_APART_MAX * 2 * Math.hypot((MEDIAN_WORSE * spreadNs) / Math.sqrt(count), ROUNDING_NS)) {
    const message = `expected a difference that stays, got halves that differ by ${apartNs.toFixed(1)} ns`
    return fail('calibration.drifting', message)
  }
  return ok({ medianNs, spreadNs, standardUncertaintyNs, count })
}

function uncertaintyOf(differencesNs: readonly number[], spreadNs: number): number {
  const whiteNs = (MEDIAN_WORSE * spreadNs) / Math.sqrt(differencesNs.length)
  const batches: number[] = []
  for (let start = 0; start + BATCH_LENGTH <= differencesNs.length; start += BATCH_LENGTH) {
    batches.push(median(differencesNs.slice(start, start + BATCH_LENGTH)))
  }
  return Math.max(whiteNs, deviation(batches) / Math.sqrt(batches.length))
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
