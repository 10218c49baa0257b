import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext, DriverFault, Steering } from '../driver.ts'
import { createFaultLimit } from '../gnss/fault-limit.ts'
import { parseSentence } from '../nmea/sentence.ts'
import { parsePtnta } from '../nmea/spectratime-ptnta.ts'
import type { ScpiLine } from '../scpi/framing.ts'
import { createPollDriver, type PollPlan } from '../scpi/poll-driver.ts'
import type { PollSteering, SteeringRequests } from '../scpi/poll-steering.ts'
import { takeAnswer } from './answers.ts'
import { type Beat, createBeatFilter } from './beat-filter.ts'
import { type ClockReader, type ClockReading, createClockReader } from './clock-reader.ts'
import { noReadings, qualityOf, type Readings, stateOf, statusOf } from './health.ts'
import type { SpectratimeOptions } from './options.ts'
import {
  FREQUENCY_STEPS_MAX,
  IDENTITY,
  parseDate,
  parseTime,
  QUERIES,
  type QueryName,
  STEERING_E15,
  setFrequency,
} from './protocol.ts'

/**
 * The time is asked for around the date, and not in step with the unit's second: so the answers show where in it they fall.
 */
const CLOCK_PERIOD_NS = 1_730n * NS_PER_MILLISECOND
const LINE_LENGTH_MAX = 80
/** The date and the time around it, if nothing came between. */
const CLOCK_TURN_NS_MAX = 500n * NS_PER_MILLISECOND
const BEAT_HEARD_NS = 5n * NS_PER_SECOND

interface Unit {
  readonly options: SpectratimeOptions
  readonly clock: ClockReader
  readings: Readings
  wasLocked: boolean
  turn: { readonly text: string; readonly came: ScpiLine; date?: string } | undefined
  actions: DriverAction[]
}

/**
 * Asks a SpectraTime rubidium for its state and its clock in turn, and hears the sentence that it sends every second. Alarms:
 * `spectratime.silent`, `.unlocked`, `.holdover`, `.lamp`, `.line-signal`, `.varactor`, `.heater`, `.date-unproven`, `.stuck`,
 * `.time-step`, `.disagree`, `.week-rollover`.
 */
export function createDriver(options: SpectratimeOptions, context: DriverContext): Driver {
  const { leapTable, source } = context
  const floorNs = options.floorDate === null ? undefined : midnight(options.floorDate, context)
  const unit: Unit = {
    options,
    clock: createClockReader(options, source, leapTable, floorNs),
    readings: noReadings(),
    wasLocked: false,
    turn: undefined,
    actions: [],
  }
  const filter = createBeatFilter()
  const limit = createFaultLimit('spectratime.faults-suppressed')
  const complain = (faults: readonly DriverFault[]): void => {
    for (const fault of faults) unit.actions.push({ type: 'fault', fault })
  }
  const inner =
    options.model === 'sro'
      ? createPollDriver(planOf(unit, SRO_PERIODS_NS, steeringOf(unit)))
      : createPollDriver(planOf(unit, LPFRS_PERIODS_NS))
  let isUnderstood = false
  /** Of the two ways in which it is understood, the first counts. */
  const once = (actions: readonly DriverAction[]): readonly DriverAction[] =>
    actions.filter(({ type }) => {
      if (type !== 'understood') return true
      const isFirst = !isUnderstood
      isUnderstood = true
      return isFirst
    })
  return {
    ...inner,
    receive(bytes, receivedAt) {
      const { answers, beats } = filter.take(bytes, receivedAt)
      complain(limit.expire(receivedAt))
      for (const beat of beats) {
        for (const fault of takeBeat(unit, beat)) complain(limit.offer(fault, receivedAt))
      }
      return once(inner.receive(answers, receivedAt))
    },
    wake(now) {
      complain(limit.expire(now))
      return once(inner.wake(now))
    },
    nextWakeAt() {
      const [own, limitAt] = [inner.nextWakeAt(), limit.nextAt()]
      return limitAt !== undefined && (own === undefined || limitAt < own) ? limitAt : own
    },
  }
}

function planOf<Name extends QueryName>(
  unit: Unit,
  periodsNs: Readonly<Record<Name, bigint>>,
  steered?: PollSteering<Name>,
): PollPlan<Name> {
  return {
    dialect: { replyEnd: 'lines' },
    lineLengthMax: LINE_LENGTH_MAX,
    probe: IDENTITY,
    periodsNs,
    request: (name) => QUERIES[name],
    take: (name, line, came) => take(unit, name, line, came),
    refused: () => [],
    forget() {
      unit.readings = { ...noReadings(), beat: unit.readings.beat }
    },
    status(silent, now) {
      noteLock(unit, now)
      return statusOf(unit.readings, silent, now, unit.wasLocked, timeAlarms(unit, now))
    },
    takeActions() {
      const { actions } = unit
      unit.actions = []
      return actions
    },
    ...(steered === undefined ? {} : { steering: steered }),
  }
}

function steeringOf(unit: Unit): PollSteering<QueryName> {
  return {
    kind: 'spectratime',
    readBack: 'frequency',
    write: (wanted) => steering(unit, wanted),
    read() {
      const steps = unit.readings.frequencySteps
      return steps === undefined ? undefined : BigInt(steps) * STEERING_E15.stepE15
    },
  }
}

const SECOND = NS_PER_SECOND
const SRO_PERIODS_NS = {
  timeBefore: CLOCK_PERIOD_NS,
  date: CLOCK_PERIOD_NS,
  timeAfter: CLOCK_PERIOD_NS,
  state: SECOND,
  monitor: 10n * SECOND,
  tracking: 10n * SECOND,
  synchronization: 60n * SECOND,
  frequency: 10n * SECOND,
  saving: 60n * SECOND,
  delay: 60n * SECOND,
  pulseWidth: 60n * SECOND,
  alignment: 60n * SECOND,
  serial: 600n * SECOND,
} as const satisfies Record<QueryName, bigint>
/** The old command set has health alone. */
const LPFRS_PERIODS_NS = { monitor: 5n * SECOND } as const

function take(unit: Unit, name: QueryName | 'probe', text: string, came: ScpiLine): readonly DriverFault[] {
  if (name === 'probe') {
    if (unit.readings.identity !== text) unit.wasLocked = false
    unit.readings = { ...unit.readings, identity: text }
    return []
  }
  if (name === 'timeBefore') unit.turn = { text, came }
  else if (name === 'date') {
    if (unit.turn !== undefined) unit.turn.date = text
  } else if (name === 'timeAfter') return endTurn(unit, text, came)
  else {
    const answer = takeAnswer(unit.readings, name, text, came.lastByteAt)
    if (!answer.ok) return [{ ...answer.fault, line: came.number }]
    unit.readings = answer.value
    noteLock(unit, came.lastByteAt)
  }
  return []
}

/** The same second before and after: the date between is of that second, and no pulse came before its answer. */
function endTurn(unit: Unit, text: string, came: ScpiLine): readonly DriverFault[] {
  const { turn } = unit
  unit.turn = undefined
  if (turn?.date === undefined || turn.text !== text) return []
  if (between(turn.came.firstByteAt, came.lastByteAt) > CLOCK_TURN_NS_MAX) return []
  const reading = readingOf(turn.date, text)
  if (!reading.ok) return [{ ...reading.fault, line: came.number }]
  if (reading.value === undefined) return []
  const { firstByteAt, lastByteAt } = turn.came
  const isProven = unit.options.trustsDate && !hearsBeat(unit, lastByteAt)
  return label(unit, { from: 'TD and DT', reading: reading.value, firstByteAt, lastByteAt, isProven })
}

function readingOf(date: string, time: string): Result<UtcTime | undefined> {
  const parsedDate = parseDate(date)
  const parsedTime = parseTime(time)
  if (!parsedDate.ok) return parsedDate
  if (!parsedTime.ok) return parsedTime
  const [day, ofDay] = [parsedDate.value, parsedTime.value]
  return ok(day === undefined || ofDay === undefined ? undefined : { ...day, ...ofDay })
}

function takeBeat(unit: Unit, { text, firstByteAt, lastByteAt }: Beat): readonly DriverFault[] {
  const sentence = parseSentence(text, false)
  if (!sentence.ok) return [sentence.fault]
  // An iSync passes on what the receiver behind it says.
  if (sentence.value.address !== 'PTNTA') return []
  const beat = parsePtnta(sentence.value)
  if (!beat.ok) return [beat.fault]
  unit.actions.push({ type: 'understood' })
  unit.readings = { ...unit.readings, beat: { value: beat.value, at: lastByteAt } }
  noteLock(unit, lastByteAt)
  const { reading, dateFrom } = beat.value
  if (reading === undefined) return []
  const isProven = dateFrom === 'GPS' || dateFrom === 'GPS, not fresh'
  return label(unit, { from: 'PTNTA', reading, firstByteAt, lastByteAt, isProven })
}

function label(unit: Unit, clock: ClockReading): readonly DriverFault[] {
  const quality = qualityOf(unit.readings, clock.lastByteAt, unit.wasLocked)
  const read = unit.clock.read(clock, quality === 'unknown' ? 'unlocked' : quality)
  if (!read.ok) return [read.fault]
  // Where the unit sends its sentence, the other clock is only compared with it.
  if (clock.from === 'PTNTA' || !hearsBeat(unit, clock.lastByteAt)) {
    unit.actions.push({ type: 'sample', sample: read.value.sample })
  }
  return read.value.faults
}

function hearsBeat({ readings }: Unit, now: MonoNs): boolean {
  return readings.beat !== undefined && between(readings.beat.at, now) <= BEAT_HEARD_NS
}

function noteLock(unit: Unit, now: MonoNs): void {
  const state = stateOf(unit.readings, now)
  if (state === 'tracking' || state === 'synchronized') unit.wasLocked = true
  // It has been off in between.
  if (state === 'warming up') unit.wasLocked = false
}

function timeAlarms(unit: Unit, now: MonoNs): ReadonlyMap<string, string> {
  const alarms = new Map(unit.clock.alarms(now))
  const { readings, options } = unit
  const said = hearsBeat(unit, now) ? readings.beat?.value.dateFrom : undefined
  const isProven = said === 'GPS' || said === 'GPS, not fresh' || (options.trustsDate && !hearsBeat(unit, now))
  const isTold = options.model === 'sro' && (readings.state !== undefined || readings.beat !== undefined)
  if (isTold && !isProven) {
    const reason = `expected a date that GPS has set, got one of ${said ?? 'TD and DT, which cannot say'}`
    alarms.set('spectratime.date-unproven', reason)
  }
  return alarms
}

/** Faults `spectratime.steering`: out of range, or following its reference, which moves the same correction. */
function steering({ readings }: Unit, { fractionE15 }: Steering): Result<SteeringRequests> {
  const { stepE15, limitE15 } = STEERING_E15
  if (fractionE15 > limitE15 || fractionE15 < -limitE15) {
    return fail('spectratime.steering', `expected an offset within ±${limitE15}e-15, got ${fractionE15}e-15`)
  }
  if (readings.isTracking !== false) {
    return fail('spectratime.steering', 'expected a unit that does not follow its reference (TR0), got another')
  }
  const steps = Math.round(Number(fractionE15) / Number(stepE15))
  assert(Math.abs(steps) <= FREQUENCY_STEPS_MAX, `${steps} is within the limit`)
  return ok({ requests: [setFrequency(steps)], expectedE15: BigInt(steps) * stepE15 })
}

function midnight(date: string, { leapTable }: DriverContext): TaiNs {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const tai = utcToTai(leapTable, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
  assert(tai.ok, `${date} passed the check of the options`)
  return tai.value
}
