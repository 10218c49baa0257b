import { z } from 'zod'
import { integer, table, yesOrNo } from '../../drivers/options.ts'

/** `[outputs]`: programs of this appliance that are given the served time. None unless it is named. */

export const path = z.string('a path').regex(/^[^\0]{1,4096}$/s, 'a path of 1 to 4096 characters')

/** For programs that are told a time without its bound: what is worse than this they are not told. */
const limits = {
  boundNsMax: integer(1, 1_000_000_000).default(1_000_000),
  /** Also while there is no certificate: the own hardware, which nobody confirms. */
  fallback: yesOrNo().default(false),
}

export const outputsSchema = table({
  /** The shared memory of ClockBound, protocol version 2. */
  clockbound: table({
    path,
    /** How fast the system's clock may run off the true time while nobody sets it, ppm: whoever slews it included. */
    driftPpmMax: integer(1, 100_000).default(1_000),
  }).optional(),
  /** A SOCK reference clock of chronyd. */
  chronySock: table({ path, ...limits }).optional(),
  /** A shared memory reference clock of ntpd, and of whoever else reads it; units 0 and 1 are for root. */
  ntpShm: table({ unit: integer(0, 255), ...limits }).optional(),
})

export type OutputsConfiguration = z.infer<typeof outputsSchema>

/** With all paths resolved by `from`. */
export function resolveOutputs(outputs: OutputsConfiguration, from: (path: string) => string): OutputsConfiguration {
  const { clockbound, chronySock } = outputs
  return {
    ...outputs,
    ...(clockbound === undefined ? {} : { clockbound: { ...clockbound, path: from(clockbound.path) } }),
    ...(chronySock === undefined ? {} : { chronySock: { ...chronySock, path: from(chronySock.path) } }),
  }
}
