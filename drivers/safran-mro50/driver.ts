import { fail, ok, type Result } from '../../src/core/fault.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Driver, DriverContext, DriverFault, DriverStatus, Steering } from '../driver.ts'
import { createPollDriver, type PollPlan } from '../scpi/poll-driver.ts'
import type { SteeringRequests } from '../scpi/poll-steering.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import type { Mro50Options } from './options.ts'
import {
  FINE_MAX,
  FINE_STEP_E15,
  fineOf,
  hex,
  type Monitor,
  parseMonitor,
  parseSetting,
  READ_FINE,
  steeredE15Of,
} from './protocol.ts'

/** 62 characters take 65 ms; oscillatord gives each byte 50 ms. */
const ANSWER_WITHIN_NS = 700n * NS_PER_MILLISECOND
const LINE_LENGTH_MAX = 130
/** As far as the fine control goes from its middle. */
export const STEER_LIMIT_E15 = BigInt((FINE_MAX / 2) * FINE_STEP_E15)

type Question = 'monitor' | 'fine' | 'coarse'

interface Readings {
  monitor: Monitor | undefined
  fine: number | undefined
  coarse: number | undefined
}

/**
 * Asks an mRO-50 for its monitor line once a second and for its settings now and then. It has a pulse and no date: there
 * are statuses and no samples. Alarms: `mro50.silent`, `.not-locked`, `.lock-unclear`.
 */
export function createDriver(_options: Mro50Options, _context: DriverContext): Driver {
  const nothing = (): Readings => ({ monitor: undefined, fine: undefined, coarse: undefined })
  let readings = nothing()
  const plan: PollPlan<Question> = {
    dialect: { replyEnd: 'lines', commandEnd: '\r', refusal: (line) => (line.startsWith('?') ? 1 : undefined) },
    lineLengthMax: LINE_LENGTH_MAX,
    probe: ask('MONITOR1', (line) => parseMonitor(line).ok),
    periodsNs: { monitor: NS_PER_SECOND, fine: 10n * NS_PER_SECOND, coarse: 60n * NS_PER_SECOND },
    request: (name) =>
      name === 'monitor'
        ? ask('MONITOR1', (line) => parseMonitor(line).ok)
        : ask(name === 'fine' ? READ_FINE : 'FD', (line) => parseSetting(line) !== undefined),
    take: (name, line) => take(readings, name, line),
    refused: (name) => [{ code: 'mro50.refused', message: `${name}: expected an answer, got a refusal` }],
    forget: () => {
      readings = nothing()
    },
    status: (silent) => statusOf(readings, silent),
    steering: {
      kind: 'mro50',
      readBack: 'fine',
      write: (wanted) => steer(readings, wanted),
      read: () => (readings.fine === undefined ? undefined : BigInt(steeredE15Of(readings.fine))),
    },
  }
  return createPollDriver(plan)
}

function ask(command: string, accepts: (line: string) => boolean): ScpiRequest {
  return { command, replyWithinNs: ANSWER_WITHIN_NS, accepts: ([line = '']) => accepts(line) }
}

function take(readings: Readings, name: Question | 'probe', line: string): readonly DriverFault[] {
  if (name === 'fine' || name === 'coarse') {
    const value = parseSetting(line)
    readings[name] = name === 'fine' && value !== undefined && value > FINE_MAX ? undefined : value
    if (readings[name] !== undefined) return []
    return [{ code: 'mro50.value', message: `fine control: expected 0 to ${FINE_MAX}, got ${value}` }]
  }
  const monitor = parseMonitor(line)
  readings.monitor = monitor.ok ? monitor.value : undefined
  return monitor.ok ? [] : [monitor.fault]
}

/** What is written is answered by two line feeds alone, so the reading back is what confirms it. */
function steer(readings: Readings, { fractionE15 }: Steering): Result<SteeringRequests> {
  if (fractionE15 > STEER_LIMIT_E15 || fractionE15 < -STEER_LIMIT_E15) {
    return fail('mro50.steering', `expected at most ${STEER_LIMIT_E15}e-15 either way, got ${fractionE15}e-15`)
  }
  if (readings.monitor?.locked !== true) return fail('mro50.steering', 'expected a locked unit, got one that is not')
  const fine = fineOf(fractionE15)
  const request: ScpiRequest = { ...ask(`${READ_FINE} ${hex(fine, 4)}`, () => false), replyLines: 0 }
  return ok({ requests: [request], expectedE15: BigInt(steeredE15Of(fine)) })
}

function statusOf({ monitor, fine, coarse }: Readings, silent: boolean): DriverStatus {
  const locked = silent ? undefined : monitor?.locked
  const alarms = new Map<string, string>()
  if (silent) alarms.set('mro50.silent', 'it does not answer')
  else if (monitor !== undefined && locked === undefined) {
    alarms.set('mro50.lock-unclear', 'character 56 of MONITOR1 is C, whose meaning is not known')
  } else if (locked === false) alarms.set('mro50.not-locked', 'character 56 of MONITOR1 has no bit 2')
  const known = !silent && monitor !== undefined
  return {
    quality: !known ? 'unknown' : locked === true ? 'locked' : 'unlocked',
    dependsOn: locked === true ? 'own' : 'unknown',
    alarms: [...alarms.keys()],
    ...(alarms.size === 0 ? {} : { reasons: Object.fromEntries(alarms) }),
    identity: 'Safran mRO-50',
    ...(silent || fine === undefined ? {} : { steeredE15: steeredE15Of(fine) }),
    ...(silent || monitor?.temperatureC === undefined ? {} : { celsius: monitor.temperatureC }),
    details: {
      ...(monitor?.temperatureC === undefined ? {} : { temperatureC: monitor.temperatureC }),
      ...(fine === undefined ? {} : { fineControl: fine }),
      ...(coarse === undefined ? {} : { coarseControl: coarse }),
    },
  }
}
