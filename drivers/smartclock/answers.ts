import type { Fault, Result } from '../../src/core/fault.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { ScpiLine } from '../scpi/framing.ts'
import { type ErrorEntry, parseErrorEntry, parseInteger } from '../scpi/values.ts'
import { type NamedEdge, readEdge } from './edges.ts'
import { parseLogAnswer } from './event-log.ts'
import { qualityOf } from './health.ts'
import type { Knowledge } from './knowledge.ts'
import { takeLogEntry } from './log-reader.ts'
import {
  type EssentialName,
  type Identity,
  isSmartclock,
  parseHoldover,
  parseIdentity,
  parseMerit,
  parseSyncState,
  parseTimeInterval,
  parseTimeZone,
  QUERIES,
  type SyncState,
  type TimeZone,
} from './protocol.ts'
import { noReadings, type Readings } from './readings.ts'
import { takeScalar } from './scalar-answers.ts'
import { isScalar, SCALARS } from './scalars.ts'
import { createSchedule, noteStateChange, noteTimeCode, type QueryName } from './schedule.ts'
import { parseStatusScreen } from './status-screen.ts'
import { parseTimeCode, type TimeCode } from './time-code.ts'

/** TAI − GPS time, for ever. */
const TAI_MINUS_GPS_SECONDS = 19
/** More of the driver's own than the unit's queue holds cannot be in it. */
const OWN_ERRORS_MAX = 30
/** Another instrument on the line may be exchanged for the right one. */
const LOOK_AGAIN_NS = 5n * NS_PER_SECOND

type Answer = (known: Knowledge, name: QueryName, line: ScpiLine, now: MonoNs) => void

const ANSWERS: Readonly<Record<Exclude<EssentialName, 'screen'> | 'logEntry', Answer>> = {
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
  logEntry: answer(parseLogAnswer, (known, entry, _line, now) => {
    takeLogEntry(known, entry, now)
    return []
  }),
}

/** Takes the lines with which the unit answered; there is at least one. */
export function takeAnswer(known: Knowledge, name: QueryName, lines: readonly ScpiLine[], now: MonoNs): void {
  const [line] = lines
  if (line === undefined || name === 'antennaDelaySet' || name === 'command') return
  if (name === 'screen') takeScreen(known, lines)
  else if (!isScalar(name)) ANSWERS[name](known, name, line, now)
  else {
    const fault = takeScalar(known, name, line.text, now)
    if (fault !== undefined) complain(known, SCALARS[name].request.command, fault, line)
  }
}

function takeScreen(known: Knowledge, lines: readonly ScpiLine[]): void {
  const screen = parseStatusScreen(lines.map(({ text }) => text))
  known.readings.screen = screen.ok ? screen.value : undefined
  if (!screen.ok && lines[0] !== undefined) complain(known, QUERIES.screen.command, screen.fault, lines[0])
}

function complain(known: Knowledge, command: string, { code, message }: Fault, line: ScpiLine): void {
  known.actions.push({ type: 'fault', fault: { code, message: `${command}: ${message}`, line: line.number } })
}

/** The unit gave no answer but a prompt. */
export function takeRefusal(known: Knowledge, name: QueryName, errorCode: number): void {
  if (known.ownErrors.length < OWN_ERRORS_MAX) known.ownErrors.push(errorCode)
  forget(known.readings, name)
}

/** What the unit said before no longer holds. */
function forget(readings: Readings, name: QueryName): void {
  if (isScalar(name)) delete readings.scalars[name]
  else if (name === 'state') readings.state = undefined
  else if (name === 'tfom') readings.tfom = undefined
  else if (name === 'ffom') readings.ffom = undefined
  else if (name === 'timeInterval') readings.timeIntervalNs = undefined
  else if (name === 'holdover') readings.holdoverSeconds = undefined
  else if (name === 'leapSeconds') readings.taiMinusUtcSeconds = undefined
  else if (name === 'screen') readings.screen = undefined
}

/** Reads a line, keeps what it says, and turns the faults of either into complaints that say where they are from. */
function answer<T>(
  parse: (text: string) => Result<T>,
  take: (known: Knowledge, value: T, line: ScpiLine, now: MonoNs) => readonly Fault[],
): Answer {
  return (known, name, line, now) => {
    const value = parse(line.text)
    if (!value.ok) forget(known.readings, name)
    const command = name === 'logEntry' ? ':DIAG:LOG:READ?' : QUERIES[name as EssentialName].command
    for (const fault of value.ok ? take(known, value.value, line, now) : [value.fault]) {
      complain(known, command, fault, line)
    }
  }
}

/** The answer to the probe opens a session; a unit that was away may have another time zone now. */
function takeIdentity(known: Knowledge, identity: Identity, line: ScpiLine, now: MonoNs): readonly Fault[] {
  const before = known.readings.identity
  const isSameUnit = before !== undefined && Object.values(before).join() === line.text
  known.readings = { ...(isSameUnit ? known.readings : noReadings()), identity, zone: 'unknown' }
  known.schedule = createSchedule(now, known.screenPeriodNs)
  known.antennaDelay.isTold = false
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
  const own = known.ownErrors.indexOf(code)
  if (own !== -1) {
    known.ownErrors.splice(own, 1)
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
  if (readings.state !== state) {
    readings.deafReadings = 0
    const isHolding = ['HOLD', 'WAIT', 'REC'].includes(state)
    if (!isHolding) delete readings.scalars.holdoverPresentNs
    noteStateChange(schedule, isHolding, now)
  }
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
