import { assert } from '../../src/core/assert.ts'
import { type Fault, ok, type Result } from '../../src/core/fault.ts'
import { formatUtc, type LeapTable, taiToUtc, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** A date and time that its sentence calls valid. */
interface LabelReading {
  /** `rmc` or `zda`: the two are compared with each other. */
  readonly type: 'rmc' | 'zda'
  /** The full address: a receiver may say the same in the name of several systems. */
  readonly address: string
  readonly utc: UtcTime
  /** With its decimals. */
  readonly taiNs: TaiNs
  readonly firstByteAt: MonoNs
}

/**
 * Looks for what an instrument cannot know about itself: a week counter that rolled over, a clock that stands still,
 * two sentences that contradict each other. It never repairs; a reading with a fault is not to be believed.
 */
export interface LabelJudge {
  /** Every good sentence, for the bursts. To be told before `judge` of the same sentence. */
  note(firstByteAt: MonoNs, lastByteAt: MonoNs): void
  /** Faults: `nmea.week-rollover`, `nmea.stuck`, `nmea.disagree`. */
  judge(reading: LabelReading): readonly Fault[]
  /** The codes of the last seconds' faults. While it holds `nmea.disagree`, no label may be believed at all. */
  alarms(now: MonoNs): readonly string[]
}

/** GPS counts weeks in ten bits: 1024 weeks, 7168 days. */
export const ROLLOVER_DAYS = 7168

/** A contradiction concerns the labels before and after it too: nobody knows which of the two is right. */
const ALARM_HOLD_NS = 3n * NS_PER_SECOND
/** So long a quiet line parts two bursts: within one, sentences follow each other like the characters do. */
const BURST_GAP_NS = 250n * NS_PER_MILLISECOND
/** Past this, sentences that follow without a gap may belong to the next second's burst. */
const BURST_LENGTH_NS_MAX = 650n * NS_PER_MILLISECOND
/** Only sentences that came within so long are compared with each other. */
const COMPARED_NS = 2n * NS_PER_SECOND

export function createLabelJudge(options: NmeaReceiverOptions, table: LeapTable): LabelJudge {
  const floorNs = options.floorDate === null ? undefined : midnight(table, options.floorDate)
  const alarmUntil = new Map<string, MonoNs>()
  /** By address: two formatters of 650 talkers at most. */
  const lastOf = new Map<string, LabelReading>()
  let burstStartedAt: MonoNs | undefined
  let quietSince: MonoNs | undefined

  /** Both in the burst whose start was seen. Without a gap on the line nobody can tell one burst from the next. */
  const sameBurst = (a: LabelReading, b: LabelReading): boolean =>
    burstStartedAt !== undefined && a.firstByteAt >= burstStartedAt && b.firstByteAt >= burstStartedAt

  const contradicts = (earlier: LabelReading, later: LabelReading): boolean => {
    if (earlier.taiNs === later.taiNs || between(earlier.firstByteAt, later.firstByteAt) > COMPARED_NS) return false
    if (later.taiNs < earlier.taiNs || timeOfDay(earlier.utc) === timeOfDay(later.utc)) return true
    return sameBurst(earlier, later)
  }

  const faultsOf = (reading: LabelReading): Fault[] => {
    const { address, taiNs, utc } = reading
    const faults: Fault[] = []
    if (floorNs !== undefined && taiNs < floorNs) faults.push(rollover(table, reading, floorNs))
    if (lastOf.get(address)?.taiNs === taiNs) {
      faults.push({ code: 'nmea.stuck', message: `${address}: expected time to go on, got ${formatUtc(utc)} again` })
    }
    for (const other of lastOf.values()) {
      if (other.type === reading.type || !contradicts(other, reading)) continue
      const message = `${address}: expected ${formatUtc(other.utc)} as in ${other.address}, got ${formatUtc(utc)}`
      faults.push({ code: 'nmea.disagree', message })
    }
    return faults
  }

  return {
    note(firstByteAt, lastByteAt) {
      if (quietSince !== undefined && between(quietSince, firstByteAt) >= BURST_GAP_NS) burstStartedAt = firstByteAt
      else if (burstStartedAt !== undefined && between(burstStartedAt, firstByteAt) > BURST_LENGTH_NS_MAX) {
        burstStartedAt = undefined
      }
      quietSince = lastByteAt
    },
    judge(reading) {
      const faults = faultsOf(reading)
      lastOf.set(reading.address, reading)
      for (const { code } of faults) alarmUntil.set(code, plus(reading.firstByteAt, ALARM_HOLD_NS))
      return faults
    },
    alarms: (now) => [...alarmUntil].filter(([, until]) => now < until).map(([code]) => code),
  }
}

function timeOfDay(utc: UtcTime): string {
  return formatUtc(utc).slice('yyyy-mm-dd'.length)
}

/** The repaired date is for the reader alone: whether this is a rollover or something worse is not for us to guess. */
function rollover(table: LeapTable, reading: LabelReading, floorNs: TaiNs): Fault {
  let repaired = reading.utc
  for (let shifted = reading.taiNs; shifted < floorNs; ) {
    const later = shiftDays(table, repaired, ROLLOVER_DAYS)
    assert(later.ok, 'a date after a date of the leap table is in the leap table')
    repaired = later.value
    const tai = utcToTai(table, { ...repaired, second: 0 })
    assert(tai.ok, 'a time of day but a leap second exists on every date')
    shifted = tai.value
  }
  const { address, utc } = reading
  const date = (time: UtcTime): string => formatUtc(time).slice(0, 'yyyy-mm-dd'.length)
  const message = `${address}: expected a date from the configured floorDate on, got ${date(utc)} (1024-week repair: ${date(repaired)})`
  return { code: 'nmea.week-rollover', message }
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
