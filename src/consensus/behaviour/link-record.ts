import {
  BIAS_RANGE_NS,
  BIAS_SCORE,
  type BiasReading,
  type BiasRecord,
  FORGETTING,
  startBias,
  stepBias,
  widened,
} from './bias.ts'
import { SLOW_EPOCHS, stepDelay } from './delay.ts'
import { ceilOf, clampNumber } from './number-range.ts'
import { driftOf, type Observations, sightOn } from './observe.ts'
import { type PathFloor, startFloor, stepFloor } from './path-floor.ts'

/** What is remembered of how one member sees another: by row and node clocks of the observer, about the subject. */
export interface LinkRecord extends BiasRecord, PathFloor {
  /** Epochs for which the way has been long. */
  readonly slow: number
}

/** What r sees of j in this block, when both have a clock and r a current entry, and all three say something. */
export function readingOf(seen: Observations, observer: number, subject: number): BiasReading | undefined {
  const own = seen.clocks[observer]
  const peer = seen.clocks[subject]
  const sight = sightOn(seen, observer, subject)
  if (own === undefined || peer === undefined || sight === undefined) return undefined
  const allowanceNs = own.boundNs + peer.boundNs + driftOf(sight)
  if (allowanceNs > BIAS_RANGE_NS) return undefined
  const offsetNs = clampNumber(sight.offsetNs + peer.aheadNs - own.aheadNs, -BIAS_RANGE_NS, BIAS_RANGE_NS)
  return { offsetNs, uncertaintyNs: sight.uncertaintyNs, allowanceNs }
}

/** The record after one more reading, or without one: what is not seen again fades. */
export function stepLink(record: LinkRecord | undefined, reading: BiasReading | undefined): LinkRecord | undefined {
  if (reading === undefined) return record && faded(record)
  const { uncertaintyNs } = reading
  if (record === undefined) return { ...startBias(reading), ...startFloor(uncertaintyNs), slow: 0 }
  const { lowPs, highPs, score } = stepBias(record, reading, record)
  const { floorNs, usualNs, noiseNs } = stepFloor(record, uncertaintyNs)
  const slow = record.score < 0 ? 0 : stepDelay(record.slow, uncertaintyNs, record)
  const next: LinkRecord = { lowPs, highPs, score, floorNs, usualNs, noiseNs, slow }
  return isSlow(next) ? raised(next, uncertaintyNs) : next
}

/** Suspicions that are at an end when nobody looks any more must not outlive their subject's next hundred blocks. */
function faded(record: LinkRecord): LinkRecord {
  if (record.score <= 0 && record.slow === 0) return record
  return { ...record, score: record.score > 0 ? record.score - 1 : record.score, slow: Math.max(0, record.slow - 1) }
}

/**
 * A way that has become long for good gets a new floor, slowly. The old intervals were right about the old floor:
 * widened by twice of what the floor rises they say no more than they did, and nobody is accused of a detour.
 */
function raised(record: LinkRecord, uncertaintyNs: number): LinkRecord {
  const riseNs = ceilOf(Math.max(0, uncertaintyNs - record.floorNs), FORGETTING)
  return { ...record, ...widened(record, 2 * riseNs), floorNs: record.floorNs + riseNs }
}

export function isBiased(record: LinkRecord | undefined): boolean {
  return record !== undefined && record.score >= BIAS_SCORE
}

export function isSlow(record: LinkRecord | undefined): boolean {
  return record !== undefined && record.slow >= SLOW_EPOCHS
}
