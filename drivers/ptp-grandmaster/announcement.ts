import { type LeapTable, leapTableExpired, taiMinusUtcAt } from '../../src/core/leap.ts'
import type { SampleQuality } from '../../src/core/sample.ts'
import { NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import type { AnnounceBody } from '../ptp/announce.ts'
import { claimedAccuracyNs, meaningOfClass, meaningOfTimeSource } from '../ptp/clock-quality.ts'
import { FLAGS } from '../ptp/header.ts'

/** What a grandmaster said of itself last. */
export interface Announcement {
  readonly flags: number
  readonly body: AnnounceBody
}

/** What that is worth. */
export interface Judgement {
  readonly quality: SampleQuality
  readonly dependsOn: 'sky' | 'own' | 'unknown'
  /** How far its time may be from TAI, were the path known. */
  readonly accuracyNs: bigint
  /** Only where it says that its UTC offset is valid. */
  readonly taiMinusUtcSeconds: number | undefined
  /** What is wrong with it, a sentence by code. */
  readonly alarms: Readonly<Record<string, string>>
}

/** What is believed of a clock that does not say how accurate it is. */
const UNKNOWN_ACCURACY_NS = 1_000n
/** No clock that is reached over a network is believed to be better. */
const ACCURACY_NS_MIN = 25n
/** What each boundary clock between adds: the greatest time error of class A (ITU-T G.8273.2, 7.1). */
const BOUNDARY_CLOCK_NS = 100n
/** The offset may change so long before or after the leap second (IEEE 1588-2019, 9.4). */
const UTC_OFFSET_LATE_NS = 60n * NS_PER_SECOND

/** `tai`: about when, for the leap table; undefined before its time is known. */
export function judge({ flags, body }: Announcement, leapTable: LeapTable, tai: TaiNs | undefined): Judgement {
  const meaning = meaningOfClass(body.clockClass)
  const claimed = claimedAccuracyNs(body.clockAccuracy)
  const alarms: Record<string, string> = {}
  if (meaning.quality === 'unlocked') {
    alarms['ptp.clock-class'] =
      `expected a clock that has or had a reference, got class ${body.clockClass}: ${meaning.words}`
  }
  if ((flags & FLAGS.ptpTimescale) === 0) {
    alarms['ptp.timescale'] = 'expected the PTP timescale, which is TAI, got an arbitrary one'
  }
  if (claimed === 'unlimited') alarms['ptp.accuracy'] = 'expected an accuracy within 10 s, got more'
  if ((flags & FLAGS.synchronizationUncertain) !== 0) {
    alarms['ptp.uncertain'] = 'expected a clock that is sure of its accuracy, got one that says that it is not'
  }
  const quality = Object.keys(alarms).length > 0 ? 'unlocked' : meaning.quality
  const utcOffset = (flags & FLAGS.utcOffsetValid) === 0 ? undefined : body.currentUtcOffset
  const offsetProblem = problemOfUtcOffset(utcOffset, leapTable, tai)
  if (offsetProblem !== undefined) alarms['ptp.utc-offset'] = offsetProblem
  const { dependsOn } = meaningOfTimeSource(body.timeSource)
  const ownNs = typeof claimed === 'bigint' ? claimed : UNKNOWN_ACCURACY_NS
  return {
    quality,
    dependsOn: meaning.quality === 'locked' ? dependsOn : 'own',
    accuracyNs: (ownNs < ACCURACY_NS_MIN ? ACCURACY_NS_MIN : ownNs) + BigInt(body.stepsRemoved) * BOUNDARY_CLOCK_NS,
    taiMinusUtcSeconds: utcOffset,
    alarms,
  }
}

function problemOfUtcOffset(offset: number | undefined, table: LeapTable, tai: TaiNs | undefined): string | undefined {
  if (offset === undefined || tai === undefined || leapTableExpired(table, tai)) return undefined
  const around = [-UTC_OFFSET_LATE_NS, 0n, UTC_OFFSET_LATE_NS].map((byNs) => taiMinusUtcAt(table, plus(tai, byNs)))
  if (around.includes(offset) || around.includes(undefined)) return undefined
  return `expected TAI − UTC of ${around[1]} s by the leap table, got ${offset} s`
}

/** For people and for the page of the source. */
export function detailsOf({ flags, body }: Announcement): Readonly<Record<string, string | number | boolean>> {
  const has = (flag: number): boolean => (flags & flag) !== 0
  const claimed = claimedAccuracyNs(body.clockAccuracy)
  return {
    clockClass: body.clockClass,
    clockClassMeans: meaningOfClass(body.clockClass).words,
    clockAccuracyNs: typeof claimed === 'bigint' ? Number(claimed) : claimed,
    timeSource: meaningOfTimeSource(body.timeSource).words,
    stepsRemoved: body.stepsRemoved,
    timeTraceable: has(FLAGS.timeTraceable),
    frequencyTraceable: has(FLAGS.frequencyTraceable),
    leap: has(FLAGS.leap61) ? 'insert' : has(FLAGS.leap59) ? 'delete' : 'none',
  }
}
