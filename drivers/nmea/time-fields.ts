import type { CivilDate } from '../../src/core/civil-date.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * The time and date fields of NMEA 0183, exactly: no Date (it cannot hold 23:59:60), no rounding, no clock. Only the
 * form is checked here; which dates and seconds exist is the leap table's knowledge (`utcToTai`).
 */
export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
  /** 60 in an inserted leap second. */
  readonly second: number
  readonly nanosecond: number
}

/**
 * Two-digit years from here on are of the 20th century, smaller ones of the 21st: GPS time begins on 1980-01-06, so no
 * instrument means a year before it. A date from 2080 on would be read 100 years early; ZDA has four digits.
 */
const TWO_DIGIT_YEAR_PIVOT = 80

/** `hhmmss` with up to nine decimals; an empty field is no time. Fault: `nmea.field`. */
export function parseTimeOfDay(field: string, where: string): Result<TimeOfDay | undefined> {
  if (field === '') return ok(undefined)
  const digits = /^(\d{2})(\d{2})(\d{2})(?:\.(\d{0,9}))?$/.exec(field)
  if (digits === null) return malformed(where, 'hhmmss with at most nine decimals', field)
  return ok({
    hour: Number(digits[1]),
    minute: Number(digits[2]),
    second: Number(digits[3]),
    nanosecond: Number((digits[4] ?? '').padEnd(9, '0')),
  })
}

/** `ddmmyy` of RMC; an empty field is no date. Fault: `nmea.field`. */
export function parseShortDate(field: string, where: string): Result<CivilDate | undefined> {
  if (field === '') return ok(undefined)
  const digits = /^(\d{2})(\d{2})(\d{2})$/.exec(field)
  if (digits === null) return malformed(where, 'ddmmyy', field)
  const yearOfCentury = Number(digits[3])
  return ok({
    year: yearOfCentury + (yearOfCentury >= TWO_DIGIT_YEAR_PIVOT ? 1900 : 2000),
    month: Number(digits[2]),
    day: Number(digits[1]),
  })
}

/** The `dd`, `mm`, `yyyy` of ZDA; three empty fields are no date. Fault: `nmea.field`. */
export function parseLongDate(day: string, month: string, year: string, where: string): Result<CivilDate | undefined> {
  if (day === '' && month === '' && year === '') return ok(undefined)
  if (!/^\d{1,2}$/.test(day) || !/^\d{1,2}$/.test(month) || !/^\d{4}$/.test(year)) {
    return malformed(where, 'dd,mm,yyyy', `${day},${month},${year}`)
  }
  return ok({ year: Number(year), month: Number(month), day: Number(day) })
}

function malformed(where: string, expected: string, field: string): Result<never> {
  return fail('nmea.field', `${where}: expected ${expected}, got "${field}"`)
}
