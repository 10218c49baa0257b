import type { LogEntry } from './event-log.ts'
import type { Identity, SyncState } from './protocol.ts'
import type { ScalarReadings } from './scalars.ts'
import type { StatusScreen } from './status-screen.ts'

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
  readonly scalars: ScalarReadings
  screen: StatusScreen | undefined
  /** The newest entry of the unit's log. */
  logEntry: LogEntry | undefined
  /** How often in a row a unit that calls itself locked has said that its receiver has nothing. */
  deafReadings: number
  /** What the configuration wants and the unit does not have although it was told. */
  antennaDelayRefused: { readonly wantedNs: number; readonly gotNs: number | undefined } | undefined
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
    scalars: {},
    screen: undefined,
    logEntry: undefined,
    deafReadings: 0,
    antennaDelayRefused: undefined,
  }
}

/** Three readings, ten seconds apart: a unit takes some seconds to leave lock by itself. */
export const DEAF_READINGS = 3
