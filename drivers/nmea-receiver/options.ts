import { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, table, yesOrNo } from '../options.ts'

/** `plain`: standard sentences alone. */
export const DIALECTS = [
  'plain',
  'ublox',
  'furuno',
  'furuno-gt80',
  'skytraq',
  'mediatek',
  'isync',
  'jackson-labs',
  'garmin',
] as const

/** What the emulated instrument does. */
const emulatorSchema = table({
  /** Whose receiver it is: which sentences of the maker's own come after the standard ones. */
  dialect: choice(...DIALECTS).default('plain'),
  /** What it says in an inserted second: 23:59:60, 23:59:59 once more, or 00:00:00 early and once more. */
  leapSecond: choice('sixty', 'fifty-nine-twice', 'zero-twice').default('sixty'),
  /** Two letters before every sentence; GSV keeps them too. */
  talker: z
    .string('two letters')
    .regex(/^[A-OQ-Z][A-Z]$/, 'two capital letters, the first not P')
    .default('GP'),
  /** One burst a second, in this order. */
  sentences: z
    .array(choice('RMC', 'ZDA', 'GGA', 'GSA', 'GSV'), 'a list of sentences')
    .min(1, 'at least one sentence')
    .max(5, 'at most five sentences')
    .default(['RMC', 'GGA', 'GSA', 'GSV', 'ZDA']),
  /** From the pulse to the first byte of the burst, ms, and the largest deviation from it. */
  firstByteAfterPulseMs: integer(1, 900).default(60),
  firstByteJitterMs: integer(0, 100).default(8),
  /** Paces the sentences of a burst; it does not set a port. */
  baudRate: integer(1200, 921_600).default(9600),
  /** Standard deviation of the white noise on the pulse, ns. */
  pulseNoiseNs: integer(0, 1_000_000).default(30),
  /** Half the height of the sawtooth that quantising to the receiver's own clock leaves on the pulse, ns. */
  pulseSawtoothNs: integer(0, 1_000_000).default(0),
  /** Without a fix and without a time for so long after the start. */
  coldStartSeconds: integer(0, 3600).default(1),
})

const schema = table({
  /** Which pulse the time in a sentence names; the preceding one with nearly all receivers. */
  names: choice('preceding-pulse', 'following-pulse').default('preceding-pulse'),
  /** The time scale of RMC, ZDA and of all sentences that are not declared to be of another. */
  timescale: choice('utc', 'gps', 'glonass').default('utc'),
  /** That of SpectraTime's PTNTA, which is on record as GPS time beside a receiver that tells UTC. */
  ptntaTimescale: choice('gps', 'utc').default('gps'),
  /** A date 1024 weeks early: `report` believes no label, `repair` adds the weeks and raises an alarm. */
  weekRollover: choice('report', 'repair').default('report'),
  /** No true date lies before it: an earlier one is a week rollover. null accepts all, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  /** Believe sentences without a checksum (58534A). */
  allowMissingChecksum: yesOrNo().default(false),
  /** Without a good sentence for so long, the instrument counts as silent. */
  silenceSeconds: integer(2, 3600).default(5),
  emulator: emulatorSchema.prefault({}),
}).refine((options) => options.weekRollover === 'report' || options.floorDate !== null, {
  error: 'a date, from which the rollover is repaired',
  path: ['floorDate'],
})

export type NmeaReceiverOptions = Readonly<z.output<typeof schema>>
export type NmeaEmulatorOptions = NmeaReceiverOptions['emulator']

/**
 * Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`, like
 * `sources[2].options.silenceSeconds: expected an integer from 2 to 3600, got 0`.
 */
export function parseOptions(input: unknown, path: string): Result<NmeaReceiverOptions> {
  return checkOptions(schema, input, path)
}
