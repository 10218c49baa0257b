import type { DriverStatus } from '../driver.ts'
import type { Latch } from './latch.ts'
import type { Identity } from './protocol.ts'
import { BIT, describeBit } from './status-bits.ts'

/** What the unit has said so far; undefined for what it has not. */
export interface Readings {
  readonly identity: Identity | undefined
  /** LO: whether the frequency lock loop is closed. */
  readonly lock: boolean | undefined
  /** PL: whether the unit is told to follow the pulse at its input. */
  readonly follows: boolean | undefined
  readonly statusKnown: boolean
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export const NO_READINGS: Readings = {
  identity: undefined,
  lock: undefined,
  follows: undefined,
  statusKnown: false,
  details: {},
}

/** Lamp too dark, synthesizer not locked, lock off or disabled, lamp restarted: its frequency is not that of rubidium. */
const NOT_RUBIDIUM: readonly number[] = [4, 8, BIT.lockControlOff, BIT.lockDisabled, 40]

export function statusOf(readings: Readings, latch: Latch, silent: boolean): DriverStatus {
  const quality = silent ? 'unknown' : qualityOf(readings, latch)
  const { alarms, reasons } = silent ? SILENT : alarmsOf(readings, latch)
  const { identity } = readings
  const steered = silent ? undefined : readings.details['steeringE15']
  const warm = silent ? undefined : readings.details['caseCelsius']
  const name = identity === undefined ? {} : { identity: `PRS10_${identity.firmware}_SN_${identity.serial}` }
  return {
    quality,
    dependsOn: quality === 'locked' ? (isFollowing(readings, latch) ? 'sky' : 'own') : 'unknown',
    alarms,
    ...(alarms.length === 0 ? {} : { reasons }),
    ...name,
    ...(typeof steered === 'number' ? { steeredE15: steered } : {}),
    ...(typeof warm === 'number' ? { celsius: warm } : {}),
    details: detailsOf(readings, latch),
  }
}

const SILENT = {
  alarms: ['prs10.silent'],
  reasons: { 'prs10.silent': 'no answer of a PRS10 for 10 s' },
} as const

function qualityOf({ lock, statusKnown }: Readings, latch: Latch): DriverStatus['quality'] {
  if (lock === undefined || !statusKnown) return 'unknown'
  return lock && !latch.present().some((bit) => NOT_RUBIDIUM.includes(bit)) ? 'locked' : 'unlocked'
}

function isFollowing({ follows }: Readings, latch: Latch): boolean {
  const present = latch.present()
  return follows === true && present.includes(BIT.following) && !present.includes(BIT.noInputPulse)
}

function alarmsOf({ lock, follows }: Readings, latch: Latch) {
  const reasons: Record<string, string> = {}
  if (lock === false) reasons['prs10.unlocked'] = 'the frequency lock loop is open (LO 0)'
  for (const bit of latch.held()) {
    const { alarm, text } = describeBit(bit)
    if (alarm === undefined || (alarm === 'input-pulse' && follows !== true)) continue
    const code = `prs10.${alarm}`
    const said = `${text} (ST${(bit >> 3) + 1} bit ${bit & 7})`
    reasons[code] = reasons[code] === undefined ? said : `${reasons[code]}, ${said}`
  }
  return { alarms: Object.keys(reasons).sort(), reasons }
}

function detailsOf(readings: Readings, latch: Latch): DriverStatus['details'] {
  const { identity, lock, follows, statusKnown, details } = readings
  return {
    ...(identity === undefined ? {} : { model: 'PRS10', serial: identity.serial, firmware: identity.firmware }),
    ...(lock === undefined ? {} : { lock }),
    ...(follows === undefined ? {} : { follows }),
    ...(statusKnown ? { following: isFollowing(readings, latch) } : {}),
    ...details,
  }
}
