import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Driver, DriverContext, DriverFault, Steering } from '../driver.ts'
import { createPollDriver, type PollPlan } from '../scpi/poll-driver.ts'
import type { SteeringRequests } from '../scpi/poll-steering.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import { noReadings, type Readings, statusOf } from './health.ts'
import type { Sa5xOptions } from './options.ts'
import {
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  PROBE_BODY,
  PROBE_SEQUENCE,
  TUNING_LIMIT_E15,
} from './parameters.ts'
import { encodeCommand, errorNumber, parseAnswer } from './protocol.ts'

/** A unit may take 3 s to answer its first command after power on; afterwards it takes milliseconds. */
const FIRST_ANSWER_WITHIN_NS = 3n * NS_PER_SECOND
const ANSWER_WITHIN_NS = 500n * NS_PER_MILLISECOND
/** `[!100]`: a firmware that does not know the parameter. */
const INVALID_PARAMETER = 100
const LINE_LENGTH_MAX = 300

interface Unit {
  readings: Readings
  sequence: number
}

/**
 * Asks an SA5x for its parameters in turn. It has a pulse and no date, so there are statuses and no samples. Alarms:
 * `sa5x.silent`, `.not-locked`, `.no-pps-in`, `.discipline-acquiring`, and one for each bit of Alarms (see `ALARM_BITS`).
 */
export function createDriver(_options: Sa5xOptions, _context: DriverContext): Driver {
  const unit: Unit = { readings: noReadings(), sequence: 0 }
  const plan: PollPlan<ParameterName> = {
    dialect: { replyEnd: 'lines', commandEnd: '', refusal: errorNumber },
    lineLengthMax: LINE_LENGTH_MAX,
    probe: {
      ...command(PROBE_BODY, PROBE_SEQUENCE, FIRST_ANSWER_WITHIN_NS),
      command: `\\${encodeCommand(PROBE_BODY, PROBE_SEQUENCE)}`,
    },
    periodsNs: periods(),
    request: (name) => command(PARAMETERS[name].body, nextSequence(unit)),
    take: (name, line) => take(unit, name, line),
    refused: (name, errorCode) => refused(unit, name, errorCode),
    forget: () => {
      unit.readings = noReadings()
    },
    status: (silent) => statusOf(unit.readings, silent),
    steering: {
      kind: 'sa5x',
      readBack: 'digitalTuningE15',
      write: (wanted) => tuning(unit, wanted),
      read: () => {
        const said = unit.readings.numbers.get('digitalTuningE15')
        return said === undefined ? undefined : BigInt(said)
      },
    },
  }
  return createPollDriver(plan)
}

function periods(): Readonly<Record<ParameterName, bigint>> {
  return Object.fromEntries(PARAMETER_NAMES.map((name) => [name, PARAMETERS[name].periodNs])) as Record<
    ParameterName,
    bigint
  >
}

/** The last number is the probe's. */
function nextSequence(unit: Unit): number {
  unit.sequence = (unit.sequence % (PROBE_SEQUENCE - 1)) + 1
  return unit.sequence
}

function command(body: string, sequence: number, replyWithinNs = ANSWER_WITHIN_NS): ScpiRequest {
  return {
    command: encodeCommand(body, sequence),
    replyWithinNs,
    accepts: ([line = '']) => {
      const answer = parseAnswer(withoutEcho(line))
      return answer.ok && answer.value.sequence === sequence
    },
  }
}

/** Commands have no line end, so an adapter that sends them back puts them before the answer. */
function withoutEcho(line: string): string {
  return line.slice(Math.max(0, line.lastIndexOf('[')))
}

function take(unit: Unit, name: ParameterName | 'probe', line: string): readonly DriverFault[] {
  const answer = parseAnswer(withoutEcho(line))
  if (!answer.ok) return [answer.fault]
  const { readings } = unit
  const { value } = answer.value
  if (name === 'probe') {
    if (readings.firmware !== undefined && readings.firmware !== value) unit.readings = noReadings()
    unit.readings.firmware = value
  } else if (!PARAMETERS[name].form.test(value)) {
    // Numbered and summed, it is the answer all the same: nothing has come apart.
    readings.numbers.delete(name)
    const message = `${PARAMETERS[name].body}: expected a value like ${PARAMETERS[name].form.source}, got ${value}`
    return [{ code: 'sa5x.value', message }]
  } else if (name === 'serial') {
    if (readings.serial !== undefined && readings.serial !== value) {
      unit.readings = { ...noReadings(), firmware: readings.firmware }
    }
    unit.readings.serial = value
  } else {
    readings.numbers.set(name, Number(value))
    if (name === 'disciplineLocked' && value === '1') readings.hasFollowed = true
    if (name === 'locked' && value === '0') readings.hasFollowed = false
  }
  return []
}

function refused(unit: Unit, name: ParameterName, errorCode: number): readonly DriverFault[] {
  unit.readings.numbers.delete(name)
  if (errorCode === INVALID_PARAMETER) return []
  const message = `${PARAMETERS[name].body}: expected its value, got error ${errorCode}`
  return [{ code: 'sa5x.refused', message }]
}

/** What the tuning word is to be; a unit that follows its input tunes itself. */
function tuning(unit: Unit, { fractionE15 }: Steering): Result<SteeringRequests> {
  const { numbers } = unit.readings
  if (fractionE15 > TUNING_LIMIT_E15 || fractionE15 < -TUNING_LIMIT_E15) {
    return fail('sa5x.steering', `expected at most ${TUNING_LIMIT_E15}e-15 either way, got ${fractionE15}e-15`)
  }
  if (numbers.get('disciplining') !== 0) {
    return fail(
      'sa5x.steering',
      'expected a unit that does not follow its own input, got one that does or does not say',
    )
  }
  if (numbers.get('locked') !== 1) return fail('sa5x.steering', 'expected a unit on its atoms, got one that is not')
  const request = command(`set,DigitalTuning,${fractionE15}`, nextSequence(unit))
  return ok({ requests: [request], expectedE15: fractionE15 })
}
