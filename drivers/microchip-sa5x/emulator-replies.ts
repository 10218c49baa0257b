import type { MonoNs } from '../../src/core/time.ts'
import type { EmulatedReference } from '../oscillator/emulated-reference.ts'
import { TUNING_LIMIT_E15 } from './parameters.ts'
import { checksum, twoHex } from './protocol.ts'

/** What the answers of an emulated unit are made from. */
export interface Panel {
  readonly reference: EmulatedReference
  readonly faults: ReadonlySet<string>
  answersSent: number
  lastSequence: string
}

const INVALID_COMMAND = 1
const INSUFFICIENT_ARGUMENTS = 2
const BAD_CHECKSUM = 3
const INVALID_PARAMETER = 100
const INVALID_ARGUMENT = 101
const READ_ONLY = 102

const COMMAND = /\{([A-Za-z?]+)(?:#([0-9A-Fa-f]{2}))?((?:,[^,|{}]*)*)(?:\|([0-9A-Fa-f]{2}))?\}$/

/** The answer to what has come up to a closing brace, line end included; undefined for what a backslash threw away. */
export function replyTo(panel: Panel, typed: string, now: MonoNs): string | undefined {
  if (!typed.endsWith('}')) return undefined
  const command = typed.slice(typed.lastIndexOf('{'))
  const [, name = '', sequence, rest = '', sum] = COMMAND.exec(command) ?? []
  if (name === '') return `[!${INVALID_COMMAND}]\r\n`
  const covered = command.slice(1, command.lastIndexOf('|'))
  if (sum !== undefined && Number.parseInt(sum, 16) !== checksum(covered)) return `[!${BAD_CHECKSUM}]\r\n`
  const said = answerTo(panel, name, rest.split(',').slice(1), now)
  const number = sequence === undefined ? '' : `#${numbered(panel, sequence)}`
  const body = typeof said === 'number' ? `${number}!${said}` : `${number}=${said}`
  return `[${body}${sum === undefined ? '' : `|${twoHex(checksum(body) ^ wrong(panel))}`}]\r\n`
}

function numbered(panel: Panel, sequence: string): string {
  const before = panel.lastSequence
  panel.lastSequence = sequence
  panel.answersSent += 1
  return panel.faults.has('wrong-sequence') && panel.answersSent % 3 === 0 ? before : sequence
}

function wrong(panel: Panel): number {
  return panel.faults.has('bad-checksum') && panel.answersSent % 3 === 0 ? 1 : 0
}

/** The value, or the number of an error. */
function answerTo(panel: Panel, name: string, parameters: readonly string[], now: MonoNs): string | number {
  const [parameter, value] = parameters
  if (name === 'device?') return 'sa5x'
  if (name === 'swrev?') return 'V1.1,0x5A000110'
  if (name === 'serial?') return '2107MA00042'
  if (name !== 'get' && name !== 'set') return INVALID_COMMAND
  if (parameter === undefined) return INSUFFICIENT_ARGUMENTS
  if (panel.faults.has('unknown-parameter') && ['LockProgress', 'AnalogTuningEnabled'].includes(parameter)) {
    return INVALID_PARAMETER
  }
  const present = parameterValue(panel, parameter, now)
  if (present === undefined) return INVALID_PARAMETER
  if (name === 'get') return present
  if (value === undefined) return INSUFFICIENT_ARGUMENTS
  return set(panel, parameter, value, now)
}

function parameterValue({ reference, faults }: Panel, parameter: string, now: MonoNs): string | undefined {
  const flag = (on: boolean): string => (on ? '1' : '0')
  const values: Readonly<Record<string, () => string>> = {
    Locked: () => flag(reference.isLocked(now)),
    LockProgress: () => String(Math.floor(reference.warmth(now) * 100)),
    Alarms: () => String(alarms(reference, faults)),
    Disciplining: () => flag(reference.isDisciplining()),
    DisciplineLocked: () => flag(reference.isDisciplineLocked()),
    PpsInDetected: () => flag(reference.hasPulseIn()),
    Phase: () => (reference.phaseNs(now) ?? 0).toFixed(3),
    LastCorrection: () => String(reference.lastCorrectionE15()),
    TauPps0: () => String(reference.tauSeconds()),
    Temperature: () => temperature(faults),
    DigitalTuning: () => String(reference.tuningE15()),
    AnalogTuningEnabled: () => '0',
  }
  return Object.hasOwn(values, parameter) ? values[parameter]?.() : undefined
}

function temperature(faults: ReadonlySet<string>): string {
  const milliC = faults.has('temperature') ? 84_250 : 46_125
  return faults.has('wrong-units') ? (milliC / 1_000).toFixed(3) : String(milliC)
}

function alarms(reference: EmulatedReference, faults: ReadonlySet<string>): number {
  const raised = (bit: number, on: boolean): number => (on ? 2 ** bit : 0)
  return (
    raised(1, faults.has('pll')) +
    raised(5, faults.has('cell-heater')) +
    raised(11, faults.has('unnamed-alarm')) +
    raised(16, faults.has('temperature')) +
    raised(17, reference.isDisciplining() && !reference.hasPulseIn()) +
    raised(18, faults.has('tuning-range'))
  )
}

function set({ reference }: Panel, parameter: string, value: string, now: MonoNs): string | number {
  if (!/^-?\d{1,10}$/.test(value)) return INVALID_ARGUMENT
  const number = Number(value)
  switch (parameter) {
    case 'DigitalTuning':
      if (Math.abs(number) > Number(TUNING_LIMIT_E15)) return INVALID_ARGUMENT
      reference.tune(number, now)
      return value
    case 'Disciplining':
      if (number !== 0 && number !== 1) return INVALID_ARGUMENT
      reference.setDisciplining(number === 1)
      return value
    case 'TauPps0':
      if (number < 10 || number > 10_000) return INVALID_ARGUMENT
      reference.setTauSeconds(number)
      return value
    default:
      return READ_ONLY
  }
}
