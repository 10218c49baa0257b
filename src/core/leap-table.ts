import type { LeapTable } from './leap.ts'

/**
 * Every leap second until now, for machines without a `leap-seconds.list`. Source: IERS Bulletin C and the list that
 * tzdata distributes, which says nothing beyond 2027-06-28. [UNIX second of the UTC midnight, TAI − UTC].
 */
const SINCE_1972: readonly (readonly [bigint, number])[] = [
  [63_072_000n, 10], // 1972-01-01
  [78_796_800n, 11], // 1972-07-01
  [94_694_400n, 12], // 1973-01-01
  [126_230_400n, 13], // 1974-01-01
  [157_766_400n, 14], // 1975-01-01
  [189_302_400n, 15], // 1976-01-01
  [220_924_800n, 16], // 1977-01-01
  [252_460_800n, 17], // 1978-01-01
  [283_996_800n, 18], // 1979-01-01
  [315_532_800n, 19], // 1980-01-01
  [362_793_600n, 20], // 1981-07-01
  [394_329_600n, 21], // 1982-07-01
  [425_865_600n, 22], // 1983-07-01
  [489_024_000n, 23], // 1985-07-01
  [567_993_600n, 24], // 1988-01-01
  [631_152_000n, 25], // 1990-01-01
  [662_688_000n, 26], // 1991-01-01
  [709_948_800n, 27], // 1992-07-01
  [741_484_800n, 28], // 1993-07-01
  [773_020_800n, 29], // 1994-07-01
  [820_454_400n, 30], // 1996-01-01
  [867_715_200n, 31], // 1997-07-01
  [915_148_800n, 32], // 1999-01-01
  [1_136_073_600n, 33], // 2006-01-01
  [1_230_768_000n, 34], // 2009-01-01
  [1_341_100_800n, 35], // 2012-07-01
  [1_435_708_800n, 36], // 2015-07-01
  [1_483_228_800n, 37], // 2017-01-01
]

export const EMBEDDED_LEAP_TABLE: LeapTable = {
  entries: SINCE_1972.map(([sinceUtcSecond, taiMinusUtcSeconds]) => ({ sinceUtcSecond, taiMinusUtcSeconds })),
  expiresAtUtcSecond: 1_814_140_800n, // 2027-06-28
  origin: 'embedded leap second table',
}
