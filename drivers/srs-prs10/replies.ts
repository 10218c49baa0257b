import type { MonoNs } from '../../src/core/time.ts'
import type { Instrument } from './instrument.ts'
import { BIT } from './status-bits.ts'

/** What the terminal of an emulated unit is in. */
export interface Manner {
  readonly identity: string
  verbose: boolean
  /** Firmware that knows no DS, PT and AD. */
  readonly knowsFew: boolean
}

/** The AD readings of the first unit on glacier.lbl.gov's page, volts. */
const VOLTS: readonly number[] = [
  0.006, 2.322, 2.331, 0.495, 0.316, 2.396, 2.322, 1.435, 3.858, 2.633, 0.728, 0.958, 0.965, 0.981, 2.498, 0.006,
]

/**
 * The answer to a command, or undefined: it sets something, or is not understood, which only ST6 tells. The forms are
 * those that the page shows; what a setting answers is not known.
 */
export function replyTo(unit: Instrument, manner: Manner, command: string, now: MonoNs): string | undefined {
  const match = /^([A-Z]{2})(\d*)(\?)?\s*(-?\d+(?:,-?\d+)*)?$/.exec(command.trim().toUpperCase())
  const [, name = '', digits = '', asks, parameter] = match ?? []
  const value = Number(parameter ?? (digits === '' ? Number.NaN : digits))
  const reply = asks === '?' ? answer(unit, manner, name, digits, now) : undefined
  if (asks === undefined && set(unit, manner, name, value, now)) return undefined
  if (reply === undefined) {
    unit.latch([match === null || asks === '?' ? BIT.commandNotUnderstood : BIT.parameterNotAccepted])
    return undefined
  }
  return manner.verbose ? `${name} = ${reply}` : reply
}

function answer(unit: Instrument, manner: Manner, name: string, digits: string, now: MonoNs): string | undefined {
  if (manner.knowsFew && ['DS', 'PT', 'AD'].includes(name)) return undefined
  switch (name) {
    case 'ID':
      return manner.identity
    case 'SN':
      return manner.identity.replace(/^.*_/, '')
    case 'VB':
      return manner.verbose ? '1' : '0'
    case 'ST':
      return unit.takeStatus().join()
    case 'LO':
      return unit.isLocked() ? '1' : '0'
    case 'LM':
      return '1'
    case 'TT':
      return String(unit.takeTag(now))
    case 'SF':
      return String(unit.steering())
    case 'PL':
      return unit.follows() ? '1' : '0'
    case 'PT':
      return '8'
    case 'PF':
      return '2'
    case 'FC':
      return '2246,2048'
    case 'DS':
      return unit.isLocked() ? '3,850' : '120,0'
    case 'AD':
      return VOLTS[Number(digits)]?.toFixed(3)
    default:
      return undefined
  }
}

/** Whether it was a setting that the unit takes. */
function set(unit: Instrument, manner: Manner, name: string, value: number, now: MonoNs): boolean {
  if (name === 'VB' && (value === 0 || value === 1)) manner.verbose = value === 1
  else if (name === 'PL' && (value === 0 || value === 1)) unit.setFollows(value === 1, now)
  else if (name === 'SF' && Number.isInteger(value) && Math.abs(value) <= 2000) unit.setSteering(value, now)
  else return false
  return true
}
