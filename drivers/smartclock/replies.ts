import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorCode } from '../scpi/error-queue.ts'
import { matchesHeader } from '../scpi/header.ts'
import { screenOf } from './emulated-screen.ts'
import { obeyOrder } from './orders.ts'
import type { Panel } from './panel.ts'
import { boolean, integer, interval, real } from './reply-format.ts'
import { holds, SCALAR_REPLIES } from './scalar-replies.ts'

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
const MISSING_PARAMETER: ErrorCode = -109
const OUT_OF_RANGE: ErrorCode = -222

const LOG_READ_HEADER = 'DIAGnostic:LOG:READ?'

const REPLIES: readonly (readonly [pattern: string, reply: (panel: Panel, now: MonoNs) => string | ErrorCode])[] = [
  ['*IDN?', (panel) => IDENTITIES[panel.model]],
  ['*ESE?', () => '+0'],
  ['*SRE?', () => '+136'],
  ['SYSTem:ERRor?', (panel) => errorReply(panel)],
  ['[SOURce:]PTIMe:TZONe?', (panel) => `${integer(panel.zoneHours())},+0`],
  ['[SOURce:]PTIMe:LEAPsecond:ACCumulated?', (panel, now) => leapReply(panel, now)],
  ['[SOURce:]PTIMe:TINTerval?', (panel) => intervalReply(panel)],
  ['[SOURce:]SYNChronization:TINTerval?', (panel) => intervalReply(panel)],
  ['[SOURce:]SYNChronization:STATe?', (panel) => panel.syncState()],
  ['[SOURce:]SYNChronization:TFOMerit?', (panel, now) => integer(panel.tfom(now))],
  ['[SOURce:]SYNChronization:FFOMerit?', (panel, now) => integer(panel.ffom(now))],
  ['[SOURce:]SYNChronization:HOLDover:DURation?', (panel, now) => holdoverReply(panel, now)],
  ['SYSTem:STATus?', (panel, now) => screenOf(panel, now).join('\r\n')],
  ['SYSTem:STATus:LENGth?', (panel, now) => integer(screenOf(panel, now).length)],
  ['DIAGnostic:LOG:READ:ALL?', (panel) => panel.log.listing().join('\r\n')],
  ...SCALAR_REPLIES,
]

/** The lines that answer `command`, or the error that refuses it; undefined for an empty command and an order obeyed. */
export function replyTo(panel: Panel, command: string, now: MonoNs): string | ErrorCode | undefined {
  const { header, parameters } = partsOf(command)
  if (header === '') return undefined
  const order = obeyOrder(panel, header, parameters, now)
  if (order !== undefined) return order === 'obeyed' ? undefined : order
  if (matchesHeader(LOG_READ_HEADER, header)) return logReply(panel, parameters)
  const known = REPLIES.find(([pattern]) => matchesHeader(pattern, header))
  if (known === undefined) return UNDEFINED_HEADER
  return parameters === '' ? known[1](panel, now) : PARAMETER_NOT_ALLOWED
}

/** Whether the unit composes its answer for a while before it sends it. */
export function asksForScreen(command: string): boolean {
  return matchesHeader('SYSTem:STATus?', partsOf(command).header)
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
  return `${real(panel.holdoverSeconds(now))},${boolean(holds(panel))}`
}

function logReply({ log }: Panel, parameters: string): string | ErrorCode {
  if (parameters === '') return MISSING_PARAMETER
  return /^\+?\d{1,4}$/.test(parameters) ? (log.entry(Number(parameters)) ?? OUT_OF_RANGE) : OUT_OF_RANGE
}
