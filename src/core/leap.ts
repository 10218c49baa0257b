import { dateAfter1970, daysSince1970, exists } from './civil-date.ts'
import { fail, ok, type Result } from './fault.ts'
import { divFloor } from './integer.ts'
import { NS_PER_SECOND, type RealtimeNs, type TaiNs, taiNs } from './time.ts'

/**
 * TAI ↔ UTC at the edges of the program. UTC is a calendar reading, never a count: only so can 23:59:60 survive.
 * The table is explicit and knows when it ends; past its expiry it still converts, and `leapTableExpired` says so.
 */
export interface LeapTable {
  /** Ascending. From `sinceUtcSecond` on (UNIX seconds of the UTC midnight), TAI − UTC is `taiMinusUtcSeconds`. */
  readonly entries: readonly LeapEntry[]
  /** The list says nothing about leap seconds at or after this UNIX second. */
  readonly expiresAtUtcSecond: bigint
  /** Where the table came from, for people. */
  readonly origin: string
}

export interface LeapEntry {
  readonly sinceUtcSecond: bigint
  readonly taiMinusUtcSeconds: number
}

/** A reading of a UTC calendar clock; `second` is 60 in an inserted leap second. */
export interface UtcTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
}

/** Seconds from 1900-01-01 (the era of leap-seconds.list) to 1970-01-01. */
const NTP_TO_UNIX_SECONDS = 2_208_988_800n
const SECONDS_PER_DAY = 86_400n

/**
 * Reads the IERS/NIST `leap-seconds.list` format: lines `<NTP second> <TAI−UTC>`, and `#@ <NTP second>` for the expiry.
 * Faults: a malformed line, a list out of order, no entry, no expiry.
 */
export function parseLeapSecondsList(text: string, origin: string): Result<LeapTable> {
  const entries: LeapEntry[] = []
  let expiresAtUtcSecond: bigint | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const where = `${origin}:${index + 1}`
    const expiry = /^#@\s+(\d{1,12})\s*$/.exec(raw)
    if (expiry?.[1] !== undefined) expiresAtUtcSecond = BigInt(expiry[1]) - NTP_TO_UNIX_SECONDS
    const line = raw.replace(/#.*/, '').trim()
    if (line === '') continue
    const fields = /^(\d{1,12})\s+(\d{1,3})$/.exec(line)
    if (fields?.[1] === undefined || fields[2] === undefined) {
      return fail('leap.line', `${where}: expected "<NTP second> <TAI−UTC>", got "${line}"`)
    }
    const sinceUtcSecond = BigInt(fields[1]) - NTP_TO_UNIX_SECONDS
    const previous = entries.at(-1)
    if (previous !== undefined && previous.sinceUtcSecond >= sinceUtcSecond) {
      return fail('leap.order', `${where}: expected entries in ascending order, got ${fields[1]} after a later one`)
    }
    if (sinceUtcSecond % SECONDS_PER_DAY !== 0n) {
      return fail('leap.midnight', `${where}: expected a UTC midnight, got NTP second ${fields[1]}`)
    }
    entries.push({ sinceUtcSecond, taiMinusUtcSeconds: Number(fields[2]) })
  }
  if (entries.length === 0) return fail('leap.empty', `${origin}: expected at least one entry, got none`)
  if (expiresAtUtcSecond === undefined)
    return fail('leap.no-expiry', `${origin}: expected an expiry line "#@ …", got none`)
  return ok({ entries, expiresAtUtcSecond, origin })
}

/** Whether the table no longer says what TAI − UTC is at `tai`. */
export function leapTableExpired(table: LeapTable, tai: TaiNs): boolean {
  return divFloor(tai, NS_PER_SECOND) - BigInt(taiMinusUtcAt(table, tai) ?? 0) >= table.expiresAtUtcSecond
}

/** A second that is inserted into UTC or left out of it. */
export interface LeapSecond {
  readonly change: 'insert' | 'delete'
  /** Where clocks that count UTC seconds stop being as before: the inserted second begins, or the deleted one would. */
  readonly from: TaiNs
  /** Where they all count alike again. */
  readonly until: TaiNs
}

/** The first leap second of the table that is not over at `tai`; undefined when it has none. */
export function nextLeapSecond(table: LeapTable, tai: TaiNs): LeapSecond | undefined {
  const leaps = table.entries.slice(1).map((entry, index): LeapSecond => {
    const before = table.entries[index]?.taiMinusUtcSeconds ?? entry.taiMinusUtcSeconds
    const at = (offset: number): TaiNs => taiNs((entry.sinceUtcSecond + BigInt(offset)) * NS_PER_SECOND)
    const change = entry.taiMinusUtcSeconds > before ? 'insert' : 'delete'
    return { change, from: at(Math.min(before, entry.taiMinusUtcSeconds)), until: at(entry.taiMinusUtcSeconds) }
  })
  return leaps.find(({ until }) => until > tai)
}

/** TAI − UTC in seconds at `tai`, or undefined before the table begins. In an inserted second: the old value. */
export function taiMinusUtcAt(table: LeapTable, tai: TaiNs): number | undefined {
  const taiSecond = divFloor(tai, NS_PER_SECOND)
  let current: number | undefined
  for (const entry of table.entries) {
    if (taiSecond >= entry.sinceUtcSecond + BigInt(entry.taiMinusUtcSeconds)) current = entry.taiMinusUtcSeconds
  }
  return current
}

/** The UTC calendar reading of an instant; an inserted second reads 23:59:60. Fault: before the table begins (1972). */
export function taiToUtc(table: LeapTable, tai: TaiNs): Result<UtcTime> {
  const offset = taiMinusUtcAt(table, tai)
  if (offset === undefined)
    return fail('leap.before-table', `${tai} ns TAI: expected an instant since 1972, when UTC got whole leap seconds`)
  const second = divFloor(tai, NS_PER_SECOND)
  const nanosecond = Number(tai - second * NS_PER_SECOND)
  const utcSecond = second - BigInt(offset)
  const next = table.entries.find((entry) => entry.sinceUtcSecond + BigInt(entry.taiMinusUtcSeconds) > second)
  const inserted = next !== undefined && utcSecond >= next.sinceUtcSecond
  const calendar = calendarOf(inserted ? utcSecond - 1n : utcSecond)
  return ok({ ...calendar, second: inserted ? 60 : calendar.second, nanosecond })
}

/**
 * The instant that a UTC calendar reading names. Faults: no such date or time, 23:59:60 where the table inserts none,
 * 23:59:59 where the table deletes it, before the table begins.
 */
export function utcToTai(table: LeapTable, utc: UtcTime): Result<TaiNs> {
  if (![utc.year, utc.month, utc.day].every(Number.isSafeInteger) || !exists(utc))
    return fail('utc.date', `${formatUtc(utc)}: expected a date of the calendar`)
  if (
    !inRange(utc.hour, 23) ||
    !inRange(utc.minute, 59) ||
    !inRange(utc.second, 60) ||
    !inRange(utc.nanosecond, 999_999_999)
  ) {
    return fail('utc.time', `${formatUtc(utc)}: expected a time of day`)
  }
  const midnight = BigInt(daysSince1970(utc)) * SECONDS_PER_DAY
  const secondOfDay = BigInt(utc.hour * 3600 + utc.minute * 60 + utc.second)
  const today = table.entries.findLast((entry) => entry.sinceUtcSecond <= midnight)
  if (today === undefined)
    return fail(
      'leap.before-table',
      `${formatUtc(utc)}: expected an instant since 1972, when UTC got whole leap seconds`,
    )
  const tomorrow = table.entries.find((entry) => entry.sinceUtcSecond === midnight + SECONDS_PER_DAY)
  const length = SECONDS_PER_DAY + BigInt((tomorrow ?? today).taiMinusUtcSeconds - today.taiMinusUtcSeconds)
  if (utc.second === 60 && secondOfDay !== SECONDS_PER_DAY)
    return fail('utc.time', `${formatUtc(utc)}: expected second 60 only at 23:59`)
  if (secondOfDay >= length)
    return fail(
      'leap.no-such-second',
      `${formatUtc(utc)}: expected a second of that day, which has ${length} by ${table.origin}`,
    )
  return ok(taiNs((midnight + secondOfDay + BigInt(today.taiMinusUtcSeconds)) * NS_PER_SECOND + BigInt(utc.nanosecond)))
}

/** `2019-04-07T00:00:01.000000000Z` */
export function formatUtc(utc: UtcTime): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(utc.year).padStart(4, '0')}-${two(utc.month)}-${two(utc.day)}T${two(utc.hour)}:${two(utc.minute)}:${two(utc.second)}.${String(utc.nanosecond).padStart(9, '0')}Z`
}

function inRange(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

function calendarOf(utcSecond: bigint): UtcTime {
  const days = divFloor(utcSecond, SECONDS_PER_DAY)
  const secondOfDay = Number(utcSecond - days * SECONDS_PER_DAY)
  return {
    ...dateAfter1970(Number(days)),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    nanosecond: 0,
  }
}

/**
 * TAI of a reading of CLOCK_REALTIME, which repeats or skips inserted seconds: within one second of a leap second the
 * answer may be a second off. Good for labels, never for time. Fault: before the table begins.
 */
export function realtimeToTai(table: LeapTable, realtime: RealtimeNs): Result<TaiNs> {
  const utcSecond = divFloor(realtime, NS_PER_SECOND)
  const entry = table.entries.findLast(({ sinceUtcSecond }) => sinceUtcSecond <= utcSecond)
  if (entry === undefined) return fail('leap.before-table', `${realtime} ns: expected an instant since 1972`)
  return ok(taiNs(realtime + BigInt(entry.taiMinusUtcSeconds) * NS_PER_SECOND))
}
