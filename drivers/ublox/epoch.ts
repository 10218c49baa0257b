import { ok, type Result } from '../../src/core/fault.ts'
import { abs, divFloor } from '../../src/core/integer.ts'
import { type LeapTable, taiMinusUtcAt, taiToUtc, utcToTai } from '../../src/core/leap.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { shiftCalendar } from '../gnss/week-rollover.ts'
import type { UtcReading } from './time-messages.ts'

/** GPS time begins at 1980-01-06T00:00:00 UTC and has run 19 s behind TAI ever since. */
const GPS_EPOCH_UTC_SECOND = 315_964_800n
export const TAI_MINUS_GPS_SECONDS = 19
const GPS_EPOCH_TAI = taiNs((GPS_EPOCH_UTC_SECOND + BigInt(TAI_MINUS_GPS_SECONDS)) * NS_PER_SECOND)
export const SECONDS_PER_WEEK = 604_800n

/** Epochs farther from a whole second than this are those of a higher rate, and number no pulse. */
const GRID_NS = 50n * NS_PER_MILLISECOND

/** The instant that a week and time of week of GPS time name. */
export function gpsToTai(week: number, towMs: number, fractionNs: number): TaiNs {
  const seconds = BigInt(week) * SECONDS_PER_WEEK
  return plus(GPS_EPOCH_TAI, seconds * NS_PER_SECOND + BigInt(towMs) * NS_PER_MILLISECOND + BigInt(fractionNs))
}

/** Whole seconds of GPS time since its beginning. */
export function gpsSecondsOf(tai: TaiNs): bigint {
  return divFloor(tai - GPS_EPOCH_TAI, NS_PER_SECOND)
}

/** The instant that calendar fields and their fraction name, moved by `rollovers`. Fault: no such date or time. */
export function utcReadingToTai(table: LeapTable, reading: UtcReading, rollovers: number): Result<TaiNs> {
  const shifted = shiftCalendar(table, reading.utc, rollovers)
  if (!shifted.ok) return shifted
  const tai = utcToTai(table, shifted.value)
  return tai.ok ? ok(plus(tai.value, BigInt(reading.fractionNs))) : tai
}

/** The whole second that an epoch belongs to; undefined for one between seconds. */
export function secondOf(tai: TaiNs): TaiNs | undefined {
  const second = divFloor(tai + NS_PER_SECOND / 2n, NS_PER_SECOND) * NS_PER_SECOND
  return abs(tai - second) <= GRID_NS ? taiNs(second) : undefined
}

/**
 * Whether `week` and `towMs` of a count of UTC seconds since the GPS epoch, leap seconds not counted, stand for `tai`. An
 * inserted second shares its number with a neighbour, and it is not known with which: either will do.
 */
export function isUtcCount(table: LeapTable, tai: TaiNs, week: number, towMs: number): boolean {
  const offset = taiMinusUtcAt(table, tai)
  const utc = taiToUtc(table, tai)
  if (offset === undefined || !utc.ok) return false
  const counted = BigInt(week) * SECONDS_PER_WEEK + BigInt(Math.round(towMs / 1000))
  const expected = tai / NS_PER_SECOND - BigInt(offset) - GPS_EPOCH_UTC_SECOND
  return counted === expected || (utc.value.second === 60 && counted === expected - 1n)
}
