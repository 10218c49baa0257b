import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import { oneLineQuery } from '../scpi/one-line-query.ts'
import type { ScpiRequest } from '../scpi/session.ts'

/** Whoever reads units of this kind waits for five seconds (N8UR's hp5071a.py). */
const REPLY_WITHIN_NS = 5n * NS_PER_SECOND

const REAL = String.raw`[+-]?\d{1,9}(?:\.\d{0,12})?(?:E[+-]?\d{1,3})?`
const REALS = new RegExp(`^${REAL}(?:,${REAL}){0,3}$`)
const WORD = /^"?[A-Z]{1,10}"?$/
const FLAG = /^(?:[+]?[01]|ON|OFF)$/

/**
 * The queries that the driver asks (5071A Operating and Programming Manual 05071-90041, chapter 5; the forms of the answers as
 * N8UR's hp5071a.py and a logger of rubidium.se split them). None sets anything, and none reads an event register.
 */
export const QUERIES = {
  identity: query('*IDN?', /^[^",]{1,40}(,[^",]{1,40}){3}$/),
  error: query('SYST:ERR?', /^[+-]\d+,"/),
  time: query('PTIM:TIME?', /^[+]?\d{1,2},[+]?\d{1,2},[+]?\d{1,2}$/),
  date: query('PTIM:MJD?', /^[+]?\d{1,5}$/),
  state: query('DIAG:STAT:GLOB?', /^"?[A-Za-z][A-Za-z ,.:'-]{3,60}"?$/),
  supply: query('DIAG:STAT:SUPP?', WORD),
  continuous: query('DIAG:CONT:STAT?', WORD),
  standby: query('PTIM:STAN?', FLAG),
  steering: query('ROSC:STE?', REALS),
  leapScheduled: query('PTIM:LEAP:STAT?', FLAG),
  leapMinute: query('PTIM:LEAP:DUR?', /^[+]?\d{2}$/),
  leapDate: query('PTIM:LEAP:MJD?', /^[+]?\d{1,5}$/),
  control: query('ROSC:CONT?', REALS),
  beam: query('DIAG:CURR:BEAM?', REALS),
  pump: query('DIAG:CURR:PUMP?', REALS),
  cField: query('DIAG:CURR:CFI?', REALS),
  gain: query('DIAG:GAIN?', REALS),
  rfAmplitude: query('DIAG:RFAM?', REALS),
  temperature: query('DIAG:TEMP?', REALS),
  oven: query('DIAG:VOLT:COV?', REALS),
  multiplier: query('DIAG:VOLT:EMUL?', REALS),
  ionizer: query('DIAG:VOLT:HWI?', REALS),
  spectrometer: query('DIAG:VOLT:MSP?', REALS),
  oscillatorOven: query('DIAG:VOLT:ROSC?', REALS),
  loops: query('DIAG:VOLT:PLL?', REALS),
  supplies: query('DIAG:VOLT:SUPP?', REALS),
  tube: query('DIAG:CBTS?', /^"?[ -!#-~]{1,40}"?$/),
  logCount: query('DIAG:LOG:COUN?', /^[+]?\d{1,5}$/),
  remote: query('SYST:REM?', FLAG),
} as const satisfies Record<string, ScpiRequest>

export type QueryName = keyof typeof QUERIES

function query(command: string, answer: RegExp): ScpiRequest {
  return oneLineQuery(command, answer, REPLY_WITHIN_NS)
}

/** What sets something: a bare prompt says that it was taken or refused, and the prompt's code which. */
function order(command: string): ScpiRequest {
  return { command, replyWithinNs: REPLY_WITHIN_NS, accepts: () => false }
}

export const REMOTE_ON = order('SYST:REM ON')
export const REMOTE_OFF = order('SYST:REM OFF')

/** Any order that changes something, given outside of REMOTE. */
export const NEEDS_REMOTE = 201

/** Data sheet: ±1e-9 in steps of 6.3e-15, told here in steps of 1e-14. */
export const STEERING_E15 = { stepE15: 10n, limitE15: 1_000_000n } as const

/** A fractional frequency. `fractionE15` is a multiple of the step. */
export function setSteering(fractionE15: number): ScpiRequest {
  return order(`ROSC:STE ${(fractionE15 / 1e15).toExponential(3).toUpperCase()}`)
}

/** `DIAG:LOG? 12` */
export function readLog(entry: number): ScpiRequest {
  return query(`DIAG:LOG? ${entry}`, /^".{0,150}"$/)
}

export interface Identity {
  readonly maker: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
}

/** `HEWLETT-PACKARD,5071A,3249A01234,3416`. Fault `hp5071a.reply`. */
export function parseIdentity(text: string): Result<Identity> {
  const [maker, model, serial, firmware, ...rest] = text.split(',')
  if (maker === undefined || model === undefined || serial === undefined || firmware === undefined || rest.length > 0) {
    return unexpected('an identity of four parts', text)
  }
  return ok({ maker, model, serial, firmware })
}

/** Seconds since midnight, up to 86 400 in an inserted leap second: `+12,+34,+56`. Fault `hp5071a.reply`. */
export function parseTime(
  text: string,
): Result<{ readonly hour: number; readonly minute: number; readonly second: number }> {
  const match = /^[+]?(\d{1,2}),[+]?(\d{1,2}),[+]?(\d{1,2})$/.exec(text)
  const [hour, minute, second] = (match ?? []).slice(1).map(Number)
  if (hour === undefined || minute === undefined || second === undefined || hour > 23 || minute > 59 || second > 60) {
    return unexpected('a time like +12,+34,+56', text)
  }
  return ok({ hour, minute, second })
}

/** `+61055`, `0`. Fault `hp5071a.reply`. */
export function parseCount(text: string): Result<number> {
  return /^[+]?\d{1,5}$/.test(text) ? ok(Number(text)) : unexpected('a count like +61055', text)
}

/** `0`, `1`, `ON`, `OFF`. Fault `hp5071a.reply`. */
export function parseFlag(text: string): Result<boolean> {
  return FLAG.test(text) ? ok(text === 'ON' || text.endsWith('1')) : unexpected('0, 1, OFF or ON', text)
}

/** `AC`, quoted or not. Fault `hp5071a.reply`. */
export function parseWord<const T extends string>(text: string, words: readonly T[]): Result<T> {
  const word = words.find((each) => each === text || `"${each}"` === text)
  return word === undefined ? unexpected(`one of ${words.join(', ')}`, text) : ok(word)
}

/** `+1.97E-008` or several of them, `count` of them. Fault `hp5071a.reply`. */
export function parseReals(text: string, count: number): Result<readonly number[]> {
  const numbers = text.split(',').map(Number)
  if (REALS.test(text) && numbers.length === count && numbers.every(Number.isFinite)) return ok(numbers)
  return unexpected(count === 1 ? 'a number like +1.97E-008' : `${count} numbers like +1.97E-008`, text)
}

function unexpected(expected: string, got: string): Result<never> {
  return fail('hp5071a.reply', `expected ${expected}, got ${JSON.stringify(got)}`)
}
