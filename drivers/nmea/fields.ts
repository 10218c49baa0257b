import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import type { NmeaSentence } from './sentence.ts'
import { parseLongDate, parseTimeOfDay } from './time-fields.ts'
import { weekOf } from './timescale.ts'
import type { ToldAlarm } from './told.ts'

/** The fields of proprietary sentences, read strictly. An empty field is no value; all faults are `nmea.field`. */

/** `+18`, `0023`, `-8`. */
export function parseWhole(sentence: NmeaSentence, index: number): Result<number | undefined> {
  const field = sentence.fields[index] ?? ''
  if (field === '') return ok(undefined)
  if (!/^[+-]?\d{1,10}$/.test(field)) return malformed(sentence, index, 'a whole number')
  return ok(Number(field))
}

/** `-2.74`, `+000000`, `-1.0E-12`. */
export function parseDecimal(sentence: NmeaSentence, index: number): Result<number | undefined> {
  const field = sentence.fields[index] ?? ''
  if (field === '') return ok(undefined)
  if (!/^[+-]?\d{1,10}(?:\.\d{0,12})?(?:E[+-]?\d{1,3})?$/i.test(field)) return malformed(sentence, index, 'a number')
  return ok(Number(field))
}

/** One of some characters or words. */
export function parseChoice<const T extends string>(
  sentence: NmeaSentence,
  index: number,
  choices: readonly T[],
): Result<T> {
  const field = sentence.fields[index] ?? ''
  const found = choices.find((choice) => choice === field)
  return found === undefined ? malformed(sentence, index, `one of ${choices.join(', ')}`) : ok(found)
}

/** `yyyymmddhhmmss`; empty, or all zeros, is no time. */
export function parseDateTime(sentence: NmeaSentence, index: number): Result<UtcTime | undefined> {
  const field = sentence.fields[index] ?? ''
  if (/^0*$/.test(field)) return ok(undefined)
  if (!/^\d{14}$/.test(field)) return malformed(sentence, index, 'yyyymmddhhmmss')
  const where = `${sentence.address} field ${index}`
  const date = parseLongDate(field.slice(6, 8), field.slice(4, 6), field.slice(0, 4), where)
  const time = parseTimeOfDay(field.slice(8), where)
  if (!date.ok) return date
  if (!time.ok) return time
  return ok(date.value === undefined || time.value === undefined ? undefined : { ...date.value, ...time.value })
}

export function expectFields(sentence: NmeaSentence, fieldsMin: number): Result<void> {
  const count = sentence.fields.length - 1
  if (count >= fieldsMin) return ok(undefined)
  return fail('nmea.field', `${sentence.address}: expected at least ${fieldsMin} fields, got ${count}`)
}

export function malformed(sentence: NmeaSentence, index: number, expected: string): Result<never> {
  const field = sentence.fields[index] ?? ''
  return fail('nmea.field', `${sentence.address} field ${index}: expected ${expected}, got "${field}"`)
}

/** The values of all, or the first fault. */
export function all<const T extends readonly Result<unknown>[]>(
  results: T,
): Result<{ -readonly [K in keyof T]: T[K] extends Result<infer V> ? V : never }> {
  const failed = results.find((result) => !result.ok)
  if (failed !== undefined && !failed.ok) return failed
  const values = results.map((result) => (result.ok ? result.value : undefined))
  return ok(values as { -readonly [K in keyof T]: T[K] extends Result<infer V> ? V : never })
}

const SECONDS_PER_WEEK = 604_800
const WEEKS_PER_ROLLOVER = 1024

/**
 * Whether a GPS week and the second in it agree with the date and time beside them, `aheadSeconds` behind: a receiver that
 * contradicts itself in one sentence is not to be believed. The week is compared modulo 1024 where the sentence has it so.
 */
export function checkWeek(
  sentence: NmeaSentence,
  reading: UtcTime,
  aheadSeconds: number,
  week: number | undefined,
  secondOfWeek: number | undefined,
): readonly ToldAlarm[] {
  if (week === undefined || secondOfWeek === undefined) return []
  const named = weekOf(reading)
  const ahead = named.secondOfWeek + aheadSeconds
  const carry = Math.floor(ahead / SECONDS_PER_WEEK)
  const expected = { week: named.week + carry, second: ahead - carry * SECONDS_PER_WEEK }
  const sameWeek = (expected.week - week) % WEEKS_PER_ROLLOVER === 0
  // Seconds with decimals are rounded down by some firmware.
  if (sameWeek && Math.abs(secondOfWeek - expected.second) < 1) return []
  const reason = `${sentence.address}: expected week ${expected.week}, second ${expected.second}, for its date and time, got week ${week}, second ${secondOfWeek}`
  return [{ code: 'nmea.week-mismatch', reason, doubtsLabels: true }]
}
