import type { SampleQuality } from '../../src/core/sample.ts'
import type { DriverStatus } from '../driver.ts'
import { dialectOf, type Identity, isSmartclock, type SyncState } from './protocol.ts'

/** What the unit has said so far; undefined for what it has not, or refuses to say. */
export interface Readings {
  identity: Identity | undefined
  /** `utc`: the unit adds nothing to UTC. Until that is known its labels are not believed. */
  zone: 'unknown' | 'utc' | 'other'
  state: SyncState | undefined
  tfom: number | undefined
  ffom: number | undefined
  timeIntervalNs: number | undefined
  holdoverSeconds: number | undefined
  taiMinusUtcSeconds: number | undefined
  /** Shown in the months when a leap second may come; outside them the flag has been seen to lie (NTP bug 1090). */
  leapAnnounced: '+' | '-' | undefined
  /** The unit's own word, in the last time code, that its time is invalid. */
  timeInvalid: boolean
  serviceRequested: boolean
  weekRollover: 'none' | 'reported' | 'repaired'
}

export function noReadings(): Readings {
  return {
    identity: undefined,
    zone: 'unknown',
    state: undefined,
    tfom: undefined,
    ffom: undefined,
    timeIntervalNs: undefined,
    holdoverSeconds: undefined,
    taiMinusUtcSeconds: undefined,
    leapAnnounced: undefined,
    timeInvalid: false,
    serviceRequested: false,
    weekRollover: 'none',
  }
}

const QUALITY_BY_STATE: Readonly<Record<SyncState, SampleQuality>> = {
  LOCK: 'locked',
  HOLD: 'holdover',
  REC: 'holdover',
  POW: 'unlocked',
  OFF: 'unlocked',
  DIAG: 'unlocked',
}

/** FFOM 0 and 1: the loop is closed. 2: open, in holdover. 3: open, do not use the output (Z3801A guide p. 3-14). */
const QUALITY_BY_FFOM: readonly SampleQuality[] = ['locked', 'locked', 'holdover', 'unlocked']

const WORST_FIRST: readonly SampleQuality[] = ['unlocked', 'holdover', 'locked']

/** The worse of what the state and the frequency figure of merit say: the two are not read at the same instant. */
export function qualityOf(readings: Readings): SampleQuality | 'unknown' {
  const said = [
    readings.state === undefined ? undefined : QUALITY_BY_STATE[readings.state],
    readings.ffom === undefined ? undefined : QUALITY_BY_FFOM[readings.ffom],
  ]
  return WORST_FIRST.find((quality) => said.includes(quality)) ?? 'unknown'
}

const DEPENDS_ON = { locked: 'sky', holdover: 'own', unlocked: 'unknown', unknown: 'unknown' } as const

const ALARM_BY_STATE: Readonly<Record<SyncState, string | undefined>> = {
  LOCK: undefined,
  HOLD: 'smartclock.holdover',
  REC: 'smartclock.recovery',
  POW: 'smartclock.powerup',
  OFF: 'smartclock.off',
  DIAG: 'smartclock.self-test',
}

/** In lock an undisturbed unit shows TFOM 3, an error of 100 ns to 1 µs. */
const TFOM_IN_LOCK_MAX = 3

export function statusOf(readings: Readings, silent: boolean): DriverStatus {
  const { identity, taiMinusUtcSeconds } = readings
  const quality = silent ? 'unknown' : qualityOf(readings)
  return {
    quality,
    dependsOn: DEPENDS_ON[quality],
    alarms: silent ? ['smartclock.silent'] : alarmsOf(readings),
    ...(identity === undefined ? {} : { identity: Object.values(identity).join(',') }),
    ...(taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds }),
    details: detailsOf(readings),
  }
}

function alarmsOf(readings: Readings): readonly string[] {
  const { identity, state, ffom, tfom, zone, weekRollover } = readings
  const reduced = (ffom ?? 0) > 0 || (tfom ?? 0) > TFOM_IN_LOCK_MAX
  return [
    state === undefined ? undefined : ALARM_BY_STATE[state],
    state === 'LOCK' && reduced ? 'smartclock.reduced-accuracy' : undefined,
    readings.timeInvalid ? 'smartclock.time-invalid' : undefined,
    zone === 'other' ? 'smartclock.time-zone' : undefined,
    weekRollover === 'reported' ? 'smartclock.week-rollover' : undefined,
    weekRollover === 'repaired' ? 'smartclock.week-rollover-repaired' : undefined,
    identity !== undefined && !isSmartclock(identity) ? 'smartclock.other-instrument' : undefined,
  ].filter((alarm) => alarm !== undefined)
}

function detailsOf(readings: Readings): DriverStatus['details'] {
  const { identity, state, tfom, ffom, timeIntervalNs, holdoverSeconds, leapAnnounced, serviceRequested } = readings
  const details = {
    model: identity?.model,
    serial: identity?.serial,
    firmware: identity?.firmware,
    dialect: identity === undefined ? undefined : dialectOf(identity),
    state,
    tfom,
    ffom,
    timeIntervalNs,
    holdoverSeconds,
    leapAnnounced,
    serviceRequested,
  }
  const known: [string, string | number | boolean][] = []
  for (const [name, value] of Object.entries(details)) if (value !== undefined) known.push([name, value])
  return Object.fromEntries(known)
}
