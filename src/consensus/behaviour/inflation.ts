import { FORGETTING } from './bias.ts'
import { ceilOf, lowerMedianOf } from './number-range.ts'
import type { ClockSeen } from './observe.ts'

/**
 * Whether a member that says it is locked has a bound that locked hardware does not have: 100 × that of the others, and
 * 10 × the best that it ever had itself while locked. Without the second half honest hardware of a lower class would be
 * suspected for ever, which says nothing that its bound does not say; holdover is not locked, and says so.
 */
export interface InflationRecord {
  /** Its least bound while locked, ns; undefined while it never was. */
  readonly tightestNs: number | undefined
  /** Epochs for which it has been inflated. */
  readonly inflated: number
}

const OTHERS = 100
const OWN = 10
export const INFLATED_EPOCHS = 5
export const INFLATED_EPOCHS_MAX = 8

export const startInflation: InflationRecord = { tightestNs: undefined, inflated: 0 }

/**
 * The lower median of what locked members claim, ns; undefined with fewer than 2f + 1 of them, when f liars could set
 * it.
 */
export function usualBoundNs(clocks: readonly (ClockSeen | undefined)[], f: number): number | undefined {
  const bounds = clocks.flatMap((clock) => (clock?.locked === true ? [clock.boundNs] : []))
  return bounds.length >= 2 * f + 1 ? lowerMedianOf(bounds) : undefined
}

export function stepInflation(
  record: InflationRecord,
  clock: ClockSeen | undefined,
  usualNs: number | undefined,
): InflationRecord {
  const { tightestNs, inflated } = record
  if (clock?.locked !== true || usualNs === undefined) return { tightestNs, inflated: Math.max(0, inflated - 1) }
  const { boundNs } = clock
  if (tightestNs === undefined || boundNs <= tightestNs) return { tightestNs: boundNs, inflated: 0 }
  if (boundNs < OTHERS * Math.max(1, usualNs) || boundNs < OWN * tightestNs) return { tightestNs, inflated: 0 }
  // What has become worse for good, a lost antenna say, is taken for what it is after some hours.
  return {
    tightestNs: tightestNs + ceilOf(boundNs - tightestNs, FORGETTING),
    inflated: Math.min(INFLATED_EPOCHS_MAX, inflated + 1),
  }
}
