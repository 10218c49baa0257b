import { type LeapTable, taiMinusUtcAt } from '../../src/core/leap.ts'
import type { TaiNs } from '../../src/core/time.ts'
import { TAI_MINUS_GPS_SECONDS, type Timescale } from '../nmea/timescale.ts'
import type { ToldAlarm, ToldLeap } from '../nmea/told.ts'

/**
 * Whether UTC can be told with the leap seconds that an instrument counts: not while they are its firmware's, and not when
 * they are others than those of the leap table, for one of the two is wrong. Times of GPS have no part in it.
 */
export function checkLeap(
  leap: ToldLeap | undefined,
  scale: Timescale,
  tai: TaiNs | undefined,
  table: LeapTable,
): readonly ToldAlarm[] {
  if (leap === undefined || scale === 'gps') return []
  const count = leap.gpsMinusUtcSeconds
  if (leap.from === 'default' || leap.from === 'none') {
    const reason = `expected leap seconds that satellites have told, got ${count ?? 'none'} of the firmware`
    return [{ code: 'gnss.leap-unknown', reason, doubtsLabels: true }]
  }
  const taiMinusUtc = tai === undefined ? undefined : taiMinusUtcAt(table, tai)
  if (count === undefined || taiMinusUtc === undefined || taiMinusUtc === count + TAI_MINUS_GPS_SECONDS) return []
  const reason = `expected ${taiMinusUtc - TAI_MINUS_GPS_SECONDS} leap seconds since 1980 by ${table.origin}, got ${count}`
  return [{ code: 'gnss.leap-mismatch', reason, doubtsLabels: true }]
}

/** TAI − UTC by the instrument's word, if it is resolved. */
export function toldTaiMinusUtc(leap: ToldLeap | undefined): number | undefined {
  if (leap?.from !== 'satellites' || leap.gpsMinusUtcSeconds === undefined) return undefined
  return TAI_MINUS_GPS_SECONDS + leap.gpsMinusUtcSeconds
}
