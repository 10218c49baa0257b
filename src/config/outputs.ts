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
  /** A ptp4l of this machine that is a grandmaster: what it announces follows what is served. */
  ptp4l: table({
    /** Its `uds_address`. */
    socket: path.default('/var/run/ptp4l'),
    /** Where its answers come to; absent: `ptp4l.sock` beside the control socket. */
    replySocket: path.optional(),
    /** Its `domainNumber` and `transportSpecific`. */
    domain: integer(0, 255).default(0),
    transportSpecific: integer(0, 15).default(0),
    /** The clock that it serves: of the system, where its stamps are software's, or a hardware clock. */
    clock: z
      .string('"system", or a hardware clock')
      .regex(/^(?:system|\/dev\/ptp\d{1,3})$/, '"system", or a hardware clock like /dev/ptp0')
      .default('system'),
  }).optional(),
})

export type OutputsConfiguration = z.infer<typeof outputsSchema>
export type Ptp4lConfiguration = NonNullable<OutputsConfiguration['ptp4l']>

/** With all paths resolved by `from`. */
export function resolveOutputs(outputs: OutputsConfiguration, from: (path: string) => string): OutputsConfiguration {
  const { clockbound, chronySock, ptp4l } = outputs
  return {
    ...outputs,
    ...(clockbound === undefined ? {} : { clockbound: { ...clockbound, path: from(clockbound.path) } }),
    ...(chronySock === undefined ? {} : { chronySock: { ...chronySock, path: from(chronySock.path) } }),
    ...(ptp4l === undefined ? {} : { ptp4l: resolvePtp4l(ptp4l, from) }),
  }
}

function resolvePtp4l(ptp4l: Ptp4lConfiguration, from: (path: string) => string): Ptp4lConfiguration {
  const { socket, replySocket } = ptp4l
  const reply = replySocket === undefined ? {} : { replySocket: from(replySocket) }
  return { ...ptp4l, socket: from(socket), ...reply }
}
