import { assert } from '../../src/core/assert.ts'
import { type LeapTable, taiMinusUtcAt } from '../../src/core/leap.ts'
import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { MINOR_BIT } from './alarm-bits.ts'
import type { EmulatorFault } from './emulator-faults.ts'
import { gpsCalendar, gpsToTai, ROLLOVER_WEEKS, TAI_MINUS_GPS_SECONDS, taiToGps } from './gps-time.ts'
import { createLockSequence, type LockSequence, type Stage } from './lock-sequence.ts'
import type { Model } from './models.ts'
import type { TrimbleTsipEmulatorOptions } from './options.ts'
import type { PrimaryTiming } from './primary-timing.ts'
import { createPulseOutput, type Pulse, type PulseOutput } from './pulse-output.ts'
import type { BroadcastMask, SurveySetting } from './settings.ts'
import type { SupplementalTiming } from './supplemental-timing.ts'

/** An emulated receiver under power, without its serial line. */
export interface Receiver {
  readonly model: Model
  readonly sequence: LockSequence
  readonly pulses: PulseOutput
  readonly poweredAt: MonoNs
  /** What hosts may set; forgotten without power. */
  mask: BroadcastMask
  timeScaleBits: number
  survey: SurveySetting
  stuckSecond: bigint | undefined
}

export interface World {
  readonly options: TrimbleTsipEmulatorOptions
  readonly context: EmulatorContext
  readonly faults: ReadonlySet<EmulatorFault>
}

/** GPS announces a leap second about half a year ahead. */
const LEAP_ANNOUNCED_NS = 183n * 86_400n * NS_PER_SECOND
/** What a receiver counts from before it has heard the time: the week after the first rollover. */
const UNSET_WEEK = 1024
/** A place on the prime meridian: emulated antennas do not move. */
const LATITUDE_RADIANS = (51.4773 * Math.PI) / 180
const ALTITUDE_METRES = 91.7

const MODE_AND_ACTIVITY: Readonly<Record<Stage, readonly [number, number]>> = {
  cold: [1, 1],
  locking: [1, 2],
  locked: [0, 0],
  holdover: [2, 5],
  recovery: [4, 8],
}

export function powerUp(world: World, model: Model, prng: Prng, now: MonoNs): Receiver {
  return {
    model,
    sequence: createLockSequence(world.options, model.disciplined, now),
    pulses: createPulseOutput(world.options, model, prng, world.context, now),
    poweredAt: now,
    mask: { mask0: 0x0005, mask1: 0 },
    timeScaleBits: model.timeScaleBits,
    survey: { enabled: true, savesPosition: true, fixes: 2000, rest: model.surveyRest },
    stuckSecond: undefined,
  }
}

export function hasSatellites({ faults }: World): boolean {
  return !faults.has('no-satellites') && !faults.has('stale-lock')
}

/** Goes on to `now`; the pulse follows. */
export function advance(receiver: Receiver, world: World, now: MonoNs): void {
  const { sequence, pulses } = receiver
  while (sequence.advance(now, hasSatellites(world))) {
    const stage = sequence.stage()
    if (stage === 'holdover') pulses.hold(now)
    else if (stage === 'recovery') pulses.recover(world.options.recoverySeconds, now)
    else if (stage === 'locked') pulses.follow(now)
  }
}

/** 8F-AB for the pulse that begins TAI second `second`. */
export function primaryOf(receiver: Receiver, world: World, second: bigint, now: MonoNs): PrimaryTiming {
  const { faults, context } = world
  receiver.stuckSecond = faults.has('stuck-second') ? (receiver.stuckSecond ?? second) : undefined
  const tai = taiNs(((receiver.stuckSecond ?? second) + (faults.has('jump') ? 1n : 0n)) * NS_PER_SECOND)
  const fixAt = receiver.sequence.firstFixAt()
  const timeNotSet = fixAt === undefined || faults.has('time-not-set')
  const knowsUtc =
    !timeNotSet && !faults.has('no-utc') && Number(between(fixAt, now)) >= world.options.utcKnownSeconds * 1e9
  const short = faults.has('wrong-leap') ? 2 : 0
  const utcOffsetSeconds = knowsUtc ? gpsMinusUtc(context.leapTable, tai) - short : 0
  const { week, timeOfWeek } = timeNotSet
    ? { week: UNSET_WEEK, timeOfWeek: Number(between(receiver.poweredAt, now) / NS_PER_SECOND) % 604_800 }
    : taiToGps(tai)
  const shownWeek = faults.has('rollover') && !timeNotSet ? week - ROLLOVER_WEEKS : week
  const utcTime = knowsUtc && (receiver.timeScaleBits & 1) !== 0
  const calendar = gpsCalendar(gpsToTai(shownWeek, timeOfWeek), utcTime ? utcOffsetSeconds : 0)
  assert(calendar.ok, 'every second since 1980 has a date')
  return {
    timeOfWeek,
    week: shownWeek,
    utcOffsetSeconds,
    flags: {
      utcTime,
      utcPulse: (receiver.timeScaleBits & 2) !== 0,
      timeNotSet,
      noUtcInfo: !knowsUtc,
      timeFromUser: faults.has('test-mode'),
    },
    calendar: calendar.value,
  }
}

/** 8F-AC after `pulse`. */
export function supplementalOf(receiver: Receiver, world: World, pulse: Pulse): SupplementalTiming {
  const { sequence, model } = receiver
  const { faults } = world
  const stage = sequence.stage()
  const claimsLock = faults.has('stale-lock') && stage !== 'cold' && stage !== 'locking'
  const [discipliningMode, discipliningActivity] =
    MODE_AND_ACTIVITY[model.disciplined && !claimsLock ? stage : 'locked']
  const survey = surveyPercent(receiver, world, pulse.at)
  return {
    receiverMode: survey < 100 ? 4 : 7,
    discipliningMode,
    surveyPercent: survey,
    holdoverSeconds: model.disciplined && !claimsLock ? sequence.holdoverSeconds(pulse.at) : 0,
    criticalAlarms: faults.has('oscillator-rail') ? 0x10 : 0,
    minorAlarms: minorAlarms(receiver, world, pulse, survey < 100),
    decodingStatus: hasSatellites(world) ? (stage === 'cold' ? 1 : 0) : 8,
    discipliningActivity,
    pulseIndication: model.multiGnss && (stage === 'holdover' || stage === 'recovery') ? 1 : 0,
    pulseReference: 0,
    pulseOffsetNs: pulse.lateNs - pulse.quantizationNs,
    clockOffsetPpb: 0,
    dacValue: model.disciplined ? 0x8_6c37 : 0,
    dacVolts: model.disciplined ? 0.263_5 : 0,
    temperatureCelsius: 38.25,
    latitudeRadians: LATITUDE_RADIANS,
    longitudeRadians: 0,
    altitudeMetres: ALTITUDE_METRES,
    quantizationErrorNs: pulse.quantizationNs,
    reserved: 0,
  }
}

function minorAlarms(receiver: Receiver, world: World, pulse: Pulse, surveying: boolean): number {
  const { faults, context, options } = world
  const stage = receiver.sequence.stage()
  const isAlone = stage === 'cold' || stage === 'holdover'
  const steersNothing = receiver.model.disciplined && (isAlone || stage === 'locking')
  const claims = faults.has('stale-lock')
  const set: Readonly<Partial<Record<keyof typeof MINOR_BIT, boolean>>> = {
    antennaOpen: faults.has('no-satellites'),
    notTracking: isAlone && !claims,
    notDisciplining: steersNothing && !claims,
    survey: surveying && stage !== 'cold',
    noStoredPosition: !options.storedPosition && surveying,
    leapPending: isLeapAnnounced(context.leapTable, taiNs(pulse.second * NS_PER_SECOND)),
    testMode: faults.has('test-mode'),
    positionQuestionable: faults.has('antenna-moved'),
    pulseNotGenerated: faults.has('no-pulse-alarm'),
  }
  return Object.entries(MINOR_BIT).reduce(
    (sum, [name, bit]) => sum | (set[name as keyof typeof MINOR_BIT] === true ? 1 << bit : 0),
    0,
  )
}

function surveyPercent({ sequence }: Receiver, { options, faults }: World, now: MonoNs): number {
  if (faults.has('survey')) return 50
  if (options.storedPosition) return 100
  const fixAt = sequence.firstFixAt()
  if (fixAt === undefined) return 0
  return Math.min(100, Math.floor(Number(between(fixAt, now)) / 1e7 / options.surveySeconds))
}

/** In an inserted second a receiver already knows the new difference: it shows :59 for the second time (manual p. 79). */
function gpsMinusUtc(table: LeapTable, tai: TaiNs): number {
  const [now = TAI_MINUS_GPS_SECONDS, soon = now] = [0n, NS_PER_SECOND].map((ns) => taiMinusUtcAt(table, plus(tai, ns)))
  return Math.max(now, soon) - TAI_MINUS_GPS_SECONDS
}

function isLeapAnnounced(table: LeapTable, tai: TaiNs): boolean {
  return taiMinusUtcAt(table, tai) !== taiMinusUtcAt(table, plus(tai, LEAP_ANNOUNCED_NS))
}
