import { accuracyCode } from '../../drivers/ptp/clock-quality.ts'
import { FLAGS } from '../../drivers/ptp/header.ts'
import type { CertifiedLeap } from '../consensus/outcome.ts'
import { NS_PER_SECOND, type TaiNs } from '../core/time.ts'
import type { ClockMode } from '../fusion/mode.ts'
import { MODE_LIMITS } from '../fusion/mode.ts'
import type { ServedReading } from '../fusion/served-clock.ts'
import type { SourceClass } from '../fusion/source-class.ts'
import type { WantedSettings } from '../output/ptp4l-keeper.ts'
import type { ClockScale } from './ptp4l-clock.ts'

/** How good the announced time is, best first. */
export const GRADES = ['locked', 'holdover', 'degraded', 'none'] as const
export type AnnouncedGrade = (typeof GRADES)[number]

/** What is announced about the quality of the clock that ptp4l serves. */
export interface AnnouncedQuality {
  readonly grade: AnnouncedGrade
  readonly clockAccuracy: number
}

export interface QualityInput {
  readonly mode: ClockMode
  readonly served: Pick<ServedReading, 'origin' | 'flags'> | undefined
  /** How far the clock that ptp4l serves may be from the true time; undefined while it cannot be said. */
  readonly promisedNs: bigint | undefined
  /** Undefined: it counts neither TAI nor UTC. */
  readonly scale: ClockScale | undefined
}

/** No claim at all (IEEE 1588-2019, table 5). */
const ACCURACY_UNKNOWN = 0xfe
export const NO_QUALITY: AnnouncedQuality = { grade: 'none', clockAccuracy: ACCURACY_UNKNOWN }

/**
 * By the mode, and never better than what is served allows: what nobody certifies is degraded and claims no accuracy,
 * and so is a clock that is not kept near the served time.
 */
export function qualityOf({ mode, served, promisedNs, scale }: QualityInput): AnnouncedQuality {
  if (served === undefined || promisedNs === undefined || scale === undefined) return NO_QUALITY
  if (served.origin !== 'certified') return worse(gradeOf(mode), 'degraded', ACCURACY_UNKNOWN)
  const clockAccuracy = accuracyCode(promisedNs)
  if (promisedNs > MODE_LIMITS.unlockNs) return worse(gradeOf(mode), 'degraded', clockAccuracy)
  // The time is certified, and yet it is not the own reference that it comes from.
  if (served.flags.length > 0) return worse(gradeOf(mode), 'holdover', clockAccuracy)
  return { grade: gradeOf(mode), clockAccuracy }
}

function worse(own: AnnouncedGrade, atBest: AnnouncedGrade, clockAccuracy: number): AnnouncedQuality {
  return { grade: GRADES.indexOf(own) > GRADES.indexOf(atBest) ? own : atBest, clockAccuracy }
}

function gradeOf(mode: ClockMode): AnnouncedGrade {
  switch (mode) {
    case 'locked':
      return 'locked'
    case 'holdover':
      return 'holdover'
    case 'free-running':
      return 'degraded'
    case 'acquiring':
      return 'none'
  }
}

/** IEEE 1588-2019, table 4; the second of each for a time scale that is not PTP's. */
const CLOCK_CLASSES: Readonly<Record<AnnouncedGrade, readonly [tai: number, utc: number]>> = {
  locked: [6, 13],
  holdover: [7, 14],
  degraded: [52, 58],
  none: [248, 248],
}

/** IEEE 1588-2019, table 6. */
const TIME_SOURCES: Readonly<Record<SourceClass, number>> = {
  caesium: 0x10,
  rubidium: 0x10,
  gpsdo: 0x20,
  gnss: 0x20,
  ptp: 0x40,
  serial: 0x39,
}
const INTERNAL_OSCILLATOR = 0xa0

export interface SettingsInput {
  readonly quality: AnnouncedQuality
  readonly scale: ClockScale | undefined
  /** The class of the source that carries the clock with the greatest weight. */
  readonly carriedBy: SourceClass | undefined
  readonly leap: CertifiedLeap | undefined
  /** The served time; undefined: there is none. */
  readonly taiNs: TaiNs | undefined
}

/**
 * All that a grandmaster announces. A clock on UTC is announced as what it is, of the arbitrary time scale: nothing that is
 * said of UTC then means anything, and is not said.
 */
export function settingsOf({ quality, scale, carriedBy, leap, taiNs }: SettingsInput): WantedSettings {
  const { grade, clockAccuracy } = quality
  const isPtp = scale === 'tai'
  const isTraceable = grade === 'locked' || grade === 'holdover'
  const utc = taiNs === undefined ? undefined : utcAt(leap, taiNs)
  return {
    clockClass: CLOCK_CLASSES[grade][isPtp ? 0 : 1],
    clockAccuracy,
    currentUtcOffset: utc?.taiMinusUtcSeconds,
    flags:
      (isPtp ? FLAGS.ptpTimescale : 0) |
      (isTraceable ? FLAGS.timeTraceable | FLAGS.frequencyTraceable : 0) |
      (isPtp && utc?.resolved === true ? FLAGS.utcOffsetValid | utc.leapFlag : 0),
    timeSource: grade === 'locked' && carriedBy !== undefined ? TIME_SOURCES[carriedBy] : INTERNAL_OSCILLATOR,
  }
}

/** A leap second is told from so long before it until it is over (IEEE 1588-2019, 9.4). */
const LEAP_TOLD_NS = 12n * 3_600n * NS_PER_SECOND

/** What is certified of UTC, at an instant. */
export function utcAt(leap: CertifiedLeap | undefined, taiNs: TaiNs) {
  if (leap?.taiMinusUtcSeconds === undefined) return undefined
  const { taiMinusUtcSeconds: before, event, resolved } = leap
  if (event === undefined) return { taiMinusUtcSeconds: before, resolved, leapFlag: 0 }
  const { at, taiMinusUtcSeconds: after } = event
  if (taiNs >= at) return { taiMinusUtcSeconds: after, resolved, leapFlag: 0 }
  const change = taiNs >= at - LEAP_TOLD_NS ? after - before : 0
  return {
    taiMinusUtcSeconds: before,
    resolved,
    leapFlag: change === 1 ? FLAGS.leap61 : change === -1 ? FLAGS.leap59 : 0,
  }
}
