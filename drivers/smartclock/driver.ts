import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { max } from '../../src/core/integer.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { createScpiSession, type ScpiEvent, type ScpiRequest, type ScpiSession } from '../scpi/session.ts'
import { takeAnswer, takeRefusal } from './answers.ts'
import { type ControlCommand, controlRequest } from './control.ts'
import { statusOf } from './health.ts'
import type { Knowledge } from './knowledge.ts'
import { createLogReader } from './log-reader.ts'
import type { SmartclockOptions } from './options.ts'
import { logQuery, QUERIES } from './protocol.ts'
import { noReadings } from './readings.ts'
import { isScalar, SCALARS } from './scalars.ts'
import { createSchedule, nextDueAt, nextQuery, noteAsked, notePrompt, noteRefused, type QueryName } from './schedule.ts'
import { midnightTai } from './week-rollover.ts'

/** A status is at most so old. */
const STATUS_PERIOD_NS = 60n * NS_PER_SECOND
/** Three questions in a row without an answer; the first answer of all comes within two seconds. */
const SILENT_AFTER_NS = 10n * NS_PER_SECOND
const SILENT_AT_FIRST_AFTER_NS = 5n * NS_PER_SECOND

/** The status screen has at most 79 columns and 27 lines; every other answer has one line. */
const LINE_LENGTH_MAX = 160
const LINES_MAX = 60

interface Unit extends Knowledge {
  readonly session: ScpiSession
  readonly controls: boolean
  /** What the request under way was sent for; the probe is the session's own. */
  asked: QueryName
  /** An order of the operator that waits for its turn on the line. */
  order: ScpiRequest | undefined
  isUnderstood: boolean
  /** When the unit counts as silent unless it answers; undefined until the first call tells what time it is. */
  silentAt: MonoNs | undefined
  status: { readonly text: string; readonly at: MonoNs; readonly isSilent: boolean } | undefined
}

/**
 * Asks a SmartClock over its interactive SCPI terminal, one question at a time. Labels come from `:PTIM:TCOD?` and name
 * the following pulse; the instant at which they arrive means nothing, since the unit holds them back until its tick.
 * Alarms: `smartclock.silent` and those of `alarms.ts`.
 */
export function createDriver(options: SmartclockOptions, context: DriverContext): SmartclockDriver {
  const unit = createUnit(options, context)
  const step = (events: readonly ScpiEvent[], now: MonoNs): readonly DriverAction[] => {
    unit.silentAt ??= plus(now, SILENT_AT_FIRST_AFTER_NS)
    for (const event of events) takeEvent(unit, event, now)
    askNext(unit, now)
    if (events.length > 0 || isStatusDue(unit, now)) reportStatus(unit, now)
    const { actions } = unit
    unit.actions = []
    return actions
  }
  return {
    receive: (bytes, receivedAt) => step(unit.session.receive(bytes, receivedAt), receivedAt),
    wake: (now) => step(unit.session.wake(now), now),
    nextWakeAt: () => nextWakeAt(unit),
    command(command, now) {
      const request = orderOf(unit, command)
      if (!request.ok) return request
      unit.order = request.value
      unit.schedule.dueAt.set('command', now)
      return ok(step([], now))
    },
  }
}

/** Beside the contract: orders to the unit, which the configuration must allow. */
interface SmartclockDriver extends Driver {
  /** Faults: `smartclock.control` when control is off, another order waits, or no unit takes it. */
  command(command: ControlCommand, now: MonoNs): Result<readonly DriverAction[]>
}

function orderOf(unit: Unit, command: ControlCommand): Result<ScpiRequest> {
  if (!unit.controls) return fail('smartclock.control', `${command.name}: expected control = true in the options`)
  if (unit.order !== undefined) {
    return fail(
      'smartclock.control',
      `${command.name}: expected the line to be free, got ${unit.order.command} waiting`,
    )
  }
  return controlRequest(command)
}

function createUnit(options: SmartclockOptions, context: DriverContext): Unit {
  const { leapTable, source } = context
  const floor = options.floorDate === null ? undefined : midnightTai(options.floorDate, leapTable)
  assert(floor?.ok !== false, `${options.floorDate} passed the check of the options`)
  return {
    source,
    session: createScpiSession({ probe: QUERIES.identity, lineLengthMax: LINE_LENGTH_MAX, linesMax: LINES_MAX }),
    controls: options.control,
    asked: 'identity',
    order: undefined,
    isUnderstood: false,
    screenPeriodNs: screenPeriodNs(options),
    antennaDelay: { wantedNs: options.antennaDelayNs, isTold: false },
    log: createLogReader(),
    edges: { table: leapTable, floor: floor?.value, repairs: options.weekRollover === 'repair', last: undefined },
    readings: noReadings(),
    schedule: createSchedule(monoNs(0n), screenPeriodNs(options)),
    ownErrors: [],
    actions: [],
    silentAt: undefined,
    status: undefined,
  }
}

function screenPeriodNs({ statusScreenSeconds }: SmartclockOptions): bigint | undefined {
  return statusScreenSeconds === 0 ? undefined : BigInt(statusScreenSeconds) * NS_PER_SECOND
}

function takeEvent(unit: Unit, event: ScpiEvent, now: MonoNs): void {
  if (event.type !== 'reply') {
    unit.actions.push(event)
    return
  }
  const { lines, errorCode } = event
  const name = event.request === QUERIES.identity ? 'identity' : unit.asked
  if (isSilent(unit, now)) unit.readings = noReadings()
  unit.silentAt = plus(now, SILENT_AFTER_NS)
  if (!unit.isUnderstood) unit.actions.push({ type: 'understood' })
  unit.isUnderstood = true
  if (lines.length > 0) takeAnswer(unit, name, lines, now)
  else if (isRefusal(errorCode)) {
    takeRefusal(unit, name, errorCode)
    noteRefused(unit.schedule, name, errorCode, now)
  }
  if (errorCode === 0) unit.ownErrors = []
  notePrompt(unit.schedule, name, errorCode, now)
}

/**
 * A bare prompt without an error is what the first command after power-on gets, and the errors from -360 to -363 are
 * about characters lost on the line: neither says that the unit would not answer.
 */
function isRefusal(errorCode: number): boolean {
  return errorCode !== 0 && !(errorCode <= -360 && errorCode >= -363)
}

function askNext(unit: Unit, now: MonoNs): void {
  if (!unit.session.isReady()) return
  const name = nextQuery(unit.schedule, now)
  if (name === undefined) return
  const request = requestOf(unit, name)
  noteAsked(unit.schedule, name, now)
  unit.asked = name
  // A screen on a slow line takes longer than the pause after which a unit counts as silent.
  unit.silentAt = max(unit.silentAt ?? now, plus(now, request.replyWithinNs))
  for (const event of unit.session.send(request, now)) takeEvent(unit, event, now)
}

function requestOf(unit: Unit, name: QueryName): ScpiRequest {
  if (isScalar(name)) return SCALARS[name].request
  if (name === 'logEntry') return logQuery(unit.log.wanted)
  if (name === 'command') {
    const { order } = unit
    assert(order !== undefined, 'an order is due when there is one')
    unit.order = undefined
    return order
  }
  if (name !== 'antennaDelaySet') return QUERIES[name]
  unit.antennaDelay.isTold = true
  const request = controlRequest({ name: 'antenna-delay', delayNs: unit.antennaDelay.wantedNs ?? 0 })
  assert(request.ok, 'the options have checked the antenna delay')
  return request.value
}

function isSilent(unit: Unit, now: MonoNs): boolean {
  return unit.silentAt !== undefined && now >= unit.silentAt
}

/** Of itself a status only changes when the unit has fallen silent: the readings are what events have brought. */
function isStatusDue({ status, silentAt }: Unit, now: MonoNs): boolean {
  if (status === undefined || between(status.at, now) >= STATUS_PERIOD_NS) return true
  return silentAt !== undefined && silentAt <= now && !status.isSilent
}

function reportStatus(unit: Unit, now: MonoNs): void {
  const isSilentNow = isSilent(unit, now)
  const status = statusOf(unit.readings, isSilentNow)
  const text = JSON.stringify(status)
  if (text === unit.status?.text && between(unit.status.at, now) < STATUS_PERIOD_NS) return
  unit.status = { text, at: now, isSilent: isSilentNow }
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
