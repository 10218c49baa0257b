import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type LeapTable, leapTableExpired, nextLeapSecond, realtimeToTai } from '../../src/core/leap.ts'
import { NS_PER_SECOND, plus, realtimeNs, type TaiNs, taiNs } from '../../src/core/time.ts'
import type { PhcOptions } from './options.ts'

/** Who keeps the clock on UTC sets it at some instant around a leap second, and nobody says when. */
const LEAP_MARGIN_NS = NS_PER_SECOND

/**
 * TAI of what the clock showed. Faults, all of clocks that count UTC: `phc.leap-table` (nobody here knows TAI − UTC),
 * `phc.leap-second` (one is near, and the clock shows the same second twice).
 */
export function readScale(shownNs: bigint, scale: PhcOptions['scale'], leapTable: LeapTable): Result<TaiNs> {
  if (scale === 'tai') return ok(taiNs(shownNs))
  const tai = realtimeToTai(leapTable, realtimeNs(shownNs))
  if (!tai.ok || leapTableExpired(leapTable, tai.value)) {
    return fail(
      'phc.leap-table',
      `${leapTable.origin}: expected a leap table that reaches to now, got one that does not`,
    )
  }
  const leap = nextLeapSecond(leapTable, plus(tai.value, -2n * LEAP_MARGIN_NS))
  if (leap !== undefined && tai.value >= leap.from - 2n * LEAP_MARGIN_NS) {
    return fail(
      'phc.leap-second',
      'expected a clock that shows each second once, got one that counts UTC at a leap second',
    )
  }
  return tai
}
