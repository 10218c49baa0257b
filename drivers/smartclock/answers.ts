import type { Fault, Result } from '../../src/core/fault.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction } from '../driver.ts'
import type { ScpiLine } from '../scpi/framing.ts'
import { type ErrorEntry, parseErrorEntry, parseInteger } from '../scpi/values.ts'
import { type EdgeReader, type NamedEdge, readEdge } from './edges.ts'
import { noReadings, qualityOf, type Readings } from './health.ts'
import {
  type Identity,
  isSmartclock,
  parseHoldover,
  parseIdentity,
  parseMerit,
  parseSyncState,
  parseTimeInterval,
  parseTimeZone,
  QUERIES,
  type QueryName,
  type SyncState,
  type TimeZone,
} from './protocol.ts'
import { createSchedule, noteStateChange, noteTimeCode, type Schedule } from './schedule.ts'
import { parseTimeCode, type TimeCode } from './time-code.ts'

/** What a driver knows; the answers change it. */
export interface Knowledge {
  readonly source: string
  readonly edges: EdgeReader
  readings: Readings
  schedule: Schedule
  /** Entries -230 in the unit's error queue that are due to the driver's own questions: no news. */
  staleEntries: number
  actions: DriverAction[]
}

/** TAI − GPS time, for ever. */
const TAI_MINUS_GPS_SECONDS = 19
const DATA_STALE = -230
/** Another instrument on the line may be exchanged for the right one. */
const LOOK_AGAIN_NS = 5n * NS_PER_SECOND

type Answer = (known: Knowledge, name: QueryName, line: ScpiLine, now: MonoNs) => void

const ANSWERS: Readonly<Record<QueryName, Answer>> = {
  identity: answer(parseIdentity, takeIdentity),
  timeZone: answer(parseTimeZone, takeTimeZone),
  error: answer(parseErrorEntry, takeErrorEntry),
  state: answer(parseSyncState, takeState),
  timeCode: answer(parseTimeCode, takeTimeCode),
  timeInterval: answer(parseTimeInterval, ({ readings }, ns) => {
    readings.timeIntervalNs = ns
    return []
  }),
  holdover: answer(parseHoldover, ({ readings }, { seconds }) => {
    readings.holdoverSeconds = seconds
    return []
  }),
  tfom: answer(
    (text) => parseMerit(text, 9),
    ({ readings }, merit) => {
      readings.tfom = merit
      return []
    },
  ),
  ffom: answer(
    (text) => parseMerit(text, 3),
    ({ readings }, merit) => {
      readings.ffom = merit
      return []
    },
  ),
  leapSeconds: answer(parseInteger, ({ readings }, seconds) => {
    readings.taiMinusUtcSeconds = TAI_MINUS_GPS_SECONDS + seconds
    return []
  }),
}

/** Takes the one line with which the unit answered. */
export function takeAnswer(known: Knowledge, name: QueryName, line: ScpiLine, now: MonoNs): void {
  ANSWERS[name](known, name, line, now)
}

/** The unit gave no answer but a prompt. */
export function takeRefusal(known: Knowledge, name: QueryName, errorCode: number): void {
  if (errorCode === DATA_STALE) known.staleEntries += 1
  forget(known.readings, name)
}

/** What the unit said before no longer holds. */
function forget(readings: Readings, name: QueryName): void {
  const reading = READING_OF[name]
  if (reading !== undefined) readings[reading] = undefined
}

const READING_OF = {
  state: 'state',
  tfom: 'tfom',
  ffom: 'ffom',
  timeInterval: 'timeIntervalNs',
  holdover: 'holdoverSeconds',
  leapSeconds: 'taiMinusUtcSeconds',
  identity: undefined,
  timeZone: undefined,
  error: undefined,
  timeCode: undefined,
} as const satisfies Record<QueryName, keyof Readings | undefined>

/** Reads a line, keeps what it says, and turns the faults of either into complaints that say where they are from. */
function answer<T>(
  parse: (text: string) => Result<T>,
  take: (known: Knowledge, value: T, line: ScpiLine, now: MonoNs) => readonly Fault[],
): Answer {
  return (known, name, line, now) => {
    const value = parse(line.text)
    if (!value.ok) forget(known.readings, name)
    for (const { code, message } of value.ok ? take(known, value.value, line, now) : [value.fault]) {
      const fault = { code, message: `${QUERIES[name].command}: ${message}`, line: line.number }
      known.actions.push({ type: 'fault', fault })
    }
  }
}

/** The answer to the probe opens a session; a unit that was away may have another time zone now. */
function takeIdentity(known: Knowledge, identity: Identity, line: ScpiLine, now: MonoNs): readonly Fault[] {
  const before = known.readings.identity
  const isSameUnit = before !== undefined && Object.values(before).join() === line.text
  known.readings = { ...(isSameUnit ? known.readings : noReadings()), identity, zone: 'unknown' }
  known.schedule = createSchedule(now)
  if (isSmartclock(identity)) return []
  known.schedule.dueAt.clear()
  known.schedule.dueAt.set('identity', plus(now, LOOK_AGAIN_NS))
  const message = `expected a 58503A, 58503B, 59551A or Z38.. unit, got ${line.text}`
  return [{ code: 'smartclock.other-instrument', message }]
}

function takeTimeZone({ readings, schedule }: Knowledge, zone: TimeZone, line: ScpiLine): readonly Fault[] {
  schedule.dueAt.delete('timeZone')
  readings.zone = zone.hours === 0 && zone.minutes === 0 ? 'utc' : 'other'
  return readings.zone === 'utc'
    ? []
    : [{ code: 'smartclock.time-zone', message: `expected +0,+0 (UTC), got ${line.text}` }]
}

function takeErrorEntry(known: Knowledge, { code, text }: ErrorEntry): readonly Fault[] {
  if (code === DATA_STALE && known.staleEntries > 0) {
    known.staleEntries -= 1
    return []
  }
  const message = `expected an empty error queue, got ${code} ${JSON.stringify(text)}`
  return code === 0 ? [] : [{ code: 'smartclock.instrument-error', message }]
}

function takeState(
  { readings, schedule }: Knowledge,
  state: SyncState,
  _line: ScpiLine,
  now: MonoNs,
): readonly Fault[] {
  if (readings.state !== state) noteStateChange(schedule, now)
  readings.state = state
  return []
}

function takeTimeCode(known: Knowledge, code: TimeCode, line: ScpiLine, now: MonoNs): readonly Fault[] {
  const { readings, schedule } = known
  noteTimeCode(schedule, line.firstByteAt)
  readings.tfom = code.tfom
  readings.ffom = code.ffom
  readings.serviceRequested = code.serviceRequested
  readings.timeInvalid = code.invalid
  const edge = readEdge(known.edges, code, line.firstByteAt)
  if (!edge.ok) return [edge.fault]
  const { month, rollover, pace, faults } = edge.value
  readings.weekRollover = rollover
  readings.leapAnnounced = (month === 6 || month === 12) && code.leap !== '0' ? code.leap : undefined
  if (pace === 'stepped') {
    // A step may be someone setting the time zone at the keypad.
    readings.zone = 'unknown'
    schedule.dueAt.set('timeZone', now)
  }
  known.actions.push({ type: 'sample', sample: labelOf(known, edge.value, line) })
  return faults
}

function labelOf({ source, readings }: Knowledge, edge: NamedEdge, line: ScpiLine): LabelSample {
  const quality = qualityOf(readings)
  const believed =
    !readings.timeInvalid && readings.zone === 'utc' && edge.rollover !== 'reported' && edge.pace === 'steady'
  return {
    kind: 'label',
    source,
    firstByteAt: line.firstByteAt,
    lastByteAt: line.lastByteAt,
    taiNs: edge.taiNs,
    names: 'following-pulse',
    valid: believed,
    quality: quality === 'unknown' ? 'unlocked' : quality,
  }
}
