import { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, integer, number, table, yesOrNo } from '../options.ts'

/** What the emulated grandmaster is and does; it stands there locked to its sky. */
const emulatorSchema = table({
  clockClass: integer(0, 255).default(6),
  /** IEEE 1588-2019, table 5: 0x21 is 100 ns. */
  clockAccuracy: integer(0, 255).default(0x21),
  timeSource: integer(0, 255).default(0x20),
  twoStep: yesOrNo().default(true),
  /** Base 2 of the interval, s. */
  logSyncInterval: integer(-7, 4).default(0),
  logAnnounceInterval: integer(-3, 4).default(0),
  logDelayRequestInterval: integer(-7, 4).default(0),
  /** Standard deviation of its stamps, ns. */
  stampNoiseNs: number(0, 1_000_000).default(20),
  /** How many boundary clocks it says are behind it. */
  stepsRemoved: integer(0, 255).default(0),
})

function clockIdentity() {
  const expected = 'a clock identity like 001122.fffe.334455'
  return z.string(expected).regex(/^[0-9a-f]{6}\.[0-9a-f]{4}\.[0-9a-f]{6}$/, expected)
}

function literalAddress() {
  const expected = 'a literal IP address'
  return z.string(expected).regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+(?:%[\w.-]{1,15})?)$/, expected)
}

const schema = table({
  domain: integer(0, 255).default(0),
  network: choice('udp4', 'udp6').default('udp4'),
  /** The grandmaster that is meant, as it announces itself; absent: the only one of the domain. */
  grandmaster: clockIdentity().optional(),
  /** Where its packets come from, as the system writes it; absent: wherever the first came from. */
  address: literalAddress().optional(),
  /** `static`: it sends to us alone by its own list. `negotiated`: it is asked to. Both need `address`. */
  unicast: choice('no', 'static', 'negotiated').default('no'),
  /** What is asked for where it is negotiated: base 2 of the interval between Syncs, s. */
  logSyncInterval: integer(-7, 4).default(0),
  /** Base 2 of the interval between our requests, s; absent: as the grandmaster says. */
  logDelayRequestInterval: integer(-7, 6).optional(),
  /** So many announce intervals without an Announce, and it is silent. */
  announceTimeoutIntervals: integer(2, 10).default(3),
  /** By how much the way from the grandmaster takes longer than the mean of both ways, ns (IEEE 1588-2019, 7.4.2). */
  asymmetryNs: integer(-10_000_000, 10_000_000).default(0),
  /** What the asymmetry may still be off that value, where it was measured; absent: all that the round trip allows. */
  delayUncertaintyNs: integer(0, 1_000_000_000).optional(),
  /** Asks it once a minute what it is, by management messages; nothing depends on the answer. */
  management: yesOrNo().default(true),
  /** The ports of the standard are 319 and 320. */
  eventPort: integer(1, 65_535).default(319),
  generalPort: integer(1, 65_535).default(320),
  emulator: emulatorSchema.prefault({}),
}).superRefine((options, context) => {
  if (options.unicast === 'no' || options.address !== undefined) return
  context.addIssue({ code: 'custom', path: ['address'], message: 'a literal IP address with unicast' })
})

export type PtpOptions = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<PtpOptions> {
  return checkOptions(schema, input, path)
}
