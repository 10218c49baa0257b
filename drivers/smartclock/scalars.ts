import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import { parseBoolean, parseInteger, parseIntegerList, parseReal, splitList } from '../scpi/values.ts'

/** A scalar answers within a tenth of a second; three served well on real units. */
const REPLY_WITHIN_NS = 3_000_000_000n

const WAITS = ['NONE', 'GPS', 'LIM', 'HARD'] as const

/**
 * What is asked of the unit beside the essentials: one line each, none urgent. A unit refuses what it cannot say in its
 * state (-221, -230) and what its firmware does not know (-113); the schedule heeds both. The spellings are those of the
 * 58503 command tree, which recorded Z38 units answered too; as far as their firmware images have been compared
 * (smartclockmon, `docs/scpi/models.md`) the Z3801A's has the same nodes.
 */
export const SCALARS = {
  hardwareCondition: scalar(':STAT:OPER:HARD:COND?', /^\+\d{1,5}$/, 10, parseInteger),
  operationCondition: scalar(':STAT:OPER:COND?', /^\+\d{1,5}$/, 10, parseInteger),
  holdoverCondition: scalar(':STAT:OPER:HOLD:COND?', /^\+\d{1,5}$/, 60, parseInteger),
  powerupCondition: scalar(':STAT:OPER:POW:COND?', /^\+\d{1,5}$/, 60, parseInteger),
  holdoverWaitsFor: scalar(':SYNC:HOLD:WAIT?', /^[A-Z]+$/, 60, parseWaiting),
  holdoverPredictedNs: scalar(':SYNC:HOLD:TUNC:PRED?', /^\+[\d.]+E[+-]\d+,[01]$/, 60, parsePrediction),
  /** In holdover alone; refused otherwise. */
  holdoverPresentNs: scalar(':SYNC:HOLD:TUNC:PRES?', /^\+[\d.]+E[+-]\d+$/, 10, parseNanoseconds),
  holdoverThresholdSeconds: scalar(':SYNC:HOLD:DUR:THR?', /^\+\d+$/, 600, parseInteger),
  holdoverThresholdExceeded: scalar(':SYNC:HOLD:DUR:THR:EXC?', /^[01]$/, 60, parseBoolean),
  efcPercent: scalar(':DIAG:ROSC:EFC:REL?', /^[+-][\d.]+E[+-]\d+$/, 60, parseReal),
  gpsPulseValid: scalar(':GPS:REF:VAL?', /^[01]$/, 10, parseBoolean),
  satellitesTracked: scalar(':GPS:SAT:TRAC:COUN?', /^\+\d{1,2}$/, 10, parseInteger),
  satellitesPredicted: scalar(':GPS:SAT:VIS:PRED:COUN?', /^\+\d{1,2}$/, 60, parseInteger),
  positionHeld: scalar(':GPS:POS:HOLD:STAT?', /^[01]$/, 60, parseBoolean),
  /** Refused while no survey runs. */
  surveyPercent: scalar(':GPS:POS:SURV:PROG?', /^\+[\d.]+(E[+-]\d+)?$/, 60, parsePercent),
  antennaDelayNs: scalar(':GPS:REF:ADEL?', /^[+-][\d.]+E[+-]\d+$/, 600, parseNanoseconds),
  leapPending: scalar(':PTIM:LEAP:STAT?', /^[01]$/, 60, parseBoolean),
  /** These two while one is pending; refused otherwise. */
  leapDate: scalar(':PTIM:LEAP:DATE?', /^\+\d{4},\+\d{1,2},\+\d{1,2}$/, 3600, parseDate),
  leapMinuteSeconds: scalar(':PTIM:LEAP:DUR?', /^\+(59|60|61)$/, 3600, parseInteger),
  lampGpsLock: scalar(':LED:GPSL?', /^[01]$/, 60, parseBoolean),
  lampHoldover: scalar(':LED:HOLD?', /^[01]$/, 60, parseBoolean),
  lampAlarm: scalar(':LED:ALAR?', /^[01]$/, 60, parseBoolean),
  lifetimeCount: scalar(':DIAG:LIF:COUN?', /^\+\d{1,9}$/, 3600, parseInteger),
  logEntries: scalar(':DIAG:LOG:COUN?', /^\+\d{1,4}$/, 60, parseInteger),
} as const satisfies Record<string, Scalar<string | number | boolean>>

export type ScalarName = keyof typeof SCALARS
export const SCALAR_NAMES = Object.keys(SCALARS) as readonly ScalarName[]

/** What was answered, under the name of the question; absent for what is not known or was refused. */
export type ScalarReadings = {
  [Name in ScalarName]?: (typeof SCALARS)[Name] extends Scalar<infer T> ? T : never
}

interface Scalar<T> {
  readonly request: ScpiRequest
  readonly periodSeconds: bigint
  readonly parse: (text: string) => Result<T>
}

export function isScalar(name: string): name is ScalarName {
  return Object.hasOwn(SCALARS, name)
}

function scalar<T>(
  command: string,
  answer: RegExp,
  periodSeconds: number,
  parse: (text: string) => Result<T>,
): Scalar<T> {
  const accepts = (lines: readonly string[]): boolean => lines.length === 1 && answer.test(lines[0] ?? '')
  return { request: { command, replyWithinNs: REPLY_WITHIN_NS, accepts }, periodSeconds: BigInt(periodSeconds), parse }
}

/** What the unit waits for before it leaves holdover: a keyword, not a flag. */
function parseWaiting(text: string): Result<(typeof WAITS)[number]> {
  const word = WAITS.find((name) => name === text)
  return word === undefined ? unexpected(`one of ${WAITS.join(', ')}`, text) : ok(word)
}

/** `+4.320E-004,0`: seconds after a day, and whether a holdover is under way. The seconds have from one decimal to five. */
function parsePrediction(text: string): Result<number> {
  const list = splitList(text)
  const [seconds = '', flag = '', ...rest] = list.ok ? list.value : []
  const flagged = parseBoolean(flag)
  if (!flagged.ok || rest.length > 0) return unexpected('seconds and a flag like +4.320E-004,0', text)
  return parseNanoseconds(seconds)
}

/** Seconds, in ns to the tenth. */
function parseNanoseconds(text: string): Result<number> {
  const seconds = parseReal(text)
  return seconds.ok ? ok(Math.round(seconds.value * 1e10) / 10) : seconds
}

/** `+1.8`, and `+1.80000E+000` in case another firmware has it so. */
function parsePercent(text: string): Result<number> {
  const percent = parseReal(text)
  if (!percent.ok || percent.value < 0 || percent.value > 100) return unexpected('a percentage like +1.8', text)
  return percent
}

/** `+2016,+12,+31` */
function parseDate(text: string): Result<string> {
  const list = parseIntegerList(text)
  const [year, month, day, ...rest] = list.ok ? list.value : []
  if (year === undefined || month === undefined || day === undefined || rest.length > 0) {
    return unexpected('a date like +2016,+12,+31', text)
  }
  return ok([year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-'))
}

function unexpected(expected: string, got: string): Result<never> {
  return fail('smartclock.reply', `expected ${expected}, got ${JSON.stringify(got)}`)
}
