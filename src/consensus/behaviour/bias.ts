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
  /**
   * All intervals D ± (ε_j + ε_r + drift + u) so far have [low, high] in common. In ps, because it is forgotten in steps
   * that must be smaller than the slowest walk that is to be seen.
   */
  readonly lowPs: number
  readonly highPs: number
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
/** Eight epochs in full contradiction: in 10^8 of an honest pair four in a row were the most. */
export const BIAS_SCORE = 8 * FULL_STEP
export const BIAS_SCORE_MAX = 12 * FULL_STEP
/** A contradiction is forgotten by one part in so many an epoch: e-fold in four and a half hours. */
export const FORGETTING = 16_384
/** Records stay where sums of picoseconds are exact: 75 minutes. */
export const RECORD_LIMIT_PS = 2 ** 52
/** Eighteen minutes, ns: offsets beyond are as good as this, and allowances beyond say nothing. */
export const BIAS_RANGE_NS = 2 ** 40

const PS_PER_NS = 1_000

export function startBias(reading: BiasReading): BiasRecord {
  const { lowerPs, upperPs } = spanOf(reading)
  return { lowPs: lowerPs, highPs: upperPs, score: -LEARNING_EPOCHS }
}

export function stepBias(record: BiasRecord, reading: BiasReading, { floorNs, noiseNs }: PathFloor): BiasRecord {
  const { lowerPs, upperPs } = spanOf(reading)
  const { lowPs, highPs, score } = record
  if (score < 0) {
    if (lowerPs > highPs || upperPs < lowPs) return startBias(reading)
    return { lowPs: Math.max(lowPs, lowerPs), highPs: Math.min(highPs, upperPs), score: score + 1 }
  }
  // Each interval is too wide by the floor at both ends: the error of φ on an idle way is c itself.
  const trimPs = 2 * PS_PER_NS * Math.min(floorNs, reading.uncertaintyNs)
  const abovePs = Math.max(0, lowerPs + trimPs - highPs)
  const belowPs = Math.max(0, lowPs + trimPs - upperPs)
  const slackPs = PS_PER_NS * Math.max(SLACK_NS_MIN, SLACK_NOISES * noiseNs)
  const next = stepScore(score, Math.max(abovePs, belowPs), slackPs)
  if (abovePs === 0 && belowPs === 0) {
    return { lowPs: Math.max(lowPs, lowerPs), highPs: Math.min(highPs, upperPs), score: next }
  }
  return {
    lowPs: Math.max(-RECORD_LIMIT_PS, lowPs - ceilOf(belowPs, FORGETTING)),
    highPs: Math.min(RECORD_LIMIT_PS, highPs + ceilOf(abovePs, FORGETTING)),
    score: next,
  }
}

/** The record when all that it knows is widened by so much. */
export function widened(record: BiasRecord, byNs: number): BiasRecord {
  const { lowPs, highPs, score } = record
  return {
    lowPs: Math.max(-RECORD_LIMIT_PS, lowPs - PS_PER_NS * byNs),
    highPs: Math.min(RECORD_LIMIT_PS, highPs + PS_PER_NS * byNs),
    score,
  }
}

/** Where the clock was learnt to be, ns. */
export function centreNs({ lowPs, highPs }: BiasRecord): number {
  return Math.floor((lowPs + highPs) / (2 * PS_PER_NS))
}

function spanOf({ offsetNs, uncertaintyNs, allowanceNs }: BiasReading): { lowerPs: number; upperPs: number } {
  const reachNs = allowanceNs + uncertaintyNs
  return { lowerPs: PS_PER_NS * (offsetNs - reachNs), upperPs: PS_PER_NS * (offsetNs + reachNs) }
}

/** Capped both ways, so that one reading, however wild, counts as one. */
function stepScore(score: number, gapPs: number, slackPs: number): number {
  const overPs = Math.min(gapPs, 2 * slackPs) - slackPs
  return clampNumber(score + Math.floor((FULL_STEP * overPs) / slackPs), 0, BIAS_SCORE_MAX)
}
