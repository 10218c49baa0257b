import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import type { Driver, DriverContext, DriverStatus } from '../driver.ts'
import { createPollDriver, type PollPlan } from '../scpi/poll-driver.ts'
import type { ScpiRequest } from '../scpi/session.ts'
import type { Sa3xOptions } from './options.ts'
import { parseTelemetry, type Telemetry } from './protocol.ts'

/** A unit begins to answer within 100 ms (oscillatord), and 128 characters take 22 ms. */
const ANSWER_WITHIN_NS = 500n * NS_PER_MILLISECOND
const LINE_LENGTH_MAX = 140

/**
 * Asks a MAC SA.3x for its telemetry once a second. It has a pulse and no date: there are statuses and no samples. What it
 * could be steered with is not published: it is read and not told. Alarms: `sa3x.silent`, `.not-locked`.
 */
export function createDriver(_options: Sa3xOptions, _context: DriverContext): Driver {
  let telemetry: Telemetry | undefined
  const take = (line: string): void => {
    const parsed = parseTelemetry(withoutEcho(line))
    telemetry = parsed.ok ? parsed.value : undefined
  }
  const plan: PollPlan<'telemetry'> = {
    dialect: { replyEnd: 'lines', commandEnd: '' },
    lineLengthMax: LINE_LENGTH_MAX,
    probe: ask(),
    periodsNs: { telemetry: NS_PER_SECOND },
    request: ask,
    take: (_name, line) => {
      take(line)
      return []
    },
    refused: () => [],
    forget: () => {
      telemetry = undefined
    },
    status: (silent) => statusOf(telemetry, silent),
  }
  return createPollDriver(plan)
}

/** One character, without a line end. */
function ask(): ScpiRequest {
  return {
    command: '^',
    replyWithinNs: ANSWER_WITHIN_NS,
    accepts: ([line = '']) => parseTelemetry(withoutEcho(line)).ok,
  }
}

/** An adapter that sends characters back puts the command before its answer. */
function withoutEcho(line: string): string {
  return line.startsWith('^') ? line.slice(1) : line
}

function statusOf(telemetry: Telemetry | undefined, silent: boolean): DriverStatus {
  if (silent || telemetry === undefined) {
    return {
      quality: 'unknown',
      dependsOn: 'unknown',
      alarms: silent ? ['sa3x.silent'] : [],
      ...(silent ? { reasons: { 'sa3x.silent': 'it does not answer' } } : {}),
      details: {},
    }
  }
  const { locked, firmware, serial } = telemetry
  return {
    quality: locked ? 'locked' : 'unlocked',
    dependsOn: locked ? 'own' : 'unknown',
    alarms: locked ? [] : ['sa3x.not-locked'],
    ...(locked
      ? {}
      : { reasons: { 'sa3x.not-locked': `BITE is 1, cell heater ${telemetry.cellHeaterMilliAmpere} mA` } }),
    identity: `Microchip MAC SA.3x ${serial} ${firmware}`,
    celsius: telemetry.temperatureMilliC / 1_000,
    details: detailsOf(telemetry),
  }
}

function detailsOf(telemetry: Telemetry): DriverStatus['details'] {
  const { serial, firmware, tecMilliC, rfTenthMilliVolt, ddsCentiHertz, temperatureMilliC, digitalTuningE15 } =
    telemetry
  return {
    serial,
    firmware,
    temperatureC: temperatureMilliC / 1_000,
    tecC: tecMilliC / 1_000,
    rfMilliVolt: rfTenthMilliVolt / 10,
    ddsHertz: ddsCentiHertz / 100,
    cellHeaterMilliAmpere: telemetry.cellHeaterMilliAmpere,
    dcSignalMilliVolt: telemetry.dcSignalMilliVolt,
    digitalTuningHertz: telemetry.digitalTuningCentiHertz / 100,
    analogTuningOn: telemetry.analogTuningOn,
    analogTuningMilliVolt: telemetry.analogTuningMilliVolt,
    ...(digitalTuningE15 === undefined ? {} : { digitalTuningE15 }),
  }
}
