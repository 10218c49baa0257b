import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import { oneLineQuery } from '../scpi/one-line-query.ts'
import type { ScpiRequest } from '../scpi/session.ts'

/** Replies come at once; the longest takes 40 ms on the line. */
const REPLY_WITHIN_NS = NS_PER_SECOND

/**
 * The queries that the driver asks of a PRS10, and how their answers read (PRS10 manual, "RS-232 instruction set"; the
 * forms of ID, ST, LO, SF, FC, DS, TT, PL, PT and AD as two units answered them, glacier.lbl.gov PRS-10 settings). No
 * error comes back: what is not understood sets a bit of ST6 and is not answered.
 */
export const QUERIES = {
  identity: query('ID?', /^PRS10_\d{1,3}\.\d{1,4}_SN_\d{1,9}$/),
  status: query('ST?', /^\d{1,3}(,\d{1,3}){5}$/),
  lock: query('LO?', /^[01]$/),
  timeTag: query('TT?', /^-?\d{1,9}$/),
  steering: query('SF?', /^-?\d{1,4}$/),
  follows: query('PL?', /^[01]$/),
  control: query('FC?', /^\d{1,4},\d{1,4}$/),
  signals: query('DS?', /^-?\d{1,5},-?\d{1,5}$/),
  timeConstant: query('PT?', /^\d{1,2}$/),
  caseTemperature: query('AD10?', /^-?\d{1,2}\.\d{1,4}$/),
  lampHeater: query('AD7?', /^-?\d{1,2}\.\d{1,4}$/),
  supply: query('AD2?', /^-?\d{1,2}\.\d{1,4}$/),
} as const satisfies Record<string, ScpiRequest>

export type QueryName = keyof typeof QUERIES

function query(command: string, answer: RegExp): ScpiRequest {
  return oneLineQuery(command, answer, REPLY_WITHIN_NS)
}

/** Sets the frequency until power is lost; `SF!`, which would wear the EEPROM, is never sent. Not answered in VB0. */
export function setSteering(parts: number): ScpiRequest {
  return { command: `SF ${parts}`, replyWithinNs: REPLY_WITHIN_NS, replyLines: 0, accepts: () => false }
}

/** `SF`: parts in 1e12, from −2000 to 2000. */
export const STEERING_E15 = { stepE15: 1_000n, limitE15: 2_000_000n } as const

export interface Identity {
  readonly firmware: string
  readonly serial: string
}

/** `PRS10_3.56_SN_107831`; an FS725 answers so too. Fault `prs10.reply`. */
export function parseIdentity(text: string): Result<Identity> {
  const match = /^PRS10_(\d{1,3}\.\d{1,4})_SN_(\d{1,9})$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return unexpected('PRS10_<version>_SN_<serial>', text)
  return ok({ firmware: match[1], serial: match[2] })
}

/** ST1 to ST6, `0,0,0,0,4,0`: bit 0 is worth 1. Fault `prs10.reply`. */
export function parseStatusBytes(text: string): Result<readonly number[]> {
  const bytes = text.split(',').map(Number)
  const areBytes = bytes.length === 6 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  return areBytes && /^\d+(,\d+){5}$/.test(text) ? ok(bytes) : unexpected('six bytes like 0,0,0,0,4,0', text)
}

/** Whole numbers in a row, `count` of them, each from `from` to `to`. Fault `prs10.reply`. */
export function parseIntegers(text: string, count: number, from: number, to: number): Result<readonly number[]> {
  const numbers = text.split(',').map(Number)
  const fit = numbers.length === count && numbers.every((n) => Number.isInteger(n) && n >= from && n <= to)
  if (fit && /^-?\d+(,-?\d+)*$/.test(text)) return ok(numbers)
  return unexpected(`${count === 1 ? 'an integer' : `${count} integers`} from ${from} to ${to}`, text)
}

const NO_TAG = -1
const NS = 1_000_000_000

/**
 * When the pulse at the input came, by the unit's own pulse, ns: 0 to 999 999 999, of which the upper half is read as
 * negative; −1 says that none came since the last question. Undefined for none. Fault `prs10.reply`.
 */
export function parseTimeTag(text: string): Result<number | undefined> {
  const read = parseIntegers(text, 1, NO_TAG, NS - 1)
  const tag = read.ok ? read.value[0] : undefined
  if (!read.ok) return read
  if (tag === undefined || tag === NO_TAG) return ok(undefined)
  return ok(tag >= NS / 2 ? tag - NS : tag)
}

/** A voltage of the internal converter: `0.728`. Fault `prs10.reply`. */
export function parseVolts(text: string): Result<number> {
  return /^-?\d{1,2}\.\d{1,4}$/.test(text) ? ok(Number(text)) : unexpected('volts like 0.728', text)
}

function unexpected(expected: string, got: string): Result<never> {
  return fail('prs10.reply', `expected ${expected}, got ${JSON.stringify(got)}`)
}
