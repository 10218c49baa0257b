import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Driver, DriverContext, DriverFault, Steering } from '../driver.ts'
import { createPollDriver, type PollPlan } from '../scpi/poll-driver.ts'
import type { SteeringRequests } from '../scpi/poll-steering.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import { MODE_DISCIPLINE, mode, noReadings, type Readings, statusOf } from './health.ts'
import type { CsacOptions } from './options.ts'
import { parseHeaders, parseSteer, parseTelemetry } from './protocol.ts'

/** 1e-12: finer than that the Steer register does not tell. */
export const STEER_STEP_E15 = 1_000n
/** What one relative command may change at most, 2e-8; an absolute one may a hundred times that, which nobody needs. */
export const STEER_LIMIT_E15 = 20_000_000n

/** A telemetry line of 135 characters takes 24 ms on the line. */
const ANSWER_WITHIN_NS = 500n * NS_PER_MILLISECOND
const LINE_LENGTH_MAX = 200

type Question = 'telemetry' | 'steer'

interface Unit {
  readings: Readings
}

const HEADERS = command('!6', (line) => parseHeaders(line).ok)

/**
 * Asks an SA.45s for its telemetry once a second, by the names of its headers. It has a pulse and a counter of seconds,
 * and no date: there are statuses and no samples. Alarms: `csac.silent`, `.not-locked`, `.no-pps-in`,
 * `.discipline-acquiring`, `.ultra-low-power`, `.auto-sync`, and one for each bit of its Alarm field.
 */
export function createDriver(_options: CsacOptions, _context: DriverContext): Driver {
  const unit: Unit = { readings: noReadings() }
  const plan: PollPlan<Question> = {
    dialect: { replyEnd: 'lines', commandEnd: '\r\n', refusal: (line) => (/^[?*E]$/.test(line) ? 1 : undefined) },
    lineLengthMax: LINE_LENGTH_MAX,
    probe: HEADERS,
    periodsNs: { telemetry: NS_PER_SECOND, steer: 10n * NS_PER_SECOND },
    request: (name) =>
      name === 'steer'
        ? command('!F?', (line) => parseSteer(line) !== undefined)
        : command('!^', (line) => line.split(',').length === unit.readings.headers?.length),
    take: (name, line) => take(unit, name, line),
    refused: (name) => [{ code: 'csac.refused', message: `${name}: expected an answer, got a refusal` }],
    forget: () => {
      unit.readings = { ...noReadings(), headers: unit.readings.headers }
    },
    status: (silent) => statusOf(unit.readings, silent),
    steering: {
      kind: 'csac',
      readBack: 'steer',
      write: (wanted) => steer(unit, wanted),
      read: () => (unit.readings.steerE12 === undefined ? undefined : BigInt(unit.readings.steerE12) * STEER_STEP_E15),
    },
  }
  return createPollDriver(plan)
}

function command(text: string, accepts: (line: string) => boolean): ScpiRequest {
  return { command: text, replyWithinNs: ANSWER_WITHIN_NS, accepts: ([line = '']) => accepts(line) }
}

function take(unit: Unit, name: Question | 'probe', line: string): readonly DriverFault[] {
  const { readings } = unit
  if (name === 'probe') {
    const headers = parseHeaders(line)
    if (headers.ok) readings.headers = headers.value
    return headers.ok ? [] : [headers.fault]
  }
  if (name === 'steer') {
    readings.steerE12 = parseSteer(line)
    return []
  }
  const telemetry = parseTelemetry(line, readings.headers ?? [])
  if (!telemetry.ok) return [telemetry.fault]
  const { values, strange } = telemetry.value
  const serial = readings.values.get('SN')
  if (serial !== undefined && values.get('SN') !== serial) {
    // Another unit on the same line, or a line that garbles: what was known was not of this one.
    unit.readings = { ...noReadings(), headers: readings.headers }
  }
  unit.readings.values = values
  if (values.get('DiscOK') === '1') unit.readings.hasFollowed = true
  if (values.get('Status') !== '0') unit.readings.hasFollowed = false
  if (strange.length === 0) return []
  return [{ code: 'csac.value', message: `telemetry: expected every field in its form, got ${strange.join(' ')}` }]
}

/** `!FA` takes 1e-15 and replaces what was there; the register keeps whole 1e-12. */
function steer(unit: Unit, { fractionE15 }: Steering): Result<SteeringRequests> {
  if (fractionE15 > STEER_LIMIT_E15 || fractionE15 < -STEER_LIMIT_E15) {
    return fail('csac.steering', `expected at most ${STEER_LIMIT_E15}e-15 either way, got ${fractionE15}e-15`)
  }
  const modes = mode(unit.readings)
  if (modes === undefined || (modes & MODE_DISCIPLINE) !== 0) {
    return fail(
      'csac.steering',
      'expected a unit that does not follow its own input, got one that does or does not say',
    )
  }
  if (unit.readings.values.get('Status') !== '0')
    return fail('csac.steering', 'expected a locked unit, got one that is not')
  const wholeE12 = (fractionE15 + (fractionE15 < 0n ? -STEER_STEP_E15 : STEER_STEP_E15) / 2n) / STEER_STEP_E15
  const expectedE15 = wholeE12 * STEER_STEP_E15
  return ok({ requests: [command(`!FA${expectedE15}`, (line) => parseSteer(line) !== undefined)], expectedE15 })
}
