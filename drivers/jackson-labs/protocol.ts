import type { CivilDate } from '../../src/core/civil-date.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { TimeOfDay } from '../nmea/time-fields.ts'
import type { Dialect, ScpiRequest } from '../scpi/session.ts'

/** A code of ours: the instrument has none. */
const COMMAND_ERROR = -100

/**
 * The SCPI of Jackson Labs instruments: no error queue, no codes, numbers as C's printf writes them (no plus sign, no
 * padding), and answers of several lines whose end only the prompt tells. Source: a recorded session with an LN Rb GPSDO,
 * firmware 1.17 (github Pangea567/gnsdo-scpi-simulator), and the manuals of Mini-JLT, Micro-JLT, LC_XO and LN CSAC.
 */
export const DIALECT: Dialect = {
  replyEnd: 'prompt',
  commandEnd: '\r\n',
  refusal: (line) => (line.trim() === 'Command Error' ? COMMAND_ERROR : undefined),
}

/** At 9600 baud the longest answer takes seven tenths of a second. */
const REPLY_WITHIN_NS = 3_000_000_000n

/**
 * Written whenever question and answer may have come apart: without the prompt no answer has an end. The empty line ends
 * whatever a line at the wrong speed has left in the instrument.
 */
export const SETUP = '\r\nSYST:COMM:SER:PRO ON\r\nSYST:COMM:SER:ECHO OFF\r\n'

export const QUERIES = {
  identity: query('*IDN?', /^Jackson[- ]?Labs\b[^,]*,/i),
  serial: query('SYST:ID:SN?', /^\d{4,12}$/),
  date: query('PTIM:DATE?', /^\d{1,4},\d{1,2},\d{1,2}$/),
  time: query('PTIM:TIME?', /^\d{1,2},\d{1,2},\d{1,2}$/),
  locked: query('SYNC:LOCKED?', /^[01]$/),
  health: query('SYNC:HEALTH?', /^0x[0-9A-Fa-f]{1,8}$/),
  holdover: query('SYNC:HOLD:DUR?', /^\d{1,9},[01]$/),
  timeInterval: query('SYNC:TINT?', /^-?\d\.\d{1,6}E[+-]\d{2,3}$/),
  satellitesTracked: query('GPS:SAT:TRAC:COUN?', /^\d{1,3}$/),
  satellitesVisible: query('GPS:SAT:VIS:COUN?', /^\d{1,3}$/),
  leapSeconds: query('PTIM:LEAP:ACC?', /^\d{1,3}$/),
  synchronization: block('SYNC?', /^1PPS SOURCE MODE\s*:/),
  receiver: block('GPS?', /^(?:GNSS|ANTENNA DELAY)\s*:/),
  diagnosis: block('DIAG?', /^EFControl Relative\s*:/),
} as const satisfies Record<string, ScpiRequest>

export type QueryName = keyof typeof QUERIES

/** What may arrive ahead of the answer: an empty line. */
function query(command: string, answer: RegExp): ScpiRequest {
  const accepts = (lines: readonly string[]): boolean => lines.length === 1 && answer.test((lines[0] ?? '').trim())
  return { command, replyWithinNs: REPLY_WITHIN_NS, accepts }
}

/** Lines of the form `NAME : value`, the first of which tells whose they are. */
function block(command: string, first: RegExp): ScpiRequest {
  const accepts = (lines: readonly string[]): boolean => lines.length > 1 && first.test(lines[0] ?? '')
  return { command, replyWithinNs: REPLY_WITHIN_NS, accepts }
}

export interface Identity {
  readonly model: string
  readonly firmware: string
}

/** `Jackson Labs, LN Rb GPSDO (PRE), Firmware Rev 1.17` */
export function parseIdentity(text: string): Result<Identity> {
  const [, model, firmware] = /^Jackson[- ]?Labs[^,]*, ?([^,]{1,60}), ?(.{1,60})$/i.exec(text.trim()) ?? []
  if (model === undefined || firmware === undefined) return unexpected('an identity of Jackson Labs', text)
  return ok({ model, firmware: firmware.replace(/^Firmware Rev\s*/i, '') })
}

/** `2026,9,2` */
export function parseDate(text: string): Result<CivilDate> {
  const [year, month, day] = numbersOf(text, 3)
  if (year === undefined || month === undefined || day === undefined) return unexpected('a date like 2026,9,2', text)
  return ok({ year, month, day })
}

/** `7,46,13` */
export function parseTime(text: string): Result<TimeOfDay> {
  const [hour, minute, second] = numbersOf(text, 3)
  if (hour === undefined || minute === undefined || second === undefined) {
    return unexpected('a time like 7,46,13', text)
  }
  return ok({ hour, minute, second, nanosecond: 0 })
}

/** `191,0`: seconds of the present or the last holdover, and whether it lasts. */
export function parseHoldover(text: string): Result<{ readonly seconds: number; readonly lasts: boolean }> {
  const [seconds, flag] = numbersOf(text, 2)
  if (seconds === undefined || flag === undefined || flag > 1) return unexpected('seconds and a flag like 191,0', text)
  return ok({ seconds, lasts: flag === 1 })
}

/** `0x1000` */
export function parseHealth(text: string): Result<number> {
  const digits = /^0x([0-9A-Fa-f]{1,8})$/.exec(text.trim())?.[1]
  return digits === undefined ? unexpected('a health like 0x0', text) : ok(Number.parseInt(digits, 16))
}

export function parseCount(text: string): Result<number> {
  return /^\d{1,9}$/.test(text.trim()) ? ok(Number(text)) : unexpected('a whole number like 14', text)
}

/** A flag: `0` or `1`. */
export function parseFlag(text: string): Result<boolean> {
  return /^[01]$/.test(text.trim()) ? ok(text.trim() === '1') : unexpected('0 or 1', text)
}

/** `6.763E-08` seconds, in ns to the tenth that the instrument resolves. */
export function parseNanoseconds(text: string): Result<number> {
  if (!/^-?\d{1,3}(?:\.\d{1,6})?(?:E[+-]\d{2,3})?$/i.test(text.trim()))
    return unexpected('seconds like 6.763E-08', text)
  return ok(Math.round(Number(text) * 1e10) / 10)
}

function numbersOf(text: string, count: number): readonly number[] {
  const fields = text.trim().split(',')
  if (fields.length !== count || fields.some((field) => !/^\d{1,9}$/.test(field))) return []
  return fields.map(Number)
}

function unexpected(expected: string, got: string): Result<never> {
  return fail('jackson-labs.reply', `expected ${expected}, got ${JSON.stringify(got.slice(0, 80))}`)
}
