import type { SampleQuality } from '../../src/core/sample.ts'
import type { DriverStatus } from '../driver.ts'
import type { ReceiverState, Synchronization } from './blocks.ts'
import { healthAlarms } from './health-bits.ts'
import type { Identity } from './protocol.ts'
import type { LoopReport } from './reports.ts'

/** What the instrument has said so far; undefined for what it has not, or refuses to say. */
export interface Readings {
  identity: Identity | undefined
  serial: string | undefined
  isLocked: boolean | undefined
  holdover: { readonly seconds: number; readonly lasts: boolean } | undefined
  health: number | undefined
  timeIntervalNs: number | undefined
  satellitesTracked: number | undefined
  satellitesVisible: number | undefined
  taiMinusUtcSeconds: number | undefined
  efcPercent: number | undefined
  synchronization: Synchronization | undefined
  receiver: ReceiverState | undefined
  /** The last word of `$PJLTS` or the servo trace. */
  report: LoopReport | undefined
  /** The validity in the last RMC, of an instrument that is only listened to. */
  rmcIsValid: boolean | undefined
  /** How often in a row an instrument that calls itself locked has told that it tracks nothing. */
  deafReadings: number
  isStuck: boolean
  isRolledOver: boolean
  sentencesDisagree: boolean
  sentences: number
  piecesDamaged: number
}

export function noReadings(): Readings {
  return {
    identity: undefined,
    serial: undefined,
    isLocked: undefined,
    holdover: undefined,
    health: undefined,
    timeIntervalNs: undefined,
    satellitesTracked: undefined,
    satellitesVisible: undefined,
    taiMinusUtcSeconds: undefined,
    efcPercent: undefined,
    synchronization: undefined,
    receiver: undefined,
    report: undefined,
    rmcIsValid: undefined,
    deafReadings: 0,
    isStuck: false,
    isRolledOver: false,
    sentencesDisagree: false,
    sentences: 0,
    piecesDamaged: 0,
  }
}

/** Three readings, ten seconds apart. */
const DEAF_READINGS = 3

const QUALITY_OF_LOCK = {
  'warm-up': 'unlocked',
  holdover: 'holdover',
  locking: 'unlocked',
  unnamed: 'unlocked',
  'holdover-in-phase': 'holdover',
  locked: 'locked',
} as const satisfies Record<LoopReport['lockState'], SampleQuality>

/**
 * Holdover goes before the lock: for 100 s after it has lost its receiver the loop still calls itself locked. So does a
 * receiver without satellites.
 */
export function qualityOf(readings: Readings): SampleQuality | 'unknown' {
  const { holdover, isLocked, report, rmcIsValid } = readings
  if (isLocked === undefined) {
    if (report !== undefined) return QUALITY_OF_LOCK[report.lockState]
    return rmcIsValid === undefined ? 'unknown' : rmcIsValid ? 'locked' : 'unlocked'
  }
  if (holdover?.lasts === true) return 'holdover'
  if (!isLocked) return 'unlocked'
  return isDeaf(readings) ? 'holdover' : 'locked'
}

function isDeaf({ deafReadings }: Readings): boolean {
  return deafReadings >= DEAF_READINGS
}

const DEPENDS_ON = { locked: 'sky', holdover: 'own', unlocked: 'unknown', unknown: 'unknown' } as const

export function statusOf(readings: Readings, silent: boolean): DriverStatus {
  const quality = silent ? 'unknown' : qualityOf(readings)
  const alarms: ReadonlyMap<string, string | undefined> = silent
    ? new Map([['jackson-labs.silent', undefined]])
    : alarmsOf(readings, quality)
  const reasons: Record<string, string> = {}
  for (const [code, reason] of alarms) if (reason !== undefined) reasons[code] = reason
  const { identity, serial, taiMinusUtcSeconds } = readings
  return {
    quality,
    dependsOn: DEPENDS_ON[quality],
    alarms: [...alarms.keys()],
    ...(Object.keys(reasons).length === 0 ? {} : { reasons }),
    ...(identity === undefined ? {} : { identity: [identity.model, identity.firmware, serial ?? ''].join(',') }),
    ...(taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds }),
    details: detailsOf(readings),
  }
}

function alarmsOf(readings: Readings, quality: SampleQuality | 'unknown'): ReadonlyMap<string, string | undefined> {
  const alarms = new Map<string, string | undefined>()
  if (isDeaf(readings)) alarms.set('jackson-labs.no-satellites', 'it calls itself locked and tracks no satellite')
  else if (quality === 'holdover') alarms.set('jackson-labs.holdover', reasonOfHoldover(readings))
  if (quality === 'unlocked') alarms.set('jackson-labs.unlocked', undefined)
  for (const [code, reason] of healthAlarms(readings.health ?? readings.report?.health ?? 0)) alarms.set(code, reason)
  if (readings.isStuck) alarms.set('jackson-labs.stuck', 'the second that it tells does not turn')
  if (readings.isRolledOver) alarms.set('jackson-labs.week-rollover', undefined)
  if (readings.sentencesDisagree) alarms.set('jackson-labs.disagree', 'its NMEA sentences tell another time')
  return alarms
}

function reasonOfHoldover({ synchronization, holdover }: Readings): string | undefined {
  if (synchronization?.holdoverState === 'MANUAL') return 'somebody has told it to hold over'
  return holdover === undefined ? undefined : 'its receiver gives no pulse'
}

function detailsOf(readings: Readings): DriverStatus['details'] {
  const { synchronization, receiver, report, health } = readings
  const values = {
    model: readings.identity?.model,
    firmware: readings.identity?.firmware,
    serial: readings.serial,
    locked: readings.isLocked,
    holdoverSeconds: readings.holdover?.seconds,
    healthStatus: health === undefined ? undefined : `0x${health.toString(16)}`,
    timeIntervalNs: readings.timeIntervalNs,
    satellitesTracked: readings.satellitesTracked,
    satellitesVisible: readings.satellitesVisible,
    efcPercent: readings.efcPercent,
    ...synchronization,
    antennaDelayNs: receiver?.antennaDelayNs,
    receiverHasFix: receiver?.hasFix,
    timingMode: receiver?.timingMode,
    surveyStatus: receiver?.surveyStatus,
    jammingLevel: receiver?.jammingLevel,
    loopState: report?.lockState,
    loopPhaseNs: report?.phaseNs,
    sentences: readings.sentences === 0 ? undefined : readings.sentences,
    piecesDamaged: readings.piecesDamaged === 0 ? undefined : readings.piecesDamaged,
  }
  const known: [string, string | number | boolean][] = []
  for (const [name, value] of Object.entries(values)) if (value !== undefined) known.push([name, value])
  return Object.fromEntries(known)
}
