import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { between, type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext, DriverFault, Steering } from '../driver.ts'
import { createPolls, type Polls } from '../scpi/polls.ts'
import { createScpiSession, type ScpiEvent, type ScpiRequest, type ScpiSession } from '../scpi/session.ts'
import { createStatusReport, type StatusReport } from '../scpi/status-report.ts'
import { takeAnswer } from './answers.ts'
import { createErrorReader, type ErrorReader } from './error-reader.ts'
import { isModel5071a, NO_READINGS, qualityOf, type Readings, statusOf } from './health.ts'
import { createLogReader, type LogReader } from './log-reader.ts'
import type { Hp5071aOptions } from './options.ts'
import { PERIODS_NS, putOffNs, putOffUnreadNs } from './poll-plan.ts'
import { QUERIES, type QueryName, STEERING_E15 } from './protocol.ts'
import { createSteeringJob, type SteeringJob } from './steering-job.ts'
import { createTimeKeeper, type TimeKeeper } from './time-keeper.ts'

/** Three answers that may take five seconds each. */
const SILENT_AFTER_NS = 15n * NS_PER_SECOND
/** The line is kept free for so long before the time is asked for: what is asked of the unit in between takes less. */
const CLEAR_BEFORE_TIME_NS = 400n * NS_PER_MILLISECOND
const LINE_LENGTH_MAX = 200
const LINES_MAX = 4

type Purpose = 'poll' | 'job' | 'log'

interface Unit {
  readonly session: ScpiSession
  readonly report: StatusReport
  readonly errors: ErrorReader
  readonly log: LogReader
  /** Undefined unless the unit's clock was set by somebody. */
  readonly time: TimeKeeper | undefined
  polls: Polls<QueryName>
  readings: Readings
  asked: { readonly request: ScpiRequest; readonly at: MonoNs; readonly for: Purpose } | undefined
  readonly missed: Map<QueryName, number>
  job: SteeringJob | undefined
  /** Since the time was asked for, something else was. */
  othersAsked: boolean
  silentAt: MonoNs | undefined
  now: MonoNs
  understood: boolean
  actions: DriverAction[]
}

/**
 * Asks a 5071A over its SCPI terminal, one question at a time. Its clock is set by hand: labels are given only where the
 * option `timeSet` says by whom, name the preceding pulse, and are valid only while nothing speaks against them. Without it
 * the unit has a pulse and no date. Alarms: `hp5071a.silent`, `.other-instrument`, `.warm-up`, `.standby`, `.fatal`,
 * `.warning`, `.state`, `.supply`, `.beam`, `.ion-pump`, `.multiplier`, `.temperature`, `.control`, `.supply-voltage`; of the
 * clock `.interrupted`, `.clock-moved`, `.clock-early`, `.leap-since-set`, `.leap`.
 */
export function createDriver(options: Hp5071aOptions, context: DriverContext): Driver {
  const unit: Unit = {
    session: createScpiSession({ probe: QUERIES.identity, lineLengthMax: LINE_LENGTH_MAX, linesMax: LINES_MAX }),
    report: createStatusReport(),
    errors: createErrorReader(),
    log: createLogReader(),
    time: options.timeSet === undefined ? undefined : createTimeKeeper(options.timeSet, context),
    polls: createPolls(PERIODS_NS, monoNs(0n)),
    readings: NO_READINGS,
    asked: undefined,
    missed: new Map(),
    job: undefined,
    othersAsked: false,
    silentAt: undefined,
    now: monoNs(0n),
    understood: false,
    actions: [],
  }
  return {
    receive: (bytes, at) => step(unit, unit.session.receive(bytes, at), at),
    wake: (now) => step(unit, unit.session.wake(now), now),
    nextWakeAt: () => nextWakeAt(unit),
    steer: (steering, now) => steer(unit, steering, now),
  }
}

function step(unit: Unit, events: readonly ScpiEvent[], now: MonoNs): readonly DriverAction[] {
  unit.silentAt ??= plus(now, SILENT_AFTER_NS)
  unit.now = now
  takeEvents(unit, events, now)
  askNext(unit, now)
  const reasons = unit.time?.reasons(unit.readings) ?? {}
  const status = statusOf(unit.readings, isSilent(unit, now), reasons)
  unit.actions.push(...unit.report.update(status, now))
  const { actions } = unit
  unit.actions = []
  return actions
}

function takeEvents(unit: Unit, events: readonly ScpiEvent[], now: MonoNs): void {
  for (const event of events) {
    if (event.type === 'reply') takeReply(unit, event, now)
    else unit.actions.push(event)
    if (event.type !== 'fault') continue
    if (unit.asked?.for === 'job') unit.job?.interrupted()
    if (unit.asked?.for === 'poll' && event.fault.code !== 'scpi.unsolicited') noteMissed(unit, unit.asked.request, now)
    unit.asked = undefined
  }
}

function takeReply(unit: Unit, event: ScpiEvent & { type: 'reply' }, now: MonoNs): void {
  const { request, lines, errorCode } = event
  const { asked } = unit
  unit.asked = undefined
  if (isSilent(unit, now)) unit.readings = { ...NO_READINGS, identity: unit.readings.identity }
  unit.silentAt = plus(now, SILENT_AFTER_NS)
  unit.polls.ask('error', unit.errors.prompted(request === QUERIES.error, errorCode, now))
  const [line] = lines
  if (request === QUERIES.identity) begin(unit, line?.text ?? '', now)
  else if (asked?.for === 'job') takeJobAnswer(unit, line?.text, errorCode)
  else if (asked?.for === 'log') {
    if (line !== undefined) complain(unit, `${request.command}: ${line.text.slice(1, -1)}`, 'hp5071a.log', line.number)
  } else if (line !== undefined) {
    unit.missed.delete(nameOf(request))
    take(unit, nameOf(request), line, asked?.at ?? now)
  } else if (errorCode !== 0) {
    // A bare prompt without an error is what a command gets that was lost on the way.
    noteMissed(unit, request, now)
  }
}

/** The answer to the probe opens a session; the instrument may be another one now. */
function begin(unit: Unit, text: string, now: MonoNs): void {
  if (!unit.understood) unit.actions.push({ type: 'understood' })
  unit.understood = true
  take(unit, 'identity', { text, number: 0 }, now)
  unit.polls = createPolls(PERIODS_NS, now)
  for (const [missed, times] of unit.missed) unit.polls.ask(missed, plus(now, putOffNs(missed, times)))
  if (unit.time !== undefined) unit.polls.ask('time', undefined)
}

function take(
  unit: Unit,
  name: QueryName,
  line: { readonly text: string; readonly number: number; readonly firstByteAt?: MonoNs; readonly lastByteAt?: MonoNs },
  askedAt: MonoNs,
): void {
  if (name === 'error') {
    const entry = unit.errors.entry(line.text)
    if (entry !== undefined) complain(unit, `SYST:ERR?: ${entry.message}`, entry.code, line.number)
    return
  }
  if (name === 'logCount') unit.log.counted(line.text)
  if (name === 'time' || name === 'date') {
    const { firstByteAt = askedAt, lastByteAt = firstByteAt } = line
    const heard = { name, text: line.text, askedAt, firstByteAt, lastByteAt }
    const { details, actions, fault } = (unit.time ?? SHOWN_ONLY).take(heard, unit.readings)
    unit.readings = { ...unit.readings, details: { ...unit.readings.details, ...details } }
    unit.actions.push(...actions)
    for (const { code, message } of fault) complain(unit, `${QUERIES[name].command}: ${message}`, code, line.number)
    return
  }
  const taken = takeAnswer(name, line.text, unit.readings)
  if (taken?.ok === true) unit.readings = taken.value
  if (taken?.ok === false) {
    if (name !== 'identity') unit.polls.ask(name, plus(unit.now, putOffUnreadNs(name)))
    complain(unit, `${QUERIES[name].command}: ${taken.fault.message}`, taken.fault.code, line.number)
  }
}

/** A clock that nobody says to have set is shown as it is. */
const SHOWN_ONLY = {
  take: ({ name, text }: { readonly name: 'time' | 'date'; readonly text: string }) => ({
    details:
      name === 'time' ? { clockTime: text.replaceAll('+', '').replaceAll(',', ':') } : { clockMjd: Number(text) },
    actions: [],
    fault: [],
  }),
} as const

function takeJobAnswer(unit: Unit, line: string | undefined, errorCode: number): void {
  const { job } = unit
  if (job === undefined) return
  const isReadBack = job.next() === QUERIES.steering
  job.answered(line, errorCode)
  if (isReadBack && line !== undefined) {
    take(unit, 'steering', { text: line, number: 0 }, unit.now)
    const has = unit.readings.details['steeringE15']
    if (typeof has !== 'number' || Math.abs(has - job.fractionE15) > Number(STEERING_E15.stepE15)) {
      complain(unit, `ROSC:STE?: expected ${job.fractionE15}e-15 as it was set, got ${has}e-15`, 'hp5071a.steering')
    }
  }
  finishJob(unit)
}

function finishJob(unit: Unit): void {
  const { job } = unit
  if (job?.next() !== undefined || job === undefined) return
  unit.job = undefined
  const refusal = job.refusedBy()
  if (refusal === 0) return
  const why = refusal > 0 ? `error +${refusal}: the unit is not in REMOTE` : 'the line came apart meanwhile'
  complain(unit, `ROSC:STE: expected ${job.fractionE15}e-15 to be taken, got ${why}`, 'hp5071a.steering')
}

function complain(unit: Unit, message: string, code: string, line?: number): void {
  const fault: DriverFault = { code, message, ...(line === undefined || line === 0 ? {} : { line }) }
  unit.actions.push({ type: 'fault', fault })
}

function nameOf(request: ScpiRequest): QueryName {
  const names = Object.keys(QUERIES) as QueryName[]
  const name = names.find((candidate) => QUERIES[candidate] === request)
  assert(name !== undefined, `${request.command} is none of the driver's queries`)
  return name
}

/** What brings no answer is put off: units differ in what they know, and each refusal fills their error queue. */
function noteMissed(unit: Unit, request: ScpiRequest, now: MonoNs): void {
  const name = nameOf(request)
  if (name === 'time' && unit.time !== undefined) return
  const times = (unit.missed.get(name) ?? 0) + 1
  unit.missed.set(name, times)
  unit.polls.ask(name, plus(now, putOffNs(name, times)))
}

function askNext(unit: Unit, now: MonoNs): void {
  const { session, time } = unit
  finishJob(unit)
  if (!session.isReady() || (unit.readings.identity !== undefined && !isModel5071a(unit.readings.identity))) return
  const timeAt = time?.nextAt()
  if (timeAt !== undefined && timeAt <= now) {
    unit.othersAsked = false
    send(unit, QUERIES.time, 'poll', now)
    return
  }
  if (isHeld(unit, now)) return
  const [request, purpose] = nextOther(unit, now) ?? []
  unit.othersAsked = request !== undefined
  if (request !== undefined && purpose !== undefined) send(unit, request, purpose, now)
}

function nextOther({ job, log, polls }: Unit, now: MonoNs): readonly [ScpiRequest, Purpose] | undefined {
  const order = job?.next()
  if (order !== undefined) return [order, 'job']
  const entry = log.next()
  if (entry !== undefined) {
    log.asked()
    return [entry, 'log']
  }
  const name = polls.next(now)
  if (name === undefined) return undefined
  polls.asked(name, now)
  return [QUERIES[name], 'poll']
}

/** Nothing else may stand in the way when it is time to ask for the time, and only one thing in between. */
function isHeld({ time, othersAsked }: Unit, now: MonoNs): boolean {
  const timeAt = time?.nextAt()
  return timeAt !== undefined && (othersAsked || between(now, timeAt) < CLEAR_BEFORE_TIME_NS)
}

function send(unit: Unit, request: ScpiRequest, purpose: Purpose, now: MonoNs): void {
  unit.asked = { request, at: now, for: purpose }
  if (request === QUERIES.time) unit.time?.asked(now)
  takeEvents(unit, unit.session.send(request, now), now)
}

/** Faults `hp5071a.steering`: out of range, not in normal operation, or the order before is still under way. */
function steer(unit: Unit, { fractionE15 }: Steering, now: MonoNs): Result<readonly DriverAction[]> {
  const { stepE15, limitE15 } = STEERING_E15
  if (fractionE15 > limitE15 || fractionE15 < -limitE15) {
    return fail('hp5071a.steering', `expected an offset within ±${limitE15}e-15, got ${fractionE15}e-15`)
  }
  const quality = isSilent(unit, now) ? 'unknown' : qualityOf(unit.readings)
  if (quality !== 'locked') {
    return fail('hp5071a.steering', `expected a unit in normal operation, got one that is ${quality}`)
  }
  if (unit.job !== undefined) return fail('hp5071a.steering', 'expected no order under way, got one that is')
  unit.job = createSteeringJob(Math.round(Number(fractionE15) / Number(stepE15)) * Number(stepE15))
  return ok(step(unit, [], now))
}

/** Before its first call a driver has heard nothing. */
function isSilent({ silentAt }: Unit, now: MonoNs): boolean {
  return silentAt === undefined || now >= silentAt
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { session, polls, report, silentAt, time, job, log, readings } = unit
  const saidAt = report.saidAt()
  if (silentAt === undefined || saidAt === undefined) return monoNs(0n)
  const isOther = readings.identity !== undefined && !isModel5071a(readings.identity)
  const othersAt = job?.next() !== undefined || log.next() !== undefined ? unit.now : polls.nextAt()
  const asks = session.isReady() && !isOther
  const instants = [
    report.nextAt(),
    // Once the alarm is in the status there is nothing more to wait for.
    silentAt > saidAt ? silentAt : undefined,
    session.nextWakeAt(),
    asks ? time?.nextAt() : undefined,
    asks && !isHeld(unit, unit.now) ? othersAt : undefined,
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
