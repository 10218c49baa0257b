import { assert } from '../../src/core/assert.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { createScpiSession, type ScpiEvent, type ScpiRequest, type ScpiSession } from '../scpi/session.ts'
import { type Knowledge, takeAnswer, takeRefusal } from './answers.ts'
import { noReadings, statusOf } from './health.ts'
import type { SmartclockOptions } from './options.ts'
import { QUERIES, type QueryName } from './protocol.ts'
import { createSchedule, nextDueAt, nextQuery, noteAsked, notePrompt, noteRefused } from './schedule.ts'
import { midnightTai } from './week-rollover.ts'

/** A status is at most so old. */
const STATUS_PERIOD_NS = 60n * NS_PER_SECOND
/** Three questions in a row without an answer; the first answer of all comes within two seconds. */
const SILENT_AFTER_NS = 10n * NS_PER_SECOND
const SILENT_AT_FIRST_AFTER_NS = 5n * NS_PER_SECOND

/** The longest answer to any of the queries has some forty characters, and each has one line. */
const LINE_LENGTH_MAX = 160
const LINES_MAX = 4

interface Unit extends Knowledge {
  readonly session: ScpiSession
  /** When the unit counts as silent unless it answers; undefined until the first call tells what time it is. */
  silentAt: MonoNs | undefined
  status: { readonly text: string; readonly at: MonoNs } | undefined
}

/**
 * Asks a SmartClock over its interactive SCPI terminal, one question at a time. Labels come from `:PTIM:TCOD?` and name
 * the following pulse; the instant at which they arrive means nothing, since the unit holds them back until its tick.
 * Alarms: `smartclock.silent`, `.holdover`, `.recovery`, `.powerup`, `.off`, `.self-test`, `.reduced-accuracy`,
 * `.time-invalid`, `.time-zone`, `.week-rollover`, `.week-rollover-repaired`, `.other-instrument`.
 */
export function createDriver(options: SmartclockOptions, context: DriverContext): Driver {
  const unit = createUnit(options, context)
  const step = (events: readonly ScpiEvent[], now: MonoNs): readonly DriverAction[] => {
    unit.silentAt ??= plus(now, SILENT_AT_FIRST_AFTER_NS)
    for (const event of events) takeEvent(unit, event, now)
    askNext(unit, now)
    reportStatus(unit, now)
    const { actions } = unit
    unit.actions = []
    return actions
  }
  return {
    receive: (bytes, receivedAt) => step(unit.session.receive(bytes, receivedAt), receivedAt),
    wake: (now) => step(unit.session.wake(now), now),
    nextWakeAt: () => nextWakeAt(unit),
  }
}

function createUnit(options: SmartclockOptions, context: DriverContext): Unit {
  const { leapTable, source } = context
  const floor = options.floorDate === null ? undefined : midnightTai(options.floorDate, leapTable)
  assert(floor?.ok !== false, `${options.floorDate} passed the check of the options`)
  return {
    source,
    session: createScpiSession({ probe: QUERIES.identity, lineLengthMax: LINE_LENGTH_MAX, linesMax: LINES_MAX }),
    edges: { table: leapTable, floor: floor?.value, repairs: options.weekRollover === 'repair', last: undefined },
    readings: noReadings(),
    schedule: createSchedule(monoNs(0n)),
    staleEntries: 0,
    actions: [],
    silentAt: undefined,
    status: undefined,
  }
}

function takeEvent(unit: Unit, event: ScpiEvent, now: MonoNs): void {
  if (event.type !== 'reply') {
    unit.actions.push(event)
    return
  }
  const { lines, errorCode } = event
  const name = nameOf(event.request)
  const [line] = lines
  if (isSilent(unit, now)) unit.readings = noReadings()
  unit.silentAt = plus(now, SILENT_AFTER_NS)
  if (line !== undefined) takeAnswer(unit, name, line, now)
  else if (isRefusal(errorCode)) {
    takeRefusal(unit, name, errorCode)
    noteRefused(unit.schedule, name, now)
  }
  if (errorCode === 0) unit.staleEntries = 0
  notePrompt(unit.schedule, name, errorCode, now)
}

/**
 * A bare prompt without an error is what the first command after power-on gets, and the errors from -360 to -363 are
 * about characters lost on the line: neither says that the unit would not answer.
 */
function isRefusal(errorCode: number): boolean {
  return errorCode !== 0 && !(errorCode <= -360 && errorCode >= -363)
}

function nameOf(request: ScpiRequest): QueryName {
  const names = Object.keys(QUERIES) as QueryName[]
  const name = names.find((candidate) => QUERIES[candidate] === request)
  assert(name !== undefined, `${request.command} is none of the driver's queries`)
  return name
}

function askNext(unit: Unit, now: MonoNs): void {
  if (!unit.session.isReady()) return
  const name = nextQuery(unit.schedule, now)
  if (name === undefined) return
  noteAsked(unit.schedule, name, now)
  for (const event of unit.session.send(QUERIES[name], now)) takeEvent(unit, event, now)
}

function isSilent(unit: Unit, now: MonoNs): boolean {
  return unit.silentAt !== undefined && now >= unit.silentAt
}

function reportStatus(unit: Unit, now: MonoNs): void {
  const status = statusOf(unit.readings, isSilent(unit, now))
  const text = JSON.stringify(status)
  if (text === unit.status?.text && between(unit.status.at, now) < STATUS_PERIOD_NS) return
  unit.status = { text, at: now }
  unit.actions.push({ type: 'status', status })
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { session, schedule, silentAt, status } = unit
  if (silentAt === undefined || status === undefined) return monoNs(0n)
  const instants = [
    plus(status.at, STATUS_PERIOD_NS),
    // Once the alarm is in the status there is nothing more to wait for.
    ...(silentAt > status.at ? [silentAt] : []),
    session.nextWakeAt(),
    session.isReady() ? nextDueAt(schedule) : undefined,
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
