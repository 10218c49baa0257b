import type { CivilDate } from '../../src/core/civil-date.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import { type SpectratimeState, STATES } from '../nmea/spectratime-ptnta.ts'
import type { TimeOfDay } from '../nmea/time-fields.ts'
import { parseLongDate, parseTimeOfDay } from '../nmea/time-fields.ts'
import { oneLineQuery } from '../scpi/one-line-query.ts'
import type { ScpiRequest } from '../scpi/session.ts'

/** A reply comes at once; `M` takes a quarter of a second at 1200 baud. */
const REPLY_WITHIN_NS = NS_PER_SECOND

/**
 * The questions that are asked, and how their answers read (Lady Heather, a public GPSDO program, and the command names of the
 * RbSource-1600 manual; a question mark stands for each character of a value that is only asked for). No recording of
 * the answers is at hand.
 */
export const QUERIES = {
  timeBefore: query('TD', /^\d{2}:\d{2}:\d{2}$/),
  date: query('DT', /^\d{4}-\d{2}-\d{2}$/),
  timeAfter: query('TD', /^\d{2}:\d{2}:\d{2}$/),
  state: query('ST', /^\d$/),
  monitor: query('M', /^[0-9A-F]{2}( [0-9A-F]{2}){7} ?$/i),
  tracking: query('TR?', /^[01]$/),
  synchronization: query('SY?', /^[01]$/),
  frequency: query('FC??????', /^[+-]\d{5}$/),
  saving: query('FS?', /^\d$/),
  delay: query('DE???????', /^[\d?]{7}$/),
  pulseWidth: query('PW?????????', /^\d{9}$/),
  alignment: query('RA????', /^[+-]\d{3}$/),
  serial: query('SN', /^\d{1,9}$/),
} as const satisfies Record<string, ScpiRequest>

export type QueryName = keyof typeof QUERIES

/** Its answer has letters in a row and no other has. */
export const IDENTITY: ScpiRequest = query('ID', /^(?=.*[A-Z]{3})[A-Za-z0-9 ./_+-]{4,40}$/)

function query(command: string, answer: RegExp): ScpiRequest {
  return oneLineQuery(command, answer, REPLY_WITHIN_NS)
}

/** `FC+00010`: a frequency correction in steps of 5.12e-13, answered with the value. */
export function setFrequency(steps: number): ScpiRequest {
  const value = `${steps < 0 ? '-' : '+'}${String(Math.abs(steps)).padStart(5, '0')}`
  return query(`FC${value}`, /^[+-]\d{5}$/)
}

/** `FC`: from −32767 to 32767 steps. */
export const FREQUENCY_STEPS_MAX = 32_767
export const STEERING_E15 = { stepE15: 512n, limitE15: 512n * BigInt(FREQUENCY_STEPS_MAX) } as const

/** `hh:mm:ss`. Fault `nmea.field`: none of the day. */
export function parseTime(text: string): Result<TimeOfDay | undefined> {
  return parseTimeOfDay(text.replaceAll(':', ''), 'TD')
}

/** `yyyy-mm-dd`. Fault `nmea.field`. */
export function parseDate(text: string): Result<CivilDate | undefined> {
  const [year = '', month = '', day = ''] = text.split('-')
  return parseLongDate(day, month, year, 'DT')
}

/** The digit of `ST`. Fault `spectratime.reply`. */
export function parseState(text: string): Result<SpectratimeState> {
  const state = /^\d$/.test(text) ? STATES[Number(text)] : undefined
  return state === undefined ? fail('spectratime.reply', `ST: expected 0 to 9, got "${text}"`) : ok(state)
}

/** What `M` measures, as Lady Heather reads its eight bytes, HH first. */
export interface Monitor {
  readonly controlInputV: number
  /** The signal of the rubidium line, and the light behind the cell. */
  readonly lineSignalV: number
  readonly photocellV: number
  readonly varactorV: number
  /** Of full current: the two heaters, CC and BB. */
  readonly heaterPercent: number
  readonly lampHeaterPercent: number
}

const FULL_SCALE_V = 5
const BYTE_MAX = 255
const MONITOR = /^[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){7}$/

/** `HH GG FF EE DD CC BB AA`, hexadecimal. Fault `spectratime.reply`. */
export function parseMonitor(text: string): Result<Monitor> {
  const bytes = MONITOR.test(text.trim()) ? [...Uint8Array.fromHex(text.trim().replaceAll(' ', ''))] : []
  const [hh, , ff, ee, dd, cc, bb] = bytes
  if (
    hh === undefined ||
    ff === undefined ||
    ee === undefined ||
    dd === undefined ||
    cc === undefined ||
    bb === undefined
  ) {
    return fail('spectratime.reply', `M: expected eight bytes in hexadecimal, got "${text.slice(0, 40)}"`)
  }
  return ok({
    controlInputV: volts(hh),
    lineSignalV: volts(ff),
    photocellV: volts(BYTE_MAX - ee),
    varactorV: volts(dd),
    heaterPercent: percent(BYTE_MAX - cc),
    lampHeaterPercent: percent(BYTE_MAX - bb),
  })
}

function volts(byte: number): number {
  return Math.round((1000 * FULL_SCALE_V * byte) / BYTE_MAX) / 1000
}

function percent(byte: number): number {
  return Math.round((1000 * byte) / BYTE_MAX) / 10
}
