/** 1970-01-01 is MJD 40587. */
const UNIX_EPOCH_MJD = 40_587
/** From 0000-03-01, where the years of 400 begin whose leap day is their last, to the UNIX epoch. */
const DAYS_BEFORE_UNIX = 719_468
const DAYS_PER_ERA = 146_097

/** The day of the Gregorian calendar that a modified Julian date names; 0 is 1858-11-17. */
export function civilOf(mjd: number): { readonly year: number; readonly month: number; readonly day: number } {
  const days = mjd - UNIX_EPOCH_MJD + DAYS_BEFORE_UNIX
  const era = Math.floor(days / DAYS_PER_ERA)
  const dayOfEra = days - era * DAYS_PER_ERA
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

/** The modified Julian date of a second of UTC since 1970, leap seconds not counted. */
export function mjdOfUtcSecond(utcSecond: bigint): number {
  return UNIX_EPOCH_MJD + Number(utcSecond / 86_400n)
}
