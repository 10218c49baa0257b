import type { Fault, Result } from '../../src/core/fault.ts'
import { abs } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, type UtcTime } from '../../src/core/leap.ts'
import type { LabelSample, SampleQuality } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { readingToTai } from '../nmea/timescale.ts'
import type { SpectratimeOptions } from './options.ts'
import { createSecondWindow } from './second-window.ts'

/** A date and time of the unit, and when it came. */
export interface ClockReading {
  readonly from: 'PTNTA' | 'TD and DT'
  readonly reading: UtcTime
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
  /** Whether the unit, or the configuration, says that somebody has set it who knew the time. */
  readonly isProven: boolean
}

/**
 * Turns the unit's dates and times into labels, each compared with what the unit said before and what it says by its other
 * sentence.
 */
export interface ClockReader {
  /** Faults: no such date or time. Those beside the label say why it is not believed. */
  read(
    clock: ClockReading,
    quality: SampleQuality,
  ): Result<{ readonly sample: LabelSample; readonly faults: readonly Fault[] }>
  /** Codes and reasons of the last seconds' faults. */
  alarms(now: MonoNs): ReadonlyMap<string, string>
}

const ALARM_HOLD_NS = 3n * NS_PER_SECOND
/** Whether the clock was right before its step or after it, only time and other sources tell. */
const STEP_HOLD_NS = 30n * NS_PER_SECOND
/** A beat comes at the same place in every second. */
const STEPPED_NS = 700n * NS_PER_MILLISECOND
const STUCK_NS = 1_200n * NS_PER_MILLISECOND
/** A beat comes after the beginning of the second that it names, and before the end of it. */
const BEAT_EARLY_NS = 20n * NS_PER_MILLISECOND
const BEAT_LATE_NS = 900n * NS_PER_MILLISECOND
const COMPARED_NS = 600n * NS_PER_SECOND
const DOUBTS_ALL: readonly string[] = ['spectratime.time-step', 'spectratime.disagree']

interface Heard {
  readonly taiNs: TaiNs
  readonly firstByteAt: MonoNs
}

export function createClockReader(
  options: SpectratimeOptions,
  source: string,
  table: LeapTable,
  floorNs: TaiNs | undefined,
): ClockReader {
  const seconds = createSecondWindow()
  const last = new Map<ClockReading['from'], Heard>()
  const alarms = new Map<string, { readonly until: MonoNs; readonly reason: string }>()

  const paceFault = (clock: ClockReading, heard: Heard): Fault | undefined => {
    const before = last.get(clock.from)
    if (before === undefined) return undefined
    const elapsedNs = between(before.firstByteAt, heard.firstByteAt)
    const advanceNs = heard.taiNs - before.taiNs
    if (advanceNs === 0n && elapsedNs > STUCK_NS) {
      return {
        code: 'spectratime.stuck',
        message: `${clock.from}: expected time to go on, got ${formatUtc(clock.reading)} again`,
      }
    }
    const isStep = clock.from === 'PTNTA' && elapsedNs <= COMPARED_NS && abs(advanceNs - elapsedNs) > STEPPED_NS
    if (!isStep && (clock.from === 'PTNTA' || seconds.note(heard.taiNs, heard.firstByteAt))) return undefined
    const message = `${clock.from}: expected to go on by ${elapsedNs / NS_PER_MILLISECOND} ms, got ${formatUtc(clock.reading)}, ${advanceNs / NS_PER_MILLISECOND} ms on`
    return { code: 'spectratime.time-step', message }
  }

  /** The beat against the answers to `TD`. */
  const disagreement = (clock: ClockReading, heard: Heard): Fault | undefined => {
    const since = clock.from === 'PTNTA' ? seconds.sinceBegin(heard.taiNs, heard.firstByteAt) : undefined
    if (since === undefined || (since.mostNs >= -BEAT_EARLY_NS && since.leastNs <= BEAT_LATE_NS)) return undefined
    const message = `PTNTA: expected a second that TD allows, got ${formatUtc(clock.reading)}, ${since.leastNs / NS_PER_MILLISECOND} to ${since.mostNs / NS_PER_MILLISECOND} ms after its beginning`
    return { code: 'spectratime.disagree', message }
  }

  const faultsOf = (clock: ClockReading, heard: Heard): Fault[] => {
    const faults = [paceFault(clock, heard), disagreement(clock, heard)].filter((fault) => fault !== undefined)
    if (floorNs !== undefined && heard.taiNs < floorNs) {
      const message = `${clock.from}: expected a date from ${options.floorDate} on, got ${formatUtc(clock.reading)}`
      faults.push({ code: 'spectratime.week-rollover', message })
    }
    return faults
  }

  return {
    read(clock, quality) {
      const { firstByteAt, lastByteAt, from } = clock
      const tai = readingToTai(clock.reading, options.timescale, table)
      if (!tai.ok) return tai
      const heard = { taiNs: tai.value, firstByteAt }
      const faults = faultsOf(clock, heard)
      if (!faults.some(({ code }) => code === 'spectratime.stuck')) last.set(from, heard)
      for (const { code, message } of faults) {
        const holdNs = code === 'spectratime.time-step' ? STEP_HOLD_NS : ALARM_HOLD_NS
        alarms.set(code, { until: plus(firstByteAt, holdNs), reason: message })
      }
      const isInDoubt = DOUBTS_ALL.some((code) => firstByteAt < (alarms.get(code)?.until ?? firstByteAt))
      const sample: LabelSample = {
        kind: 'label',
        source,
        firstByteAt,
        lastByteAt,
        taiNs: tai.value,
        names: 'preceding-pulse',
        valid: clock.isProven && quality !== 'unlocked' && faults.length === 0 && !isInDoubt,
        quality,
      }
      return { ok: true, value: { sample, faults } }
    },
    alarms: (now) => new Map([...alarms].flatMap(([code, { until, reason }]) => (now < until ? [[code, reason]] : []))),
  }
}
