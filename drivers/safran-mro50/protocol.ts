import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * The mRO-50 as oscillatord's mRo50_oscillator.c speaks to it. An answer is hexadecimal digits and two line feeds; a
 * refusal begins with a question mark; what is written is answered by the two line feeds alone.
 */

/** 15 fields of four digits each. */
const MONITOR = /^[0-9A-Fa-f]{60}$/
const TEMPERATURE_AT = 52
const LOCK_AT = 56

export interface Monitor {
  /** Undefined when the two ways to read the flag differ. */
  readonly locked: boolean | undefined
  /** Of its electronics, °C; undefined when the sensor says nothing that could be one. */
  readonly temperatureC: number | undefined
}

/** The answer to `MONITOR1`. Fault `mro50.monitor`. */
export function parseMonitor(line: string): Result<Monitor> {
  if (!MONITOR.test(line)) {
    return fail('mro50.monitor', `expected 60 hexadecimal digits, got ${JSON.stringify(line.slice(0, 70))}`)
  }
  const raw = Number.parseInt(line.slice(TEMPERATURE_AT, TEMPERATURE_AT + 4), 16)
  return ok({ locked: lockFlag(line.charAt(LOCK_AT)), temperatureC: temperatureC(raw) })
}

/**
 * oscillatord takes bit 2 of the character's code; the digit's own bit 2 is what one would expect. They differ for C alone
 * (0x43), of which nobody knows which is right.
 */
function lockFlag(digit: string): boolean | undefined {
  const ofCode = (digit.charCodeAt(0) & 4) !== 0
  const ofDigit = (Number.parseInt(digit, 16) & 4) !== 0
  return ofCode === ofDigit ? ofDigit : undefined
}

const RAW_MAX = 4_095
const SERIES_OHM = 47_000
const BETA_K = 4_100
const R25_OHM = 100_000
const T25_K = 298.15
const ZERO_K = 273.14

/** A thermistor in a divider, by oscillatord's utils.c (its zero is at 273.14 K). */
export function temperatureC(raw: number): number | undefined {
  if (raw <= 0 || raw >= RAW_MAX) return undefined
  const share = raw / RAW_MAX
  const ohm = (SERIES_OHM * share) / (1 - share)
  const kelvin = (BETA_K * T25_K) / (T25_K * Math.log(ohm / R25_OHM) + BETA_K)
  const celsius = Math.round((kelvin - ZERO_K) * 100) / 100
  return celsius > -60 && celsius < 150 ? celsius : undefined
}

/** A setting: up to eight hexadecimal digits. */
export function parseSetting(line: string): number | undefined {
  return /^[0-9A-Fa-f]{1,8}$/.test(line) ? Number.parseInt(line, 16) : undefined
}

/** The fine control (PIL_cfield C): 0 to 4800, so the middle is 2400; one more is 3e-12 slower (disciplining-minipod). */
export const FINE_MAX = 4_800
const FINE_MIDDLE = 2_400
export const FINE_STEP_E15 = 3_000

export function fineOf(steeredE15: bigint): number {
  return FINE_MIDDLE - Math.round(Number(steeredE15) / FINE_STEP_E15)
}

export function steeredE15Of(fine: number): number {
  return (FINE_MIDDLE - fine) * FINE_STEP_E15
}

export const READ_FINE = 'MON_tpcb PIL_cfield C'

export function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}
