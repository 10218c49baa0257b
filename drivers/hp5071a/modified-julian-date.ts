import { type CivilDate, dateAfter1970 } from '../../src/core/civil-date.ts'

/** 1970-01-01 is MJD 40587. */
const UNIX_EPOCH_MJD = 40_587

/** The day of the Gregorian calendar that a modified Julian date names; 0 is 1858-11-17. */
export function civilOf(mjd: number): CivilDate {
  return dateAfter1970(mjd - UNIX_EPOCH_MJD)
}

/** The modified Julian date of a second of UTC since 1970, leap seconds not counted. */
export function mjdOfUtcSecond(utcSecond: bigint): number {
  return UNIX_EPOCH_MJD + Number(utcSecond / 86_400n)
}
