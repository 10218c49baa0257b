import { fail, ok, type Result } from '../../src/core/fault.ts'
import { parseSatelliteTable, type SatelliteTable } from './satellite-table.ts'
import { type Acquisition, type Position, parseAcquisition, parsePosition } from './screen-acquisition.ts'
import { parseQuantityNs } from './screen-quantity.ts'

/**
 * What the screen of `:SYST:STAT?` says. Everything is found by its label or by the header above it, never by a fixed
 * column: firmwares differ in widths, and the screens in the 58503A and 58503B guides are set narrower than a unit sends
 * them. Absent or `--` is undefined. Source: recorded screens of a 58503A and two Z3805A, the format strings of their
 * firmware, the guides 097-59551-02 and 097-58503-13.
 */
export interface StatusScreen extends Acquisition, Position, SatelliteTable {
  /** `Outputs Valid`, `Outputs Valid/Reduced Accuracy`, `Outputs Invalid`. */
  readonly outputs: string
  readonly mode: ScreenMode
  /** What stands behind the mode: `to GPS: stabilizing frequency`, `manually initiated`, `fine freq adj`. */
  readonly modeDetail: string | undefined
  /** The reading of one second that some modes show: `[TI   -500 ps]`. */
  readonly modeIntervalNs: number | undefined
  readonly tfom: number | undefined
  readonly ffom: number | undefined
  readonly timeIntervalNs: number | undefined
  readonly holdoverThresholdNs: number | undefined
  readonly holdoverPredictedNs: number | undefined
  readonly holdoverPresentNs: number | undefined
  readonly holdoverSeconds: number | undefined
  /** `GPS 1PPS Valid`. */
  readonly acquisition: string
  readonly elevationMaskDegrees: number | undefined
  /** `OK` or `ERROR`, and each of the six tests: `OK` or `Err`. */
  readonly health: string
  readonly tests: Readonly<Record<string, 'OK' | 'Err'>>
}

export type ScreenMode = (typeof MODES)[number]
const MODES = ['Locked', 'Recovery', 'Holdover', 'Power-up'] as const

/** Recorded screens have 23 to 27 lines, and the firmware makes none of more than 79 columns. */
const LINES_MAX = 60

/** Fault: `smartclock.screen`. */
export function parseStatusScreen(lines: readonly string[]): Result<StatusScreen> {
  if (lines.length > LINES_MAX) return unexpected(`at most ${LINES_MAX} lines`, `${lines.length}`)
  const synchronization = bannerAt(lines, 'SYNCHRONIZATION')
  const acquisition = bannerAt(lines, 'ACQUISITION')
  const health = bannerAt(lines, 'HEALTH MONITOR')
  if (synchronization === undefined || acquisition === undefined || health === undefined) {
    return unexpected('SYNCHRONIZATION, ACQUISITION and HEALTH MONITOR with their states', shown(lines[0]))
  }
  const upper = lines.slice(synchronization.index + 1, acquisition.index)
  const middle = lines.slice(acquisition.index + 1, health.index)
  const marked = upper.find((line) => line.trimStart().startsWith('>>'))
  const mode = MODES.find((name) => new RegExp(`^\\s*>>\\s*${name}\\b`).test(marked ?? ''))
  if (marked === undefined || mode === undefined)
    return unexpected(`>> before one of ${MODES.join(', ')}`, shown(marked))
  return ok({
    outputs: synchronization.state,
    mode,
    ...modeDetailOf(marked, mode),
    ...parseOutputs(upper.join('\n')),
    acquisition: acquisition.state,
    ...parseSatelliteTable(middle),
    ...parseAcquisition(middle),
    ...parsePosition(middle),
    elevationMaskDegrees: numberAfter(middle.join('\n'), /ELEV MASK\s+(\d+) deg/),
    health: health.state,
    tests: testsOf(lines.slice(health.index + 1)),
  })
}

function bannerAt(
  lines: readonly string[],
  name: string,
): { readonly index: number; readonly state: string } | undefined {
  for (const [index, line] of lines.entries()) {
    const state = new RegExp(`^\\s*${name} ?\\.+ ?\\[ ?(.*?) ?\\]`).exec(line)?.[1]
    if (state !== undefined) return { index, state }
  }
  return undefined
}

/** Where the right half of the mode lines begins: two spaces and one of its labels. */
const RIGHT_HALF = /\s{2,}(?:TFOM|1PPS TI|HOLD THR|Holdr?over Uncertainty|Predict|Present)\b.*$/

function modeDetailOf(line: string, mode: ScreenMode): Pick<StatusScreen, 'modeDetail' | 'modeIntervalNs'> {
  const left = line.replace(RIGHT_HALF, '').replace(/^\s*>>\s*/, '')
  const interval = /\[TI\s+(.*?)\]/.exec(left)?.[1]
  const detail = left
    .slice(mode.length)
    .replace(/\[TI.*$/, '')
    .replace(/^[\s:]+/, '')
    .trim()
  return {
    modeDetail: detail === '' ? undefined : detail,
    modeIntervalNs: interval === undefined ? undefined : parseQuantityNs(interval),
  }
}

function parseOutputs(
  text: string,
): Pick<
  StatusScreen,
  | 'tfom'
  | 'ffom'
  | 'timeIntervalNs'
  | 'holdoverThresholdNs'
  | 'holdoverPredictedNs'
  | 'holdoverPresentNs'
  | 'holdoverSeconds'
> {
  return {
    tfom: numberAfter(text, /\bTFOM\s+(\d)/),
    ffom: numberAfter(text, /\bFFOM\s+(\d)/),
    // In a mode line the same letters name a reason: `1PPS TI exceeds hold threshold`.
    timeIntervalNs: quantityAfter(text, /\b1PPS TI\s+([+-]?[\d.]+ [munp]?s)\b/),
    holdoverThresholdNs: quantityAfter(text, /\bHOLD THR\s+([\d.]+ [munp]?s)\b/),
    holdoverPredictedNs: quantityAfter(text, /\bPredict\s+([\d.]+ [munp]?s)\b/),
    holdoverPresentNs: quantityAfter(text, /\bPresent\s+([\d.]+ [munp]?s)\b/),
    holdoverSeconds: durationAfter(text),
  }
}

/** `Holdover Duration:  1m 38s`; hours and days, which nobody has recorded, are taken in the same form. */
function durationAfter(text: string): number | undefined {
  const parts = /Holdover Duration:\s*((?:\d+\s*[dhms]\s*)+)/.exec(text)?.[1]
  if (parts === undefined) return undefined
  const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 }
  let seconds = 0
  for (const [, count, unit] of parts.matchAll(/(\d{1,6})\s*([dhms])/g)) {
    seconds += Number(count) * (secondsOf[unit ?? ''] ?? 0)
  }
  return seconds
}

function testsOf(lines: readonly string[]): StatusScreen['tests'] {
  const tests: Record<string, 'OK' | 'Err'> = {}
  for (const [, name, state] of lines.join('\n').matchAll(/([A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)?): +(OK|Err)\b/g)) {
    if (name !== undefined && (state === 'OK' || state === 'Err')) tests[name] = state
  }
  return tests
}

function numberAfter(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function quantityAfter(text: string, pattern: RegExp): number | undefined {
  const quantity = pattern.exec(text)?.[1]
  return quantity === undefined ? undefined : parseQuantityNs(quantity)
}

function shown(line: string | undefined): string {
  return line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 60))
}

function unexpected(expected: string, got: string): Result<never> {
  return fail('smartclock.screen', `expected ${expected}, got ${got}`)
}
