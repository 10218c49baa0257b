import { assert } from '../../src/core/assert.ts'
import { ok, type Result } from '../../src/core/fault.ts'
import { divCeil } from '../../src/core/integer.ts'
import { type LeapTable, taiToUtc, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'

/** GPS counts weeks in ten bits: after 1024 of them, 7168 days, a receiver may begin again. */
export const ROLLOVER_WEEKS = 1024
const ROLLOVER_DAYS = 7168
const ROLLOVER_NS = BigInt(ROLLOVER_DAYS) * 86_400n * NS_PER_SECOND

/** How many rollovers bring `tai` past `floor`; 0 when it lies past it already. */
export function rolloversBefore(tai: TaiNs, floor: TaiNs | undefined): number {
  return floor === undefined || tai >= floor ? 0 : Number(divCeil(floor - tai, ROLLOVER_NS))
}

/** The same week and time of week of GPS, `rollovers` later. */
export function addRollovers(tai: TaiNs, rollovers: number): TaiNs {
  return plus(tai, BigInt(rollovers) * ROLLOVER_NS)
}

/**
 * The same time of day, `rollovers` × 7168 days later or earlier. By noon, so that leap seconds between the two dates do
 * not matter. Fault: the date is none, or the other one comes to lie before the leap table.
 */
export function shiftCalendar(table: LeapTable, utc: UtcTime, rollovers: number): Result<UtcTime> {
  if (rollovers === 0) return ok(utc)
  const noon = utcToTai(table, { ...utc, hour: 12, minute: 0, second: 0, nanosecond: 0 })
  if (!noon.ok) return noon
  const shifted = taiToUtc(table, addRollovers(noon.value, rollovers))
  if (!shifted.ok) return shifted
  const { year, month, day } = shifted.value
  return ok({ ...utc, year, month, day })
}

/** The midnight that an option `floorDate` stands for; undefined for null. */
export function floorOf(table: LeapTable, date: string | null): TaiNs | undefined {
  if (date === null) return undefined
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const tai = utcToTai(table, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
  assert(tai.ok, `${date} passed the check of the options`)
  return tai.value
}
