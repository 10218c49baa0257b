import type { Result } from '../../src/core/fault.ts'
import { divFloor } from '../../src/core/integer.ts'
import { type LeapTable, taiToUtc, type UtcTime } from '../../src/core/leap.ts'
import { NS_PER_SECOND, type TaiNs, taiNs } from '../../src/core/time.ts'

/** TAI − GPS time, for ever (IS-GPS-200, 3.3.4). */
export const TAI_MINUS_GPS_SECONDS = 19
/** 1980-01-06T00:00:00 in seconds since 1970-01-01, neither counting leap seconds. */
const GPS_EPOCH_SECOND = 315_964_800n
const SECONDS_PER_WEEK = 604_800n
/** GPS sends its week modulo 1024. */
export const ROLLOVER_WEEKS = 1024

/** The calendar of GPS time, in which no second is inserted: a table of one entry that never ends. */
const GPS_CALENDAR: LeapTable = {
  entries: [{ sinceUtcSecond: -62_135_596_800n, taiMinusUtcSeconds: TAI_MINUS_GPS_SECONDS }],
  expiresAtUtcSecond: 1n << 62n,
  origin: 'GPS time',
}

/** The instant that week and time of week name. */
export function gpsToTai(week: number, timeOfWeek: number): TaiNs {
  const second = GPS_EPOCH_SECOND + BigInt(week) * SECONDS_PER_WEEK + BigInt(timeOfWeek)
  return taiNs((second + BigInt(TAI_MINUS_GPS_SECONDS)) * NS_PER_SECOND)
}

/** Week and time of week of the second that runs at `tai`, which is not before 1980. */
export function taiToGps(tai: TaiNs): { readonly week: number; readonly timeOfWeek: number } {
  const second = divFloor(tai, NS_PER_SECOND) - BigInt(TAI_MINUS_GPS_SECONDS) - GPS_EPOCH_SECOND
  const week = divFloor(second, SECONDS_PER_WEEK)
  return { week: Number(week), timeOfWeek: Number(second - week * SECONDS_PER_WEEK) }
}

/** The calendar reading of a scale that is `behindSeconds` behind GPS time and counts on without leap seconds. */
export function gpsCalendar(tai: TaiNs, behindSeconds: number): Result<UtcTime> {
  return taiToUtc(GPS_CALENDAR, taiNs(tai - BigInt(behindSeconds) * NS_PER_SECOND))
}
