import type { SampleQuality } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { DriverStatus } from '../driver.ts'
import {
  alarmsOfBits,
  DECODING_STATUS,
  DISCIPLINING_ACTIVITY,
  DISCIPLINING_MODE,
  hasBit,
  MINOR_BIT,
  RECEIVER_MODE,
} from './alarm-bits.ts'
import { describeIdentity, type Identity } from './identity.ts'
import type { NamedSecond } from './label-reader.ts'
import type { PrimaryTiming } from './primary-timing.ts'
import type { SurveySetting } from './settings.ts'
import type { SupplementalTiming } from './supplemental-timing.ts'

/** What the receiver has said so far; undefined for what it has not. */
export interface Readings {
  identity: Identity
  primary: Said<{ readonly timing: PrimaryTiming; readonly named: NamedSecond }> | undefined
  supplemental: Said<SupplementalTiming> | undefined
  survey: SurveySetting | undefined
  satellitesUsed: number | undefined
  /** It was in lock since it began to speak: its clock carries a time that was once right. */
  wasLocked: boolean
}

interface Said<T> {
  readonly value: T
  readonly at: MonoNs
}

export function noReadings(): Readings {
  return {
    identity: {},
    primary: undefined,
    supplemental: undefined,
    survey: undefined,
    satellitesUsed: undefined,
    wasLocked: false,
  }
}

/** Both timing packets come every second; older than that, what they said no longer holds. */
export const BELIEVED_NS = 3n * NS_PER_SECOND

/** 8F-AC byte 2 and byte 13 where they are not what they are in lock. */
const BY_DISCIPLINING_MODE: Readonly<Record<number, SampleQuality>> = {
  0: 'locked',
  2: 'holdover',
  3: 'holdover',
  4: 'holdover',
  5: 'holdover',
}
const BY_ACTIVITY: Readonly<Record<number, SampleQuality>> = { 0: 'locked', 5: 'holdover', 8: 'holdover' }
const DOING_FIXES: readonly number[] = [0, 187]
const WORST_FIRST: readonly SampleQuality[] = ['unlocked', 'holdover', 'locked']

export function noteSupplemental(readings: Readings, timing: SupplementalTiming, at: MonoNs): void {
  readings.supplemental = { value: timing, at }
  const said = lockOf(timing)
  if (said === 'locked') readings.wasLocked = true
  if (said === 'unlocked') readings.wasLocked = false
}

/**
 * The worst of what the receiver says of its oscillator, its fix, its alarms and its time. A pulse that goes on while
 * the receiver hears nothing is one in holdover, whatever the disciplining mode says.
 */
export function qualityOf(readings: Readings, now: MonoNs): SampleQuality | 'unknown' {
  const supplemental = recent(readings.supplemental, now)
  if (supplemental === undefined) return 'unknown'
  const primary = recent(readings.primary, now)
  if (primary?.timing.flags.timeNotSet === true || primary?.timing.flags.timeFromUser === true) return 'unlocked'
  const quality = lockOf(supplemental)
  return quality === 'holdover' && !readings.wasLocked ? 'unlocked' : quality
}

function lockOf(timing: SupplementalTiming): SampleQuality {
  const { criticalAlarms, minorAlarms, discipliningMode, discipliningActivity } = timing
  const minor = (bit: keyof typeof MINOR_BIT): boolean => hasBit(minorAlarms, MINOR_BIT[bit])
  const isUseless = minor('testMode') || minor('positionQuestionable') || minor('pulseNotGenerated')
  const isAlone =
    !DOING_FIXES.includes(timing.decodingStatus) ||
    minor('notTracking') ||
    minor('notDisciplining') ||
    timing.pulseIndication !== 0
  const said: readonly SampleQuality[] = [
    criticalAlarms !== 0 || isUseless ? 'unlocked' : 'locked',
    BY_DISCIPLINING_MODE[discipliningMode] ?? 'unlocked',
    BY_ACTIVITY[discipliningActivity] ?? 'unlocked',
    isAlone ? 'holdover' : 'locked',
  ]
  return WORST_FIRST.find((quality) => said.includes(quality)) ?? 'unlocked'
}

const DEPENDS_ON = { locked: 'sky', holdover: 'own', unlocked: 'unknown', unknown: 'unknown' } as const

export function statusOf(readings: Readings, now: MonoNs, silent: boolean): DriverStatus {
  const quality = silent ? 'unknown' : qualityOf(readings, now)
  const primary = recent(readings.primary, now)
  const alarms = silent
    ? new Map([['tsip.silent', 'No packet has come for longer than silenceSeconds.']])
    : alarmsOf(readings, quality, now)
  const identity = describeIdentity(readings.identity)
  const taiMinusUtcSeconds = primary?.named.taiMinusUtcSeconds
  const details: [string, string | number | boolean][] = []
  for (const [name, value] of Object.entries(detailsOf(readings, now))) {
    if (value !== undefined) details.push([name, value])
  }
  return {
    quality,
    dependsOn: DEPENDS_ON[quality],
    alarms: [...alarms.keys()],
    reasons: Object.fromEntries(alarms),
    ...(identity === undefined ? {} : { identity }),
    ...(taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds }),
    details: Object.fromEntries(details),
  }
}

function alarmsOf(readings: Readings, quality: SampleQuality | 'unknown', now: MonoNs): ReadonlyMap<string, string> {
  const supplemental = recent(readings.supplemental, now)
  const primary = recent(readings.primary, now)
  const alarms = new Map(alarmsOfBits(supplemental?.criticalAlarms ?? 0, supplemental?.minorAlarms ?? 0))
  const { timeNotSet = false, timeFromUser = false, noUtcInfo = false } = primary?.timing.flags ?? {}
  if (supplemental !== undefined && quality === 'holdover') alarms.set('tsip.holdover', lockReason(supplemental))
  if (supplemental !== undefined && quality === 'unlocked') alarms.set('tsip.not-locked', lockReason(supplemental))
  if (supplemental === undefined) alarms.set('tsip.no-status', 'No packet 8F-AC has come for three seconds.')
  if (primary === undefined) alarms.set('tsip.no-time', 'No packet 8F-AB has come for three seconds.')
  if (timeNotSet) alarms.set('tsip.time-not-set', 'Timing flag bit 2: the receiver does not know the time yet.')
  if (timeFromUser) alarms.set('tsip.time-from-user', 'Timing flag bit 4: a host has set the time.')
  if (noUtcInfo && !timeNotSet) {
    alarms.set('tsip.no-utc', 'Timing flag bit 3: the receiver does not know the difference to UTC yet.')
  }
  if (primary?.named.contradictsTable === true) {
    const reason = `The receiver says that GPS time is ${primary.timing.utcOffsetSeconds} s ahead of UTC, the leap table does not.`
    alarms.set('tsip.utc-offset', reason)
  }
  if (primary?.named.rollover === 'reported') {
    alarms.set('tsip.week-rollover', 'The date lies before floorDate: no label is believed.')
  }
  if (primary?.named.rollover === 'repaired') {
    alarms.set('tsip.week-rollover-repaired', 'The date lies before floorDate: 1024 weeks are added until it does not.')
  }
  return alarms
}

function lockReason(timing: SupplementalTiming): string {
  const { discipliningMode, discipliningActivity, decodingStatus, criticalAlarms, minorAlarms } = timing
  return `8F-AC: disciplining mode ${named(DISCIPLINING_MODE, discipliningMode)}, activity ${named(DISCIPLINING_ACTIVITY, discipliningActivity)}, decoding status ${named(DECODING_STATUS, decodingStatus)}, critical alarms 0x${criticalAlarms.toString(16)}, minor alarms 0x${minorAlarms.toString(16)}.`
}

function detailsOf(readings: Readings, now: MonoNs): Record<string, string | number | boolean | undefined> {
  const timing = recent(readings.supplemental, now)
  const primary = recent(readings.primary, now)
  return {
    hardwareCode: readings.identity.hardwareCode,
    timeScale: primary && (primary.timing.flags.utcTime ? 'UTC' : 'GPS'),
    pulseScale: primary && (primary.timing.flags.utcPulse ? 'UTC' : 'GPS'),
    gpsWeek: primary?.timing.week,
    receiverMode: timing && named(RECEIVER_MODE, timing.receiverMode),
    discipliningMode: timing && named(DISCIPLINING_MODE, timing.discipliningMode),
    discipliningActivity: timing && named(DISCIPLINING_ACTIVITY, timing.discipliningActivity),
    decodingStatus: timing && named(DECODING_STATUS, timing.decodingStatus),
    surveyPercent: timing?.surveyPercent,
    surveyFixes: readings.survey?.fixes,
    holdoverSeconds: timing?.holdoverSeconds,
    leapPending: timing && hasBit(timing.minorAlarms, MINOR_BIT.leapPending),
    pulseOffsetNs: timing && rounded(timing.pulseOffsetNs, 3),
    quantizationErrorNs: timing && rounded(timing.quantizationErrorNs, 3),
    clockOffsetPpb: timing && rounded(timing.clockOffsetPpb, 6),
    dacVolts: timing && rounded(timing.dacVolts, 6),
    temperatureCelsius: timing && rounded(timing.temperatureCelsius, 2),
    latitudeDegrees: timing && rounded((timing.latitudeRadians * 180) / Math.PI, 7),
    longitudeDegrees: timing && rounded((timing.longitudeRadians * 180) / Math.PI, 7),
    altitudeMetres: timing && rounded(timing.altitudeMetres, 2),
    satellitesUsed: readings.satellitesUsed,
  }
}

function named(names: Readonly<Record<number, string>>, value: number): string {
  return names[value] ?? `number ${value}`
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals
}

function recent<T>(said: Said<T> | undefined, now: MonoNs): T | undefined {
  return said !== undefined && between(said.at, now) <= BELIEVED_NS ? said.value : undefined
}
