import { assert } from '../../src/core/assert.ts'
import { type Fault, ok, type Result } from '../../src/core/fault.ts'
import { abs } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, taiMinusUtcAt, taiToUtc, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { aheadOfUtcNs, readingToTai, type Timescale } from '../nmea/timescale.ts'
import { type Burst, createBurst } from './burst-clock.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** A date and time that its sentence calls valid. */
export interface LabelReading {
  /** What kind of sentence it is of: kinds are compared with each other. */
  readonly type: string
  /** The full address: a receiver may say the same in the name of several systems. */
  readonly address: string
  readonly reading: UtcTime
  readonly scale: Timescale
  /** With its decimals. */
  readonly taiNs: TaiNs
  readonly firstByteAt: MonoNs
}

export interface Judgement {
  /** The reading's instant, or where the configuration has it repaired, that of the later date. */
  readonly taiNs: TaiNs
  readonly faults: readonly Fault[]
}

export interface JudgeAlarm {
  readonly code: string
  readonly reason: string
}

/**
 * Looks for what an instrument cannot know about itself: a week counter that rolled over, a clock that stands still or
 * steps, sentences that contradict each other, a time scale that is not the declared one. A reading with a fault is not to
 * be believed.
 */
export interface LabelJudge {
  /** Every good sentence, for the bursts. To be told before `judge` of the same sentence. */
  note(firstByteAt: MonoNs, lastByteAt: MonoNs): void
  /** Faults: `nmea.week-rollover`, `nmea.stuck`, `nmea.time-step`, `nmea.disagree`, `nmea.timescale`. */
  judge(reading: LabelReading): Judgement
  /** Of the last seconds' faults, and `nmea.week-rollover-repaired`. */
  alarms(now: MonoNs): readonly JudgeAlarm[]
  /** While this holds, nobody knows which label is right, and none may be believed. */
  isInDoubt(now: MonoNs): boolean
  sameBurst(earlier: MonoNs, later: MonoNs): boolean
}

/** GPS counts weeks in ten bits: 1024 weeks, 7168 days. */
export const ROLLOVER_DAYS = 7168

/** A contradiction concerns the labels before and after it too: nobody knows which of the two is right. */
const ALARM_HOLD_NS = 3n * NS_PER_SECOND
/** Whether a clock was right before its step or is right after it, only time and other sources tell. */
const STEP_HOLD_NS = 30n * NS_PER_SECOND
/** Only sentences that came within so long are compared with each other. */
const COMPARED_NS = 2n * NS_PER_SECOND
/** Bursts of a receiver begin within a quarter of a second of each other after their pulses. */
const STEPPED_NS = 700n * NS_PER_MILLISECOND
/** Past that, the drift of the two clocks against each other is in it too. */
const PACE_COMPARED_NS = 600n * NS_PER_SECOND

const DOUBTS_ALL: readonly string[] = ['nmea.disagree', 'nmea.timescale', 'nmea.time-step']

interface Heard extends LabelReading {
  readonly inBurst: boolean
}

export function createLabelJudge(options: NmeaReceiverOptions, table: LeapTable): LabelJudge {
  const floorNs = options.floorDate === null ? undefined : midnight(table, options.floorDate)
  const alarms = new Map<string, { readonly until: MonoNs; readonly reason: string }>()
  /** By address: two formatters of 650 talkers at most, and the makers' own. */
  const lastOf = new Map<string, Heard>()
  const burst: Burst = createBurst()

  const raise = ({ code, message }: Fault, at: MonoNs): void => {
    const holdNs = code === 'nmea.time-step' ? STEP_HOLD_NS : ALARM_HOLD_NS
    alarms.set(code, { until: plus(at, holdNs), reason: message })
  }

  const contradictionOf = (reading: LabelReading): Fault | undefined => {
    for (const other of lastOf.values()) {
      if (other.type === reading.type || !contradicts(other, reading, burst)) continue
      return contradiction(other, reading, table)
    }
    return undefined
  }

  return {
    note: burst.note,
    sameBurst: burst.same,
    judge(said) {
      const rolled = floorNs === undefined || said.taiNs >= floorNs ? undefined : rollover(table, said, floorNs)
      const repairs = rolled !== undefined && options.weekRollover === 'repair'
      const heard: Heard = {
        ...said,
        ...(repairs ? { taiNs: rolled.taiNs, reading: rolled.reading } : {}),
        inBurst: burst.contains(said.firstByteAt),
      }
      const pace = paceFault(lastOf.get(said.address), heard)
      const contradicted = contradictionOf(heard)
      const faults = [repairs ? undefined : rolled?.fault, pace, contradicted].filter((fault) => fault !== undefined)
      // A clock that stands still is measured from where it stopped.
      if (pace?.code !== 'nmea.stuck') lastOf.set(said.address, heard)
      for (const fault of faults) raise(fault, said.firstByteAt)
      if (repairs) raise({ ...rolled.fault, code: 'nmea.week-rollover-repaired' }, said.firstByteAt)
      return { taiNs: heard.taiNs, faults }
    },
    alarms: (now) => [...alarms].flatMap(([code, { until, reason }]) => (now < until ? [{ code, reason }] : [])),
    isInDoubt: (now) => alarms.size > 0 && DOUBTS_ALL.some((code) => now < (alarms.get(code)?.until ?? now)),
  }
}

function paceFault(last: Heard | undefined, reading: Heard): Fault | undefined {
  if (last === undefined) return undefined
  const { address } = reading
  const advanceNs = reading.taiNs - last.taiNs
  const shown = formatUtc.bind(undefined, reading.reading)
  if (advanceNs === 0n) {
    return { code: 'nmea.stuck', message: `${address}: expected time to go on, got ${shown()} again` }
  }
  const elapsedNs = between(last.firstByteAt, reading.firstByteAt)
  if (elapsedNs > PACE_COMPARED_NS) return undefined
  // A recording is replayed faster than it was made: only bursts with a rest between them come at their own pace.
  const isPaced = last.inBurst && reading.inBurst
  if (advanceNs > 0n && !(isPaced && abs(advanceNs - elapsedNs) > STEPPED_NS)) return undefined
  const went = `${formatUtc(last.reading)} and ${elapsedNs / NS_PER_MILLISECOND} ms`
  return { code: 'nmea.time-step', message: `${address}: expected time to go on from ${went}, got ${shown()}` }
}

function contradicts(earlier: LabelReading, later: LabelReading, burst: Burst): boolean {
  if (earlier.taiNs === later.taiNs || between(earlier.firstByteAt, later.firstByteAt) > COMPARED_NS) return false
  if (later.taiNs < earlier.taiNs || isOtherDate(earlier, later)) return true
  return burst.same(earlier.firstByteAt, later.firstByteAt)
}

/** One time of day on two dates. */
function isOtherDate(a: LabelReading, b: LabelReading): boolean {
  if (a.scale !== b.scale || a.reading.second !== b.reading.second || a.reading.minute !== b.reading.minute)
    return false
  return a.reading.hour === b.reading.hour && a.reading.nanosecond === b.reading.nanosecond
}

/** Two readings that are as far apart as two time scales are not a clock gone wrong, but one that is declared wrong. */
function contradiction(other: LabelReading, reading: LabelReading, table: LeapTable): Fault {
  const apartNs = abs(reading.taiNs - other.taiNs)
  const taiMinusUtc = taiMinusUtcAt(table, other.taiNs) ?? 0
  const scale = (['gps', 'glonass'] as const).find((name) => aheadOfUtcNs(name, taiMinusUtc) === apartNs)
  const message = `${reading.address}: expected the time of ${formatUtc(other.reading)} as in ${other.address}, got ${formatUtc(reading.reading)}`
  if (scale === undefined) return { code: 'nmea.disagree', message }
  return { code: 'nmea.timescale', message: `${message}, which is as far off as ${scale} time is from UTC` }
}

/** The same time of day, as many rollovers later as bring it past the floor: for the reader, and where repairs are configured. */
function rollover(
  table: LeapTable,
  { address, reading, scale, taiNs }: LabelReading,
  floorNs: TaiNs,
): { readonly taiNs: TaiNs; readonly reading: UtcTime; readonly fault: Fault } {
  let repaired = reading
  let shifted = taiNs
  while (shifted < floorNs) {
    const later = shiftDays(table, repaired, ROLLOVER_DAYS)
    assert(later.ok, 'a date after a date of the leap table is in the leap table')
    repaired = later.value
    // A leap second exists on its own date only: one that came with a wrong date is told by the second before it.
    const tai = readingToTai({ ...repaired, second: Math.min(repaired.second, 59) }, scale, table)
    assert(tai.ok, 'a time of day but a leap second exists on every date')
    shifted = tai.value
  }
  const date = (time: UtcTime): string => formatUtc(time).slice(0, 'yyyy-mm-dd'.length)
  const message = `${address}: expected a date from the configured floorDate on, got ${date(reading)} (1024-week repair: ${date(repaired)})`
  return { taiNs: shifted, reading: repaired, fault: { code: 'nmea.week-rollover', message } }
}

/**
 * The same time of day, days later or earlier. By noon, so that leap seconds between the two do not matter. Fault: a
 * date that is none, or that comes to lie before the leap table.
 */
export function shiftDays(table: LeapTable, utc: UtcTime, days: number): Result<UtcTime> {
  const noon = utcToTai(table, { ...utc, hour: 12, minute: 0, second: 0, nanosecond: 0 })
  if (!noon.ok) return noon
  const shifted = taiToUtc(table, plus(noon.value, BigInt(days) * 86_400n * NS_PER_SECOND))
  if (!shifted.ok) return shifted
  const { year, month, day } = shifted.value
  return ok({ ...utc, year, month, day })
}

function midnight(table: LeapTable, date: string): TaiNs {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const tai = utcToTai(table, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
  assert(tai.ok, `${date} passed the check of the options`)
  return tai.value
}
