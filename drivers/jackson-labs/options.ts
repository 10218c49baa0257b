import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from '../options.ts'

const BAUD_RATES = [9600, 19_200, 38_400, 57_600, 115_200] as const

/** What the emulated instrument is and does. */
const emulatorSchema = table({
  /** Paces the characters; it does not set a port. */
  baudRate: choice(...BAUD_RATES).default(115_200),
  /** How its terminal stands when it gets power. */
  prompt: yesOrNo().default(false),
  echo: yesOrNo().default(true),
  /** Sends $GPRMC, $GPZDA and $PJLTS every second, in between. */
  nmea: yesOrNo().default(false),
  /** From power on until it may lock, and the run time that its health calls short: 200 to 300 s on a real unit. */
  warmUpSeconds: number(0, 3600).default(5),
  runTimeSeconds: number(0, 3600).default(15),
  /** How long its health tells of a step: 180 s on a real unit. */
  phaseResetSeconds: number(0, 3600).default(20),
  /** How long its loop calls itself locked without a receiver: 100 s on a real unit. */
  phaseLockedSeconds: number(0, 3600).default(10),
  /** How long after the time of day its date turns at midnight: one cannot know. */
  dateLagMs: integer(0, 400).default(100),
  /** It steps its pulse when that is farther off, ns. */
  thresholdNs: integer(50, 2000).default(220),
  pulseNoiseNs: number(0, 1_000_000).default(2),
  /** Its oscillator's own frequency, 1e-15, and ageing. */
  fractionE15: number(-1e9, 1e9).default(13_100),
  ageingE15PerDay: number(-1e6, 1e6).default(100),
})

const schema = table({
  /** `scpi`: it is asked, and its sentences are a second opinion. `nmea`: it is only listened to. */
  speaks: choice('scpi', 'nmea').default('scpi'),
  /** Which pulse the time that it tells names, seen from the first byte of the answer or the sentence. */
  names: choice('preceding-pulse', 'following-pulse').default('preceding-pulse'),
  /** No true date lies before it: an earlier one is a week rollover. null looks for none, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  emulator: emulatorSchema.prefault({}),
})

export type JacksonLabsOptions = Readonly<z.output<typeof schema>>
export type JacksonLabsEmulatorOptions = JacksonLabsOptions['emulator']

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<JacksonLabsOptions> {
  return checkOptions(schema, input, path)
}
