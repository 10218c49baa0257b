import { ok, type Result } from '../../src/core/fault.ts'
import { divCeil } from '../../src/core/integer.ts'
import { type LeapTable, taiToUtc, utcToTai } from '../../src/core/leap.ts'
import { NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { type TimeCode, timeCodeToTai } from './time-code.ts'

/**
 * GPS counts weeks modulo 1024. The receiver engines of these units (Motorola Oncore, Furuno) resolve the count from a
 * date in their firmware, and since 2019-04-07 they tell dates 1024 weeks early; time of day and pulse stay right.
 */
const ROLLOVER_DAYS = 7168
const ROLLOVER_NS = BigInt(ROLLOVER_DAYS) * 86_400n * NS_PER_SECOND

/**
 * How many rollovers the date of `code` lies before the midnight `floor`; 0 when it does not. So many bring it past the
 * floor. The time of day is left out, since a leap second exists on the true date only. Fault: no such date.
 */
export function rolloversBefore(code: TimeCode, floor: TaiNs, table: LeapTable): Result<number> {
  const { time } = code
  const tai = timeCodeToTai(time.format === 'T1' ? code : { ...code, time: atHour(time, 0) }, table)
  if (!tai.ok) return tai
  return ok(tai.value >= floor ? 0 : Number(divCeil(floor - tai.value, ROLLOVER_NS)))
}

/** The same code with its date `rollovers` × 7168 days later. Fault: the date, or the later one, is none. */
export function addRollovers(code: TimeCode, rollovers: number, table: LeapTable): Result<TimeCode> {
  const { time } = code
  const days = ROLLOVER_DAYS * rollovers
  if (time.format === 'T1') return ok({ ...code, time: { ...time, gpsSeconds: time.gpsSeconds + days * 86_400 } })
  const noon = timeCodeToTai(
    { ...code, time: { ...time, utc: { ...time.utc, hour: 12, minute: 0, second: 0 } } },
    table,
  )
  if (!noon.ok) return noon
  // From noon to noon, so that the leap seconds between the two dates cannot lead to a neighbouring day.
  const later = taiToUtc(table, plus(noon.value, BigInt(days) * 86_400n * NS_PER_SECOND))
  if (!later.ok) return later
  const { year, month, day } = later.value
  return ok({ ...code, time: { ...time, utc: { ...time.utc, year, month, day } } })
}

/** Midnight UTC of an ISO date. */
export function midnightTai(date: string, table: LeapTable): Result<TaiNs> {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  return utcToTai(table, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
}

function atHour(time: TimeCode['time'] & { format: 'T2' }, hour: number): TimeCode['time'] {
  return { ...time, utc: { ...time.utc, hour, minute: 0, second: 0 } }
}
