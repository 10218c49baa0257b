import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorCode, ErrorQueue } from '../scpi/error-queue.ts'
import { matchesHeader } from '../scpi/header.ts'
import type { SmartclockEmulatorOptions } from './options.ts'

/** What the replies of an emulated unit are made from. */
export interface Panel {
  readonly model: SmartclockEmulatorOptions['model']
  readonly errors: ErrorQueue
  /** Before the first lock the unit has no date, no time and no time interval. */
  hasTime(): boolean
  hasGps(): boolean
  syncState(): 'POW' | 'LOCK' | 'HOLD' | 'REC'
  tfom(now: MonoNs): number
  ffom(now: MonoNs): number
  /** Mean of ten readings, ns. */
  timeIntervalNs(): number | undefined
  holdoverSeconds(now: MonoNs): number
  /** GPS − UTC, s. */
  leapSeconds(now: MonoNs): number | undefined
  zoneHours(): number
}

/** Those of the 58503A and the Z3805A are of units that others recorded; the Z3801A's is made up in the same form. */
export const IDENTITIES: Readonly<Record<Panel['model'], string>> = {
  '58503A': 'HEWLETT-PACKARD,58503A,3710A01056,3704-C',
  Z3801A: 'HEWLETT-PACKARD,Z3801A,3506A00000,3543-A',
  Z3805A: 'HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A',
}

/** The time code is not here: it waits for the tick. */
const TIME_CODE_HEADER = '[SOURce:]PTIMe:TCODe?'

const UNDEFINED_HEADER: ErrorCode = -113
const PARAMETER_NOT_ALLOWED: ErrorCode = -108
const DATA_STALE: ErrorCode = -230

const REPLIES: readonly (readonly [pattern: string, reply: (panel: Panel, now: MonoNs) => string | ErrorCode])[] = [
  ['*IDN?', (panel) => IDENTITIES[panel.model]],
  ['*ESE?', () => '+0'],
  ['*SRE?', () => '+136'],
  ['SYSTem:ERRor?', (panel) => errorReply(panel)],
  ['[SOURce:]PTIMe:TZONe?', (panel) => `${integer(panel.zoneHours())},+0`],
  ['[SOURce:]PTIMe:LEAPsecond:ACCumulated?', (panel, now) => leapReply(panel, now)],
  ['[SOURce:]PTIMe:TINTerval?', (panel) => intervalReply(panel)],
  ['SYNChronization:TINTerval?', (panel) => intervalReply(panel)],
  ['SYNChronization:STATe?', (panel) => panel.syncState()],
  ['SYNChronization:TFOMerit?', (panel, now) => integer(panel.tfom(now))],
  ['SYNChronization:FFOMerit?', (panel, now) => integer(panel.ffom(now))],
  ['SYNChronization:HOLDover:DURation?', (panel, now) => holdoverReply(panel, now)],
  ['LED:GPSLock?', (panel) => (panel.syncState() === 'LOCK' ? '1' : '0')],
  ['LED:HOLDover?', (panel) => (['HOLD', 'REC'].includes(panel.syncState()) ? '1' : '0')],
]

/** The line that answers `command`, or the error that refuses it; undefined for an empty command. */
export function replyTo(panel: Panel, command: string, now: MonoNs): string | ErrorCode | undefined {
  const { header, parameters } = partsOf(command)
  if (header === '') return undefined
  const known = REPLIES.find(([pattern]) => matchesHeader(pattern, header))
  if (known === undefined) return UNDEFINED_HEADER
  return parameters === '' ? known[1](panel, now) : PARAMETER_NOT_ALLOWED
}

export function asksForTimeCode(command: string): boolean {
  const { header, parameters } = partsOf(command)
  return parameters === '' && matchesHeader(TIME_CODE_HEADER, header)
}

function partsOf(command: string): { readonly header: string; readonly parameters: string } {
  const [header = '', ...parameters] = command.trim().split(/\s+/)
  return { header, parameters: parameters.join(' ') }
}

function errorReply({ errors }: Panel): string {
  const { code, text } = errors.pop()
  return `${integer(code)},"${text}"`
}

function leapReply(panel: Panel, now: MonoNs): string | ErrorCode {
  const seconds = panel.leapSeconds(now)
  return panel.hasTime() && seconds !== undefined ? integer(seconds) : DATA_STALE
}

function intervalReply(panel: Panel): string | ErrorCode {
  const ns = panel.timeIntervalNs()
  return panel.hasTime() && panel.hasGps() && ns !== undefined ? interval(ns) : DATA_STALE
}

function holdoverReply(panel: Panel, now: MonoNs): string {
  const lasts = ['HOLD', 'REC'].includes(panel.syncState())
  return `${real(panel.holdoverSeconds(now))},${lasts ? 1 : 0}`
}

/** `+3` */
function integer(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value)}`
}

/** `+6.00000E+002`: five decimals, an exponent of three digits. */
export function real(value: number): string {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(5).split('e')
  return `${value < 0 ? '-' : '+'}${mantissa}E${threeDigits(Number(exponent))}`
}

/** `-5.4E-009`: seconds at a resolution of 0.1 ns, with no more decimals than it takes, but one. */
export function interval(ns: number): string {
  const tenths = Math.round(ns * 10)
  const digits = String(Math.abs(tenths))
  const decimals = digits.slice(1).replace(/0+$/, '').padEnd(1, '0')
  const exponent = tenths === 0 ? 0 : digits.length - 11
  return `${tenths < 0 ? '-' : '+'}${digits[0]}.${decimals}E${threeDigits(exponent)}`
}

function threeDigits(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(3, '0')}`
}
