import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * The one line of telemetry of a MAC SA.3x, as oscillatord's sa3x_oscillator.c reads it: twelve fields by their place, and
 * a thirteenth with later firmware. Nothing in it is a checksum, so its form is kept strictly.
 */
export interface Telemetry {
  /** BITE: 0 locked, 1 not. */
  readonly locked: boolean
  readonly firmware: string
  readonly serial: string
  readonly tecMilliC: number
  /** RF control, 0.1 mV. */
  readonly rfTenthMilliVolt: number
  /** Centre of the DDS, 0.01 Hz. */
  readonly ddsCentiHertz: number
  readonly cellHeaterMilliAmpere: number
  readonly dcSignalMilliVolt: number
  readonly temperatureMilliC: number
  /** 0.01 Hz. */
  readonly digitalTuningCentiHertz: number
  readonly analogTuningOn: boolean
  readonly analogTuningMilliVolt: number
  /** Later firmware alone: digital tuning, 1e-15. */
  readonly digitalTuningE15: number | undefined
}

const INTEGER = '(-?\\d{1,10})'
const LINE = new RegExp(
  `^([01]),([0-9A-Za-z.]{1,8}),([0-9A-Za-z-]{1,16}),${INTEGER},${INTEGER},${INTEGER},${INTEGER},${INTEGER},${INTEGER},` +
    `${INTEGER},([01]),${INTEGER}(?:,${INTEGER})?$`,
)

/** Fault `sa3x.telemetry`: the line has not the form of twelve or thirteen fields. */
export function parseTelemetry(line: string): Result<Telemetry> {
  const fields = LINE.exec(line)
  if (fields === null) {
    const got = JSON.stringify(line.slice(0, 130))
    return fail('sa3x.telemetry', `expected twelve fields like 0,1.02,1209SA00042,…, got ${got}`)
  }
  const number = (index: number): number => Number(fields[index])
  return ok({
    locked: fields[1] === '0',
    firmware: fields[2] ?? '',
    serial: fields[3] ?? '',
    tecMilliC: number(4),
    rfTenthMilliVolt: number(5),
    ddsCentiHertz: number(6),
    cellHeaterMilliAmpere: number(7),
    dcSignalMilliVolt: number(8),
    temperatureMilliC: number(9),
    digitalTuningCentiHertz: number(10),
    analogTuningOn: fields[11] === '1',
    analogTuningMilliVolt: number(12),
    digitalTuningE15: fields[13] === undefined ? undefined : number(13),
  })
}
