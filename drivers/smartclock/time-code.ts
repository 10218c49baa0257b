import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type LeapTable, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { NS_PER_SECOND, type TaiNs, taiNs } from '../../src/core/time.ts'

/**
 * The answer to `:PTIM:TCOD?` (58503B guide p. 5-74, Z3801A guide p. 4-13). It names the next edge of the pulse, in one
 * of two formats: T2 with a UTC calendar date (shifted by the unit's time zone), or T1 with a count of GPS seconds.
 */
export interface TimeCode {
  readonly time:
    | { readonly format: 'T2'; readonly utc: UtcTime }
    /** Seconds since 1980-01-06T00:00:00 on GPS time, which no leap second and no time zone touches. */
    | { readonly format: 'T1'; readonly gpsSeconds: number }
  /** Time figure of merit 0 to 9: the decade of the pulse's error. */
  readonly tfom: number
  /** Frequency figure of merit: 0 stable, 1 stabilizing, 2 holdover, 3 unlocked. */
  readonly ffom: number
  /** A leap second is announced: inserted, deleted, none. */
  readonly leap: '+' | '-' | '0'
  readonly serviceRequested: boolean
  /** The unit's own word that its time may not be believed. */
  readonly invalid: boolean
}

const T2 = /^T2(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)([0-3])([+0-])([01])([01])([0-9A-Fa-f]{2})$/
const T1 = /^T1#H([0-9A-Fa-f]{8})(\d)([0-3])([+0-])([01])([01])([0-9A-Fa-f]{2})$/

/** 1980-01-06T00:00:00 UTC, where GPS time began 19 s behind TAI and stayed there. */
const GPS_EPOCH_TAI_SECOND = 315_964_819n

/**
 * Reads a time code; quotes around it are allowed, since the Z3801A guide (p. 4-8) promises a quoted string and no
 * recording shows one. Faults: `smartclock.time-code` for another form, `smartclock.checksum`.
 */
export function parseTimeCode(text: string): Result<TimeCode> {
  const code = /^"(.*)"$/.exec(text)?.[1] ?? text
  const t2 = T2.exec(code)
  const t1 = t2 === null ? T1.exec(code) : null
  const fields = t2 ?? t1
  if (fields === null) {
    return fail(
      'smartclock.time-code',
      `expected a time code like T2199505112055233000049, got ${JSON.stringify(text)}`,
    )
  }
  const expected = checksum(code.slice(0, -2))
  const got = code.slice(-2).toUpperCase()
  if (got !== expected) return fail('smartclock.checksum', `${code}: expected checksum ${expected}, got ${got}`)
  const [tfom, ffom, leap, service, invalid] = fields.slice(-6)
  return ok({
    time:
      t2 === null
        ? { format: 'T1', gpsSeconds: Number.parseInt(fields[1] ?? '', 16) }
        : { format: 'T2', utc: utcOf(t2) },
    tfom: Number(tfom),
    ffom: Number(ffom),
    leap: leap === '+' || leap === '-' ? leap : '0',
    serviceRequested: service === '1',
    invalid: invalid === '1',
  })
}

export function formatTimeCode(code: TimeCode): string {
  const { time } = code
  const digits = (value: number, count: number): string => String(value).padStart(count, '0')
  const named =
    time.format === 'T1'
      ? `T1#H${time.gpsSeconds.toString(16).toUpperCase().padStart(8, '0')}`
      : `T2${digits(time.utc.year, 4)}${[time.utc.month, time.utc.day, time.utc.hour, time.utc.minute, time.utc.second].map((field) => digits(field, 2)).join('')}`
  const flags = `${code.tfom}${code.ffom}${code.leap}${code.serviceRequested ? 1 : 0}${code.invalid ? 1 : 0}`
  return `${named}${flags}${checksum(named + flags)}`
}

/** The instant of the edge that the code names. Faults: those of `utcToTai`. */
export function timeCodeToTai(code: TimeCode, table: LeapTable): Result<TaiNs> {
  const { time } = code
  if (time.format === 'T2') return utcToTai(table, time.utc)
  return ok(taiNs((GPS_EPOCH_TAI_SECOND + BigInt(time.gpsSeconds)) * NS_PER_SECOND))
}

/** GPS seconds of a TAI second, the inverse of T1. */
export function gpsSecondsOf(taiSecond: bigint): number {
  return Number(taiSecond - GPS_EPOCH_TAI_SECOND)
}

/** Two upper-case hexadecimal digits: the sum of the characters modulo 256. */
export function checksum(characters: string): string {
  let sum = 0
  for (let i = 0; i < characters.length; i++) sum += characters.charCodeAt(i)
  return (sum % 256).toString(16).toUpperCase().padStart(2, '0')
}

function utcOf(fields: RegExpExecArray): UtcTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.slice(1, 7).map(Number)
  return { year, month, day, hour, minute, second, nanosecond: 0 }
}
