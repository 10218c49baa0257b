import type { CalendarDate } from './time-fields.ts'

/**
 * Dates as numbers of days, by the Gregorian calendar alone: GPS weeks and GPS time know no leap seconds, so no leap table
 * has a say in them. Which dates exist is `exists`; the others count on into the neighbouring month.
 */

/** Days from 1970-01-01; years begin in March, so that the leap day is the last. */
export function daysSince1970({ year, month, day }: CalendarDate): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

export function dateAfter1970(days: number): CalendarDate {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  const day = dayOfYear - Math.floor((153 * m + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

export function exists(date: CalendarDate): boolean {
  const { year, month, day } = dateAfter1970(daysSince1970(date))
  return year === date.year && month === date.month && day === date.day
}
