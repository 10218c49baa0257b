import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorCode } from '../scpi/error-queue.ts'
import { matchesHeader } from '../scpi/header.ts'
import type { UnitState } from './health.ts'
import type { Instrument } from './instrument.ts'

const UNDEFINED_HEADER: ErrorCode = -113
const PARAMETER_NOT_ALLOWED: ErrorCode = -108
const MISSING_PARAMETER: ErrorCode = -109
const ILLEGAL_PARAMETER: ErrorCode = -224
const OUT_OF_RANGE: ErrorCode = -222
const NOT_IN_REMOTE: ErrorCode = 201
const STEERING_MAX = 1e-9

type Reply = string | ErrorCode | undefined

/** Only the first was seen of a unit; the others are our words for the names of its states. */
const STATE_TEXTS: Readonly<Record<UnitState, string>> = {
  normal: 'Operating normally',
  warning: 'Warning condition',
  'warm-up': 'Warming up',
  'power-on': 'Power on',
  standby: 'Standby mode',
  fatal: 'Fatal error',
  unknown: 'Unknown',
}

type Query = (unit: Instrument, now: MonoNs) => string

/** Typical readings of a tube in the middle of its life, in the units of the manual: our own choice. */
const QUERIES: readonly (readonly [pattern: string, reply: Query])[] = [
  ['*IDN?', ({ options }) => `${options.maker},5071A,3249A01234,3416`],
  ['*ESE?', () => '+0'],
  ['SYSTem:REMote?', ({ remote }) => (remote ? '1' : '0')],
  ['[SOURce:]PTIMe:TIME?', timeReply],
  ['[SOURce:]PTIMe?', timeReply],
  ['[SOURce:]PTIMe:MJDate?', (unit, now) => integer(unit.clock(now).mjd)],
  ['[SOURce:]PTIMe:STANdby?', (unit) => (unit.state() === 'standby' ? '1' : '0')],
  ['[SOURce:]PTIMe:SYNChronization?', () => 'OFF'],
  ['[SOURce:]PTIMe:LEAPsecond:STATe?', (unit, now) => (unit.leap(now) === undefined ? '0' : '1')],
  ['[SOURce:]PTIMe:LEAPsecond:DURation?', (unit, now) => integer(unit.leap(now)?.minuteSeconds ?? 61)],
  ['[SOURce:]PTIMe:LEAPsecond:MJDate?', (unit, now) => integer(unit.leap(now)?.mjd ?? unit.clock(now).mjd)],
  ['DIAGnostic:STATus:GLOBal?', (unit) => `"${STATE_TEXTS[unit.state()]}"`],
  ['DIAGnostic:STATus:SUPPly?', ({ faults }) => (faults.has('on-battery') ? 'BATT' : 'AC')],
  ['DIAGnostic:CONTinuous:STATe?', (unit) => unit.continuous()],
  ['[SOURce:]ROSCillator:STEer?', (unit) => real(unit.steering() / 1e15)],
  ['[SOURce:]ROSCillator:CONTrol?', ({ faults }) => real(faults.has('oscillator-at-end') ? 99 : 4.73)],
  ['DIAGnostic:CURRent:BEAM?', (unit) => real(isBeamOn(unit) ? (unit.faults.has('beam-low') ? 1e-9 : 20.1e-9) : 0)],
  ['DIAGnostic:CURRent:PUMP?', ({ faults }) => real(faults.has('pump-high') ? 80e-6 : 0.3e-6)],
  ['DIAGnostic:CURRent:CFIeld?', () => real(12.17e-3)],
  ['DIAGnostic:GAIN?', () => real(0.144)],
  ['DIAGnostic:RFAMplitude?', () => `${real(0.221)},${real(0.219)}`],
  ['DIAGnostic:TEMPerature?', () => real(38.4)],
  ['DIAGnostic:VOLTage:COVen?', (unit) => real(isBeamOn(unit) ? 6.8 : 0)],
  ['DIAGnostic:VOLTage:EMULtiplier?', (unit) => real(isBeamOn(unit) ? 1553 : 0)],
  ['DIAGnostic:VOLTage:HWIonizer?', () => real(1.01)],
  ['DIAGnostic:VOLTage:MSPectrometer?', () => real(14.1)],
  ['DIAGnostic:VOLTage:ROSCillator?', () => real(-8.62)],
  ['DIAGnostic:VOLTage:SUPPly?', () => `${real(5.1)},${real(12.2)},${real(-12.3)}`],
]

/** Not known to every firmware. */
const LATER_QUERIES: typeof QUERIES = [
  ['DIAGnostic:VOLTage:PLLoop?', () => [5.2, 1.9, 1.2, 3].map(real).join()],
  ['DIAGnostic:CBTSerial?', () => '"3128A00123"'],
  ['DIAGnostic:LOG:COUNt?', ({ log }) => integer(log.length)],
]

/** The line that answers `command`, the error that refuses it, or undefined: taken, with nothing to say. */
export function replyTo(unit: Instrument, command: string, now: MonoNs): Reply {
  const [header = '', ...rest] = command.trim().split(/\s+/)
  const parameters = rest.join(' ')
  if (header === '') return undefined
  if (matchesHeader('SYSTem:ERRor?', header)) {
    const { code, text } = unit.errors.pop()
    return `${integer(code)},"${text}"`
  }
  if (matchesHeader('DIAGnostic:LOG?', header) && !unit.faults.has('few-queries')) return logReply(unit, parameters)
  const known = [...QUERIES, ...(unit.faults.has('few-queries') ? [] : LATER_QUERIES)]
  const query = known.find(([pattern]) => matchesHeader(pattern, header))
  if (query !== undefined) return parameters === '' ? query[1](unit, now) : PARAMETER_NOT_ALLOWED
  return obey(unit, header, parameters, now)
}

export function isDiagnostic(command: string): boolean {
  return /^:?diag/i.test(command.trim())
}

/** The two orders that it takes; of the others none is emulated, and none is ever sent by the driver. */
function obey(unit: Instrument, header: string, parameter: string, now: MonoNs): Reply {
  if (matchesHeader('SYSTem:REMote', header)) {
    if (!/^(?:ON|OFF|1|0)$/i.test(parameter)) return parameter === '' ? MISSING_PARAMETER : ILLEGAL_PARAMETER
    unit.remote = /^(?:ON|1)$/i.test(parameter) && unit.options.grantsRemote
    return undefined
  }
  if (!matchesHeader('[SOURce:]ROSCillator:STEer', header)) return UNDEFINED_HEADER
  const fraction = Number(parameter)
  if (parameter === '' || !Number.isFinite(fraction)) return parameter === '' ? MISSING_PARAMETER : ILLEGAL_PARAMETER
  if (!unit.remote) return NOT_IN_REMOTE
  if (Math.abs(fraction) > STEERING_MAX) return OUT_OF_RANGE
  unit.steer(Math.round(fraction * 1e18) / 1000, now)
  return undefined
}

function isBeamOn(unit: Instrument): boolean {
  return ['normal', 'warning'].includes(unit.state())
}

function timeReply(unit: Instrument, now: MonoNs): string {
  const { hour, minute, second } = unit.clock(now)
  return [hour, minute, second].map(integer).join()
}

function logReply({ log }: Instrument, parameter: string): Reply {
  const entry = parameter === '' ? log.length : Number(parameter)
  const text = log[entry - 1]
  return text === undefined ? OUT_OF_RANGE : `"Log ${String(entry).padStart(3, '0')}: ${text}"`
}

/** `+3` */
function integer(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value)}`
}

/** `+2.010E-008` */
function real(value: number): string {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential(3).split('e')
  const size = String(Math.abs(Number(exponent))).padStart(3, '0')
  return `${value < 0 ? '-' : '+'}${mantissa}E${exponent.startsWith('-') ? '-' : '+'}${size}`
}
