import { dateAfter1970, daysSince1970, exists } from '../../src/core/civil-date.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { divFloor } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, taiToUtc, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'

/**
 * The time scale that an instrument's dates are of. `gps` has no leap seconds and is 19 s behind TAI for ever; `glonass`
 * is UTC of Moscow, three hours ahead, its leap seconds at three in the morning.
 */
export type Timescale = 'utc' | 'gps' | 'glonass'

/** GPS time began on 1980-01-06 with UTC, which was 19 s behind TAI then (IS-GPS-200). */
export const TAI_MINUS_GPS_SECONDS = 19
const MOSCOW_NS = 3n * 3600n * NS_PER_SECOND
const SECONDS_PER_DAY = 86_400
const GPS_EPOCH_DAYS = daysSince1970({ year: 1980, month: 1, day: 6 })
const DAYS_PER_WEEK = 7

/** The instant that a date and time of the scale name. Faults: no such date or time on it. */
export function readingToTai(reading: UtcTime, scale: Timescale, table: LeapTable): Result<TaiNs> {
  if (scale === 'utc') return utcToTai(table, reading)
  if (scale === 'gps') return gpsToTai(reading)
  const { hour } = reading
  const date = dateAfter1970(daysSince1970(reading) - (hour < 3 ? 1 : 0))
  if (!exists(reading)) return fail('utc.date', `${formatUtc(reading)}: expected a date of the calendar`)
  return utcToTai(table, { ...reading, ...date, hour: hour < 3 ? hour + 21 : hour - 3 })
}

/** What a clock of the scale reads at an instant. Fault: before the leap table, where the scale has leap seconds. */
export function taiToReading(tai: TaiNs, scale: Timescale, table: LeapTable): Result<UtcTime> {
  if (scale === 'utc') return taiToUtc(table, tai)
  if (scale === 'gps') return ok(gpsReading(tai))
  const utc = taiToUtc(table, tai)
  if (!utc.ok) return utc
  const { hour } = utc.value
  const date = dateAfter1970(daysSince1970(utc.value) + (hour >= 21 ? 1 : 0))
  return ok({ ...utc.value, ...date, hour: hour >= 21 ? hour - 21 : hour + 3 })
}

/** How far a scale's clock is ahead of UTC when its hands are read as if they were UTC's, ns; of today's leap count. */
export function aheadOfUtcNs(scale: Timescale, taiMinusUtcSeconds: number): bigint {
  if (scale === 'utc') return 0n
  return scale === 'glonass' ? MOSCOW_NS : BigInt(taiMinusUtcSeconds - TAI_MINUS_GPS_SECONDS) * NS_PER_SECOND
}

/** The week since 1980-01-06 and the second in it of a date and time, leap seconds not counted. */
export function weekOf(reading: UtcTime): { readonly week: number; readonly secondOfWeek: number } {
  const days = daysSince1970(reading) - GPS_EPOCH_DAYS
  const week = Math.floor(days / DAYS_PER_WEEK)
  const secondOfDay = reading.hour * 3600 + reading.minute * 60 + reading.second
  return { week, secondOfWeek: (days - week * DAYS_PER_WEEK) * SECONDS_PER_DAY + secondOfDay }
}

function gpsToTai(reading: UtcTime): Result<TaiNs> {
  const { hour, minute, second, nanosecond } = reading
  if (!exists(reading)) return fail('utc.date', `${formatUtc(reading)}: expected a date of the calendar`)
  if (hour > 23 || minute > 59 || second > 59) {
    return fail('utc.time', `${formatUtc(reading)}: expected a time of day of GPS time, which has no leap seconds`)
  }
  const seconds = daysSince1970(reading) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second + TAI_MINUS_GPS_SECONDS
  return ok(plus(taiNs(BigInt(seconds) * NS_PER_SECOND), BigInt(nanosecond)))
}

function gpsReading(tai: TaiNs): UtcTime {
  const taiSecond = divFloor(tai, NS_PER_SECOND)
  const gpsSecond = Number(taiSecond) - TAI_MINUS_GPS_SECONDS
  const days = Math.floor(gpsSecond / SECONDS_PER_DAY)
  const secondOfDay = gpsSecond - days * SECONDS_PER_DAY
  return {
    ...dateAfter1970(days),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    nanosecond: Number(tai - taiSecond * NS_PER_SECOND),
  }
}
