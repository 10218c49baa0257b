import type { Fault } from '../../src/core/fault.ts'
import { type LeapTable, leapTableExpired, type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { floorOf } from '../gnss/week-rollover.ts'
import type { Burst } from './burst.ts'
import { type Disagreements, findDisagreements } from './disagreements.ts'
import type { UbloxOptions } from './options.ts'
import type { UbxMessage } from './protocol.ts'
import { announcedPulse, candidatesAfter } from './pulse-announcement.ts'
import type { TimePulse } from './time-messages.ts'
import { type Arrival, readTime, rolloverFault, shownUtc, type TimeReading } from './time-reading.ts'

/** The pulse that a message names, and whether nothing that was heard speaks against it. */
export interface NamedPulse {
  readonly second: TaiNs
  readonly names: 'preceding-pulse' | 'following-pulse'
  readonly trusted: boolean
  readonly pulse: TimePulse | undefined
}

/**
 * Holds the times that a receiver tells in several messages against each other, and finds the one that numbers a pulse:
 * TIM-TP where there is one, else the best of NAV-TIMEGPS, NAV-PVT and NAV-TIMEUTC. Faults, which are alarms for some
 * seconds: `ublox.stuck`, `ublox.disagree`, `gnss.leap-mismatch`, `ublox.week-rollover`, `ublox.no-such-time`; and `ublox.week-rollover-repaired`, an alarm alone.
 */
export interface TimeKeeper {
  /** `leapResolved`: whether what is told in UTC can be compared with the rest. */
  note(message: UbxMessage, arrival: Arrival, leapResolved: boolean): TimeVerdict
  /** The time of an NMEA sentence that calls itself valid. */
  noteSentence(address: string, utc: UtcTime, arrival: Arrival, leapResolved: boolean): readonly Fault[]
  /** What was wrong in the last seconds, by code, with a sentence. */
  alarms(now: MonoNs): ReadonlyMap<string, string>
  /** The latest epoch that was told, and when it was heard. */
  epoch(): { readonly second: TaiNs; readonly at: MonoNs } | undefined
  /** The instrument has started afresh, or is another one. */
  forget(): void
}

export interface TimeVerdict {
  readonly faults: readonly Fault[]
  readonly named: NamedPulse | undefined
}

/** A contradiction concerns the labels before and after it too: nobody knows which of the two is right. */
const ALARM_HOLD_NS = 3n * NS_PER_SECOND
/** What was told longer ago is not compared, nor does it keep a lesser message from numbering pulses. */
const COMPARED_NS = 2n * NS_PER_SECOND
const NOTHING: TimeVerdict = { faults: [], named: undefined }

/** In this order. */
const SOURCES: readonly TimeReading['from'][] = ['NAV-TIMEGPS', 'NAV-PVT', 'NAV-TIMEUTC']

interface State {
  readonly table: LeapTable
  readonly repairs: boolean
  readonly disagreements: Disagreements
  readonly readings: Map<TimeReading['from'], TimeReading>
  readonly held: Map<string, { readonly until: MonoNs; readonly reason: string; readonly distrust: boolean }>
  /** The last announced pulse that fits, and when one was announced at all. */
  announced: { readonly second: TaiNs; readonly arrival: Arrival } | undefined
  announcedAt: MonoNs | undefined
  sentence: { readonly address: string; readonly second: TaiNs; readonly arrival: Arrival } | undefined
}

export function createTimeKeeper(options: UbloxOptions, table: LeapTable, burst: Burst): TimeKeeper {
  const floor = floorOf(table, options.floorDate)
  const state: State = {
    table,
    repairs: options.weekRollover === 'repair',
    disagreements: findDisagreements(table, burst),
    readings: new Map(),
    held: new Map(),
    announced: undefined,
    announcedAt: undefined,
    sentence: undefined,
  }
  return {
    note(message, arrival, leapResolved) {
      if (message.type === 'time-pulse') return notePulse(state, message, arrival, leapResolved)
      const reading = readTime(message, arrival, table, floor)
      if (!reading.ok) return { faults: [raise(state, reading.fault, arrival.firstByteAt)], named: undefined }
      return reading.value === undefined ? NOTHING : noteReading(state, reading.value, leapResolved)
    },
    noteSentence(address, utc, arrival, leapResolved) {
      const tai = utcToTai(table, { ...utc, nanosecond: 0 })
      if (!tai.ok || !leapResolved || utc.nanosecond !== 0) return []
      state.sentence = { address, second: tai.value, arrival }
      const epoch = primary(state, arrival.firstByteAt)
      if (epoch === undefined || epoch.rollovers > 0) return []
      return state.disagreements
        .ofSentence(state.sentence, epoch)
        .map((fault) => raise(state, fault, arrival.firstByteAt))
    },
    alarms: (now) =>
      new Map([...state.held].flatMap(([code, { until, reason }]) => (now < until ? [[code, reason] as const] : []))),
    epoch() {
      const latest = best((from) => state.readings.get(from))
      return latest === undefined ? undefined : { second: latest.second, at: latest.arrival.lastByteAt }
    },
    forget() {
      state.readings.clear()
      state.announced = undefined
      state.announcedAt = undefined
      state.sentence = undefined
    },
  }
}

function raise(state: State, fault: Fault, at: MonoNs, distrust = true): Fault {
  state.held.set(fault.code, { until: plus(at, ALARM_HOLD_NS), reason: fault.message, distrust })
  return fault
}

function distrusted(state: State, now: MonoNs): boolean {
  for (const { until, distrust } of state.held.values()) if (distrust && now < until) return true
  return false
}

function recent<T extends { readonly arrival: Arrival }>(it: T | undefined, at: MonoNs): T | undefined {
  return it !== undefined && between(it.arrival.lastByteAt, at) <= COMPARED_NS ? it : undefined
}

function primary(state: State, at: MonoNs): TimeReading | undefined {
  return best((from) => recent(state.readings.get(from), at))
}

function best(find: (from: TimeReading['from']) => TimeReading | undefined): TimeReading | undefined {
  for (const from of SOURCES) {
    const reading = find(from)
    if (reading !== undefined) return reading
  }
  return undefined
}

function noteReading(state: State, reading: TimeReading, leapResolved: boolean): TimeVerdict {
  const { table, readings, disagreements } = state
  const at = reading.arrival.firstByteAt
  const faults: Fault[] = []
  if (readings.get(reading.from)?.toldNs === reading.toldNs) {
    const message = `${reading.from}: expected time to go on, got ${shownUtc(table, reading.second)} again`
    faults.push(raise(state, { code: 'ublox.stuck', message }, at))
  }
  readings.set(reading.from, reading)
  if (reading.rollovers > 0) {
    const fault = rolloverFault(table, reading)
    if (!state.repairs) faults.push(raise(state, fault, at))
    else raise(state, { ...fault, code: 'ublox.week-rollover-repaired' }, at, false)
  }
  if (leapResolved) {
    // Past its end the table may lack a leap second: GPS time is right all the same.
    const expired = leapTableExpired(table, reading.second)
    const others = disagreements.ofReading(reading, {
      readings: [...readings.values()],
      sentence: reading.rollovers > 0 ? undefined : recent(state.sentence, at),
      announced: recent(state.announced, at),
    })
    for (const fault of others) {
      faults.push(raise(state, fault, at, fault.code !== 'gnss.leap-mismatch' || !expired))
    }
  }
  const announces = state.announcedAt !== undefined && between(state.announcedAt, at) <= COMPARED_NS
  if (announces || primary(state, at)?.from !== reading.from) return { faults, named: undefined }
  const trusted = !distrusted(state, at)
  return { faults, named: { second: reading.second, names: 'preceding-pulse', trusted, pulse: undefined } }
}

function notePulse(state: State, pulse: TimePulse, arrival: Arrival, leapResolved: boolean): TimeVerdict {
  const at = arrival.firstByteAt
  const epoch = primary(state, at)
  if (epoch === undefined) return NOTHING
  const candidates = candidatesAfter(epoch.second)
  const found = announcedPulse(pulse, epoch.rollovers, candidates, recent(state.announced, at)?.second, state.table)
  if (found.kind === 'unreadable') return NOTHING
  state.announcedAt = arrival.lastByteAt
  const names = 'following-pulse'
  if (found.kind === 'pulse') {
    const faults: Fault[] = []
    if (state.announced?.second === found.second) {
      const message = `TIM-TP: expected the pulse after ${shownUtc(state.table, found.second)}, got the same again`
      faults.push(raise(state, { code: 'ublox.stuck', message }, at))
    }
    state.announced = { second: found.second, arrival }
    return { faults, named: { second: found.second, names, trusted: !distrusted(state, at), pulse } }
  }
  state.announced = undefined
  // With a wrong count of leap seconds the two cannot agree, and the reason is known already.
  const expected = `one of the two seconds after ${shownUtc(state.table, epoch.second)} of ${epoch.from}`
  const fault = { code: 'ublox.disagree', message: `TIM-TP: expected ${expected}, got ${found.counted}` }
  const faults = leapResolved ? [raise(state, fault, at)] : []
  return { faults, named: { second: plus(epoch.second, NS_PER_SECOND), names, trusted: false, pulse } }
}
