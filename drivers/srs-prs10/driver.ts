import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverFault, Steering } from '../driver.ts'
import { createPolls, type Polls } from '../scpi/polls.ts'
import { createScpiSession, type Dialect, type ScpiEvent, type ScpiSession } from '../scpi/session.ts'
import { createStatusReport, type StatusReport } from '../scpi/status-report.ts'
import { takeAnswer } from './answers.ts'
import { NO_READINGS, type Readings, statusOf } from './health.ts'
import { createLatch, type Latch } from './latch.ts'
import { QUERIES, type QueryName, STEERING_E15, setSteering } from './protocol.ts'
import { BIT } from './status-bits.ts'

const SILENT_AFTER_NS = 10n * NS_PER_SECOND

/** What a question that brought no answer is put off by at first, and at most: some firmware knows fewer of them. */
const PUT_OFF_NS = 60n * NS_PER_SECOND
const PUT_OFF_DOUBLINGS_MAX = 6

/** The identity is the probe of the session, and asked by it alone. */
const PERIODS_NS: Readonly<Record<QueryName, bigint | undefined>> = {
  identity: undefined,
  status: NS_PER_SECOND,
  lock: 2n * NS_PER_SECOND,
  follows: 10n * NS_PER_SECOND,
  timeTag: 5n * NS_PER_SECOND,
  steering: 10n * NS_PER_SECOND,
  control: 30n * NS_PER_SECOND,
  signals: 30n * NS_PER_SECOND,
  timeConstant: 60n * NS_PER_SECOND,
  caseTemperature: 30n * NS_PER_SECOND,
  lampHeater: 60n * NS_PER_SECOND,
  supply: 60n * NS_PER_SECOND,
}
const NEEDED: readonly QueryName[] = ['status', 'lock']

const DIALECT: Dialect = { replyEnd: 'lines' }
const LINE_LENGTH_MAX = 80
const LINES_MAX = 4

/**
 * Sent while the line is drained, so that it does not matter whether it is answered: XON, for a unit that an XOFF made
 * silent, an end for what it may have half of, and terse replies.
 */
const OPENING = Uint8Array.of(0x11, ...Array.from('\rVB0\r', (character) => character.charCodeAt(0)))
const XON = 0x11
const XOFF = 0x13

interface Unit {
  readonly session: ScpiSession
  readonly latch: Latch
  readonly report: StatusReport
  polls: Polls<QueryName>
  readings: Readings
  asked: QueryName | undefined
  readonly missed: Map<QueryName, number>
  silentAt: MonoNs | undefined
  understood: boolean
  /** To be set when the line is free; and what the unit must then say that it has. */
  steering: { readonly parts: number; readonly sent: boolean } | undefined
  actions: DriverAction[]
}

/**
 * Asks a PRS10 or FS725 for its state. It has a pulse and no date: no samples. Alarms: `prs10.silent`, `.unlocked`,
 * `.lamp`, `.rf`, `.temperature`, `.control`, `.supply`, `.input-pulse`, `.reset`, `.eeprom`, each with what was seen. A
 * status bit is kept for a minute, since the unit forgets it when it is read.
 */
export function createDriver(): Driver {
  const unit: Unit = {
    session: createScpiSession({
      probe: QUERIES.identity,
      lineLengthMax: LINE_LENGTH_MAX,
      linesMax: LINES_MAX,
      dialect: DIALECT,
    }),
    latch: createLatch(),
    report: createStatusReport(),
    polls: createPolls(PERIODS_NS, monoNs(0n)),
    readings: NO_READINGS,
    asked: undefined,
    missed: new Map(),
    silentAt: undefined,
    understood: false,
    steering: undefined,
    actions: [],
  }
  return {
    receive: (bytes, at) => step(unit, unit.session.receive(withoutFlowControl(bytes), at), at),
    wake: (now) => step(unit, unit.session.wake(now), now),
    nextWakeAt: () => nextWakeAt(unit),
    steer: (steering, now) => steer(unit, steering, now),
  }
}

/** The two characters belong to the line, not to what is said over it; the driver never sends enough to be stopped. */
function withoutFlowControl(bytes: Uint8Array): Uint8Array {
  return bytes.some((byte) => byte === XON || byte === XOFF)
    ? bytes.filter((byte) => byte !== XON && byte !== XOFF)
    : bytes
}

function step(unit: Unit, events: readonly ScpiEvent[], now: MonoNs): readonly DriverAction[] {
  if (unit.silentAt === undefined) {
    unit.silentAt = plus(now, SILENT_AFTER_NS)
    unit.actions.push({ type: 'write', bytes: OPENING })
  }
  takeEvents(unit, events, now)
  askNext(unit, now)
  unit.latch.release(now)
  const status = statusOf(unit.readings, unit.latch, isSilent(unit, now))
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
    // Question and answer came apart, and the line is being drained.
    unit.actions.push({ type: 'write', bytes: OPENING })
    if (event.fault.code !== 'scpi.unsolicited') noteMissed(unit, now)
    unit.asked = undefined
  }
}

function takeReply(unit: Unit, event: ScpiEvent & { type: 'reply' }, now: MonoNs): void {
  const name = event.request === QUERIES.identity ? 'identity' : unit.asked
  unit.asked = undefined
  const [line] = event.lines
  if (name === undefined || line === undefined) return
  if (isSilent(unit, now)) unit.readings = { ...NO_READINGS, identity: unit.readings.identity }
  unit.silentAt = plus(now, SILENT_AFTER_NS)
  unit.missed.delete(name)
  if (name === 'identity') {
    if (!unit.understood) unit.actions.push({ type: 'understood' })
    unit.understood = true
    unit.polls = createPolls(PERIODS_NS, now)
    for (const [missed, times] of unit.missed) putOff(unit, missed, times, now)
  }
  const taken = takeAnswer(name, line.text, unit.readings, unit.latch, now)
  if (!taken.ok) {
    complain(unit, `${QUERIES[name].command}: ${taken.fault.message}`, taken.fault.code, line.number)
    return
  }
  unit.readings = taken.value
  if (name === 'status' && unit.latch.present().some((bit) => REFUSALS.includes(bit))) {
    complain(
      unit,
      'ST?: expected no refusal, got ST6 with one: a command was not understood or accepted',
      'prs10.refused',
    )
  }
  if (name === 'steering') checkSteering(unit)
}

const REFUSALS: readonly number[] = [BIT.commandNotUnderstood, BIT.parameterNotAccepted]

function complain(unit: Unit, message: string, code: string, line?: number): void {
  const fault: DriverFault = { code, message, ...(line === undefined ? {} : { line }) }
  unit.actions.push({ type: 'fault', fault })
}

function noteMissed(unit: Unit, now: MonoNs): void {
  const name = unit.asked
  if (name === undefined || NEEDED.includes(name)) return
  const times = (unit.missed.get(name) ?? 0) + 1
  unit.missed.set(name, times)
  putOff(unit, name, times, now)
}

function putOff(unit: Unit, name: QueryName, times: number, now: MonoNs): void {
  unit.polls.ask(name, plus(now, PUT_OFF_NS << BigInt(Math.min(times - 1, PUT_OFF_DOUBLINGS_MAX))))
}

function askNext(unit: Unit, now: MonoNs): void {
  const { session, polls, steering } = unit
  if (!session.isReady()) return
  if (steering?.sent === false) {
    unit.steering = { ...steering, sent: true }
    polls.ask('steering', now)
    takeEvents(unit, session.send(setSteering(steering.parts), now), now)
    if (!session.isReady()) return
  }
  const name = polls.next(now)
  if (name === undefined) return
  polls.asked(name, now)
  unit.asked = name
  takeEvents(unit, session.send(QUERIES[name], now), now)
}

/** Faults `prs10.steering`: out of range, not locked, or following its input, which moves the same control. */
function steer(unit: Unit, { fractionE15 }: Steering, now: MonoNs): Result<readonly DriverAction[]> {
  const { stepE15, limitE15 } = STEERING_E15
  if (fractionE15 > limitE15 || fractionE15 < -limitE15) {
    return fail('prs10.steering', `expected an offset within ±${limitE15}e-15, got ${fractionE15}e-15`)
  }
  const { quality } = statusOf(unit.readings, unit.latch, isSilent(unit, now))
  if (quality !== 'locked') return fail('prs10.steering', `expected a unit that is locked, got one that is ${quality}`)
  if (unit.readings.follows !== false) {
    return fail('prs10.steering', 'expected a unit that follows no input pulse (PL 0), got PL 1')
  }
  unit.steering = { parts: Math.round(Number(fractionE15) / Number(stepE15)), sent: false }
  return ok(step(unit, [], now))
}

function checkSteering(unit: Unit): void {
  const { steering, readings } = unit
  if (steering?.sent !== true) return
  unit.steering = undefined
  const has = readings.details['steeringE15']
  const wanted = steering.parts * Number(STEERING_E15.stepE15)
  if (has !== wanted) complain(unit, `SF?: expected ${wanted}e-15 as it was set, got ${has}e-15`, 'prs10.steering')
}

/** Before its first call a driver has heard nothing. */
function isSilent({ silentAt }: Unit, now: MonoNs): boolean {
  return silentAt === undefined || now >= silentAt
}

function nextWakeAt(unit: Unit): MonoNs | undefined {
  const { session, polls, report, silentAt, latch } = unit
  const saidAt = report.saidAt()
  if (silentAt === undefined || saidAt === undefined) return monoNs(0n)
  const instants = [
    report.nextAt(),
    // Once the alarm is in the status there is nothing more to wait for.
    silentAt > saidAt ? silentAt : undefined,
    session.nextWakeAt(),
    session.isReady() ? polls.nextAt() : undefined,
    latch.nextAt(),
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
