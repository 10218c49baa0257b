import { fail, ok, type Result } from '../../src/core/fault.ts'
import { oneLineQuery } from '../scpi/one-line-query.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import { parseBoolean, parseInteger, parseIntegerList, parseReal, splitList } from '../scpi/values.ts'

/** A scalar answers within a tenth of a second and a time code within one; three served well on real units. */
const REPLY_WITHIN_NS = 3_000_000_000n

/**
 * The queries that the driver asks, and how their answers read. Sources: 58503B/59551A guide 097-58503-13, Z3801A guide
 * 097-Z3801-01, and recordings of a 58503A, two Z3805A. Only conditions are read, never an event register, since
 * reading one clears it. Faults of the parsers: `smartclock.reply`, `scpi.value`.
 */
export const QUERIES = {
  identity: query('*IDN?', /^[^",]{1,40}(,[^",]{1,40}){3}$/),
  timeZone: query(':PTIM:TZON?', /^[+-]\d+,[+-]\d+$/),
  error: query(':SYST:ERR?', /^[+-]\d+,"/),
  state: query(':SYNC:STAT?', /^[A-Z]+$/),
  timeInterval: query(':SYNC:TINT?', /^[+-]\d\.\d+E[+-]\d+$/),
  holdover: query(':SYNC:HOLD:DUR?', /^[+-]\d\.\d+E[+-]\d+,[01]$/),
  tfom: query(':SYNC:TFOM?', /^[+]\d$/),
  ffom: query(':SYNC:FFOM?', /^[+]\d$/),
  leapSeconds: query(':PTIM:LEAP:ACC?', /^[+-]\d{1,3}$/),
  timeCode: query(':PTIM:TCOD?', /^"?T[12]/),
  screen: {
    command: ':SYST:STAT?',
    // Two kilobytes: 2.6 s at 9600 baud with half a second of composing, 17 s at 1200.
    replyWithinNs: 25_000_000_000n,
    accepts: (lines) => lines.length > 10 && lines.some((line) => line.startsWith('SYNCHRONIZATION')),
  },
} as const satisfies Record<string, ScpiRequest>

/** The essentials; what else is asked is in `scalars.ts`. */
export type EssentialName = keyof typeof QUERIES

/** The answer to a question about entry `number` of the log, from 1. */
export function logQuery(number: number): ScpiRequest {
  return query(`:DIAG:LOG:READ? ${number}`, /^"Log \d{3}:/)
}

/** Every query here has an answer of one line. */
function query(command: string, answer: RegExp): ScpiRequest {
  return oneLineQuery(command, answer, REPLY_WITHIN_NS)
}

/** `DIAG` is shown during self tests, which drop the lock; `WAIT` in a holdover that waits to recover; `OTH` in any other. */
export type SyncState = (typeof SYNC_STATES)[number]
const SYNC_STATES = ['LOCK', 'REC', 'HOLD', 'WAIT', 'POW', 'OFF', 'OTH', 'DIAG'] as const

/** The keyword of `:SYNC:STAT?`; only its short form has been seen. */
export function parseSyncState(text: string): Result<SyncState> {
  const state = SYNC_STATES.find((name) => name === text)
  return state === undefined ? unexpected(`one of ${SYNC_STATES.join(', ')}`, text) : ok(state)
}

export interface Identity {
  readonly maker: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
}

/** `HEWLETT-PACKARD,58503A,3710A01056,3704-C` */
export function parseIdentity(text: string): Result<Identity> {
  const [maker, model, serial, firmware, ...rest] = text.split(',')
  if (maker === undefined || model === undefined || serial === undefined || firmware === undefined || rest.length > 0) {
    return unexpected('an identity like HEWLETT-PACKARD,58503A,3710A01056,3704-C', text)
  }
  return ok({ maker, model, serial, firmware })
}

/** Whether the model is one of the family: 58503A/B, 59551A, and the Z38.. units made for cellular networks. */
export function isSmartclock(identity: Identity): boolean {
  return /^(58503[AB]|59551A|Z38\d\d[A-Z])$/.test(identity.model)
}

/** The command tree that the firmware takes; the driver's queries are those that both have. */
export function dialectOf(identity: Identity): '58503' | 'Z3801' {
  return identity.model.startsWith('Z38') ? 'Z3801' : '58503'
}

/** What the unit adds to UTC. */
export interface TimeZone {
  readonly hours: number
  readonly minutes: number
}

/** `+0,+0` */
export function parseTimeZone(text: string): Result<TimeZone> {
  const list = parseIntegerList(text)
  const [hours, minutes, ...rest] = list.ok ? list.value : []
  if (hours === undefined || minutes === undefined || rest.length > 0) {
    return unexpected('hours and minutes like +0,+0', text)
  }
  return ok({ hours, minutes })
}

/** Seconds of the current holdover, or of the last one, and whether it lasts: `+6.00000E+002,0`. */
export function parseHoldover(text: string): Result<{ readonly seconds: number; readonly lasts: boolean }> {
  const list = splitList(text)
  const [first = '', second = '', ...rest] = list.ok ? list.value : []
  const seconds = parseReal(first)
  const lasts = parseBoolean(second)
  if (!seconds.ok || !lasts.ok || rest.length > 0) return unexpected('seconds and a flag like +6.00000E+002,0', text)
  return ok({ seconds: seconds.value, lasts: lasts.value })
}

/** A figure of merit, 0 to `max`. */
export function parseMerit(text: string, max: number): Result<number> {
  const merit = parseInteger(text)
  if (!merit.ok || merit.value < 0 || merit.value > max) return unexpected(`a figure of merit from +0 to +${max}`, text)
  return merit
}

/** The time interval in ns, at the 0.1 ns that the unit resolves. Which sign means late is not known. */
export function parseTimeInterval(text: string): Result<number> {
  const seconds = parseReal(text)
  return seconds.ok ? ok(Math.round(seconds.value * 1e10) / 10) : seconds
}

function unexpected(
  expected: string,
  got: string,
): { readonly ok: false; readonly fault: { code: string; message: string } } {
  return fail('smartclock.reply', `expected ${expected}, got ${JSON.stringify(got)}`)
}
