/** A date of the Gregorian calendar, also before there was one; months and days count from 1. */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** From 0000-03-01, where the years of 400 begin whose leap day is their last, to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_468
const DAYS_PER_ERA = 146_097

/**
 * Dates as numbers of days since 1970-01-01, by the calendar alone: leap seconds have no say in them. Years begin in March, so that
 * the leap day is the last. Which dates exist is `exists`; the others count on into the neighbouring month.
 */
export function daysSince1970({ year, month, day }: CivilDate): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_PER_ERA + dayOfEra - DAYS_BEFORE_1970
}

export function dateAfter1970(days: number): CivilDate {
  const z = days + DAYS_BEFORE_1970
  const era = Math.floor(z / DAYS_PER_ERA)
  const dayOfEra = z - era * DAYS_PER_ERA
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

export function exists(date: CivilDate): boolean {
  const { year, month, day } = dateAfter1970(daysSince1970(date))
  return year === date.year && month === date.month && day === date.day
}
