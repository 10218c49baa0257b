import { type LeapTable, taiMinusUtcAt, taiToUtc, type UtcTime } from '../../src/core/leap.ts'
import type { Prng } from '../../src/core/prng.ts'
import { NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { shiftCalendar } from '../gnss/week-rollover.ts'
import type { EmulatedEpoch, EmulatedSatellite } from './emulated-epoch.ts'
import { MODELS } from './emulated-models.ts'
import type { TimeMode } from './emulated-settings.ts'
import type { EmulatorFault } from './emulator-faults.ts'
import { gpsSecondsOf, SECONDS_PER_WEEK, TAI_MINUS_GPS_SECONDS } from './epoch.ts'
import type { UbloxEmulatorOptions } from './options.ts'

/** What stands between the sky and what is told: everything that an emulated receiver makes of one second. */
export interface EmulatedMoment {
  /** The TAI second whose pulse has just been, by the sky. */
  readonly second: bigint
  /** The last power on, in seconds of the same count, and the begin of the time mode that is set. */
  readonly startedAt: bigint
  readonly modeSince: bigint
  readonly mode: TimeMode
  readonly grid: 'utc' | 'gps'
  /** By how much the next pulse will be late by its raster, ns. */
  readonly nextLateNs: number
  readonly faults: ReadonlySet<EmulatorFault>
}

/** Fewer leap seconds than there are: those of a firmware that is some years old. */
const LEAP_SECONDS_MISSING = 2
const ROLLOVER_SECONDS = 1024n * SECONDS_PER_WEEK
const ANNOUNCED_AHEAD = 3n
/** A survey's error shrinks with the root of its length. */
const SURVEY_BEGINS_MM = 20_000
const [ANTENNA_OK, ANTENNA_OPEN] = [2, 4]
const MOVED_DEGREES = 500 / 111_320

/** PRN, elevation and azimuth in degrees, C/N0 in dB-Hz under a clear sky. */
const SKY = [
  [2, 24, 310, 38],
  [8, 37, 282, 44],
  [10, 73, 11, 49],
  [18, 19, 128, 36],
  [23, 36, 68, 43],
  [24, 22, 60, 37],
  [27, 41, 236, 45],
  [28, 9, 165, 33],
  [32, 62, 186, 48],
] as const
const UNIFORM_CN0_DBHZ = 47

/** Whether it knows the time yet: its pulse begins with that. */
export function knowsTime({ coldStartSeconds }: UbloxEmulatorOptions, upSeconds: bigint): boolean {
  return upSeconds >= BigInt(coldStartSeconds)
}

export function epochOf(
  options: UbloxEmulatorOptions,
  table: LeapTable,
  moment: EmulatedMoment,
  prng: Prng,
): EmulatedEpoch {
  const { second, startedAt, faults } = moment
  const model = MODELS[options.model]
  const upSeconds = second - startedAt
  const known = knowsTime(options, upSeconds)
  const tai = taiNs(second * NS_PER_SECOND)
  const leapTold = upSeconds >= BigInt(options.leapKnownSeconds) && !faults.has('wrong-leap')
  const missing = leapTold ? 0 : LEAP_SECONDS_MISSING
  const leapSeconds = (taiMinusUtcAt(table, tai) ?? TAI_MINUS_GPS_SECONDS) - TAI_MINUS_GPS_SECONDS - missing
  const gpsSeconds = gpsSecondsOf(tai) - (faults.has('rollover') ? ROLLOVER_SECONDS : 0n)
  const lost = ['no-fix', 'jammed', 'antenna-open'].some((name) => faults.has(name as EmulatorFault))
  const fix = known && !lost
  const survey = surveyOf(moment, fix)
  const utc = utcOf(table, plus(tai, BigInt(missing) * NS_PER_SECOND), faults)
  return {
    model: options.model,
    gpsSeconds: known ? gpsSeconds : undefined,
    utc: known ? utc : undefined,
    fractionNs: Number(upSeconds % 1000n) * model.clockDriftNs,
    leapSeconds,
    leapKnown: known && (leapTold || faults.has('wrong-leap')),
    leapSource: leapTold ? model.leapSource : 0,
    leapEvent: leapTold ? leapEventAfter(table, second) : undefined,
    fix,
    timeOnly: survey.valid,
    upMs: Number(upSeconds) * 1000,
    pulse: known ? announcement(table, moment, leapSeconds, gpsSeconds) : undefined,
    survey,
    ...frontEnd(options, faults),
    satellites: SKY.map((row) => satellite(row, faults, lost, prng)),
    latitudeDegrees: 51.477_333 + (faults.has('antenna-moved') ? MOVED_DEGREES : 0),
    longitudeDegrees: 0,
    heightMetres: 91.7,
  }
}

/** Satellites announce a leap second some months ahead. */
const ANNOUNCED_SECONDS_MAX = 180n * 86_400n

function leapEventAfter(table: LeapTable, second: bigint): EmulatedEpoch['leapEvent'] {
  const [before, next] = table.entries.flatMap((entry, index, all) => {
    const at = entry.sinceUtcSecond + BigInt(entry.taiMinusUtcSeconds)
    return at > second && at - second <= ANNOUNCED_SECONDS_MAX ? [all[index - 1], entry] : []
  })
  if (before === undefined || next === undefined) return undefined
  const at = next.sinceUtcSecond + BigInt(next.taiMinusUtcSeconds)
  return { change: next.taiMinusUtcSeconds - before.taiMinusUtcSeconds, seconds: Number(at - second) }
}

function announcement(
  table: LeapTable,
  { second, grid, nextLateNs, faults }: EmulatedMoment,
  leapSeconds: number,
  gpsSeconds: bigint,
): EmulatedEpoch['pulse'] {
  const ahead = 1n + (faults.has('pulse-misnumbered') ? ANNOUNCED_AHEAD : 0n)
  const at = (it: bigint): number => taiMinusUtcAt(table, taiNs(it * NS_PER_SECOND)) ?? 0
  // The count of UTC stands still in an inserted second.
  const inserted = at(second + ahead) - at(second)
  const seconds = gpsSeconds + ahead - (grid === 'utc' ? BigInt(leapSeconds + inserted) : 0n)
  return { seconds, grid, quantizationErrorPs: -Math.round(1000 * nextLateNs) }
}

function surveyOf({ second, modeSince, mode }: EmulatedMoment, fix: boolean): EmulatedEpoch['survey'] {
  if (mode.mode !== 'survey' || !fix) {
    return { active: false, valid: mode.mode === 'fixed' && fix, seconds: 0, accuracyMm: 0 }
  }
  const seconds = Number(second - modeSince)
  const accuracyMm = SURVEY_BEGINS_MM / Math.sqrt(Math.max(seconds, 1))
  const valid = seconds >= mode.minSeconds && accuracyMm <= mode.accuracyMm
  return { active: !valid, valid, seconds, accuracyMm }
}

type FrontEnd = Pick<EmulatedEpoch, 'jamming' | 'spoofing' | 'continuousWave' | 'gain' | 'antenna'>

function frontEnd(options: UbloxEmulatorOptions, faults: ReadonlySet<EmulatorFault>): FrontEnd {
  const { gain } = MODELS[options.model]
  const disturbed = faults.has('jammed') || faults.has('interference')
  return {
    jamming: faults.has('jammed') ? 3 : 1,
    spoofing: faults.has('spoofed') ? 3 : 1,
    continuousWave: disturbed ? 190 : 12,
    gain: disturbed ? gain / 4 : gain,
    antenna: faults.has('antenna-open') ? ANTENNA_OPEN : ANTENNA_OK,
  }
}

/** Without a fix the antenna hears little: the carriers are 20 dB down, the weak ones gone. */
function satellite(
  [number, elevation, azimuth, clearDbHz]: (typeof SKY)[number],
  faults: ReadonlySet<EmulatorFault>,
  lost: boolean,
  prng: Prng,
): EmulatedSatellite {
  const wander = prng.nextBelow(3) - 1
  const heard = faults.has('uniform-signals') ? UNIFORM_CN0_DBHZ : clearDbHz + wander - (lost ? 20 : 0)
  return { number, elevation, azimuth, cn0DbHz: heard < 20 ? 0 : heard }
}

function utcOf(table: LeapTable, tai: TaiNs, faults: ReadonlySet<EmulatorFault>): UtcTime | undefined {
  const utc = taiToUtc(table, tai)
  if (!utc.ok) return undefined
  if (!faults.has('rollover')) return utc.value
  const early = shiftCalendar(table, utc.value, -1)
  return early.ok ? early.value : undefined
}
