import { ceilOf, clampNumber } from './number-range.ts'
import type { PathFloor } from './path-floor.ts'

/**
 * Whether what r sees of j's clock against its own, D = φ_rj + a_j − a_r, can still be two clocks that keep their
 * bounds at the ends of one way. Then D = e_j − e_r + c + q with |e| ≤ ε, c the constant half of the way's asymmetry,
 * and |q| at most what u is above its floor. So every epoch puts c into an interval, and the intersection of them all
 * never becomes empty: whatever c is (cables have one sign for ever), however the clocks wander, re-lock, restart or
 * hold over inside ±ε, and however a way gets longer. When it does become empty, one of the two moved farther than both
 * of their bounds allow.
 */
export interface BiasRecord {
  /** All intervals D ± (ε_j + ε_r + drift + u) so far have [low, high] in common, ns. */
  readonly lowNs: number
  readonly highNs: number
  /** Below 0: readings that are yet to come before the test begins. Above: a cumulative sum, in sixteenths. */
  readonly score: number
}

export interface BiasReading {
  /** D, ns. */
  readonly offsetNs: number
  readonly uncertaintyNs: number
  /** ε_j + ε_r, and what the oscillators may have drifted since the sample and between the marks, ns. */
  readonly allowanceNs: number
}

/** Readings before the floor of the way is good enough to test by. */
export const LEARNING_EPOCHS = 128
/** A gap within this, or within twice what queues come and go by, may be a floor that is not learnt to the end. */
const SLACK_NS_MIN = 50
const SLACK_NOISES = 2
const FULL_STEP = 16
/** Five epochs in full contradiction. */
export const BIAS_SCORE = 5 * FULL_STEP
export const BIAS_SCORE_MAX = 8 * FULL_STEP
/** A contradiction is forgotten by one part in so many an epoch: e-fold in four and a half hours. */
export const FORGETTING = 16_384
/** Records stay where their sums are exact. */
export const RECORD_LIMIT_NS = 2 ** 52

export function startBias(reading: BiasReading): BiasRecord {
  const reach = reading.allowanceNs + reading.uncertaintyNs
  return { lowNs: reading.offsetNs - reach, highNs: reading.offsetNs + reach, score: -LEARNING_EPOCHS }
}

export function stepBias(record: BiasRecord, reading: BiasReading, { floorNs, noiseNs }: PathFloor): BiasRecord {
  const reach = reading.allowanceNs + reading.uncertaintyNs
  const [lower, upper] = [reading.offsetNs - reach, reading.offsetNs + reach]
  const { lowNs, highNs, score } = record
  if (score < 0) {
    if (lower > highNs || upper < lowNs) return startBias(reading)
    return { lowNs: Math.max(lowNs, lower), highNs: Math.min(highNs, upper), score: score + 1 }
  }
  // Each interval is too wide by the floor at both ends: the error of φ on an idle way is c itself.
  const trim = floorNs + Math.min(floorNs, reading.uncertaintyNs)
  const above = Math.max(0, lower + trim - highNs)
  const below = Math.max(0, lowNs + trim - upper)
  const next = stepScore(score, Math.max(above, below), Math.max(SLACK_NS_MIN, SLACK_NOISES * noiseNs))
  if (above === 0 && below === 0) {
    return { lowNs: Math.max(lowNs, lower), highNs: Math.min(highNs, upper), score: next }
  }
  return {
    lowNs: Math.max(-RECORD_LIMIT_NS, lowNs - ceilOf(below, FORGETTING)),
    highNs: Math.min(RECORD_LIMIT_NS, highNs + ceilOf(above, FORGETTING)),
    score: next,
  }
}

/** Capped both ways, so that one reading, however wild, counts as one. */
function stepScore(score: number, gapNs: number, slackNs: number): number {
  const over = Math.min(gapNs, 2 * slackNs) - slackNs
  return clampNumber(score + Math.floor((FULL_STEP * over) / slackNs), 0, BIAS_SCORE_MAX)
}
