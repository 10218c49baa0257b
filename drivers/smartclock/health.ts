import type { SampleQuality } from '../../src/core/sample.ts'
import type { DriverStatus } from '../driver.ts'
import { type Alarms, alarmsOf } from './alarms.ts'
import { detailsOf } from './details.ts'
import type { SyncState } from './protocol.ts'
import { DEAF_READINGS, type Readings } from './readings.ts'

const QUALITY_BY_STATE: Readonly<Record<SyncState, SampleQuality>> = {
  LOCK: 'locked',
  HOLD: 'holdover',
  WAIT: 'holdover',
  REC: 'holdover',
  POW: 'unlocked',
  OFF: 'unlocked',
  OTH: 'unlocked',
  DIAG: 'unlocked',
}

/** FFOM 0 and 1: the loop is closed. 2: open, in holdover. 3: open, do not use the output (Z3801A guide p. 3-14). */
const QUALITY_BY_FFOM: readonly SampleQuality[] = ['locked', 'locked', 'holdover', 'unlocked']

const WORST_FIRST: readonly SampleQuality[] = ['unlocked', 'holdover', 'locked']

/**
 * The worse of what the state and the frequency figure of merit say: the two are not read at the same instant. A unit
 * that calls itself locked while its receiver has nothing is in holdover, whatever it says.
 */
export function qualityOf(readings: Readings): SampleQuality | 'unknown' {
  const said = [
    readings.state === undefined ? undefined : QUALITY_BY_STATE[readings.state],
    readings.ffom === undefined ? undefined : QUALITY_BY_FFOM[readings.ffom],
    readings.deafReadings >= DEAF_READINGS ? 'holdover' : undefined,
  ]
  return WORST_FIRST.find((quality) => said.includes(quality)) ?? 'unknown'
}

const DEPENDS_ON = { locked: 'sky', holdover: 'own', unlocked: 'unknown', unknown: 'unknown' } as const

const SILENT: Alarms = new Map([['smartclock.silent', undefined]])

export function statusOf(readings: Readings, silent: boolean): DriverStatus {
  const { identity, taiMinusUtcSeconds } = readings
  const quality = silent ? 'unknown' : qualityOf(readings)
  const alarms = silent ? SILENT : alarmsOf(readings)
  const reasons: Record<string, string> = {}
  for (const [code, reason] of alarms) if (reason !== undefined) reasons[code] = reason
  return {
    quality,
    dependsOn: DEPENDS_ON[quality],
    alarms: [...alarms.keys()],
    ...(Object.keys(reasons).length === 0 ? {} : { reasons }),
    ...(identity === undefined ? {} : { identity: Object.values(identity).join(',') }),
    ...(taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds }),
    details: detailsOf(readings),
  }
}
