import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, integer, number, table, yesOrNo } from '../options.ts'

/** What the emulated unit is and does; it stands there warm and locked, and warms up after a power cycle. */
const emulatorSchema = table({
  serial: integer(1, 999_999_999).default(107_831),
  /** Six minutes on a real unit. */
  warmUpSeconds: number(1, 3_600).default(20),
  /** Whether it is told to follow the pulse at its input. */
  follows: yesOrNo().default(false),
  /** Whether something is connected there: a pulse on the sky's seconds. */
  inputPulse: yesOrNo().default(true),
  /** Its own frequency offset, 1e-15, and how that grows. A unit ages by at most 5e-11 a month. */
  fractionE15: integer(-1_000_000, 1_000_000).default(5_000),
  ageingE15PerDay: integer(-100_000, 100_000).default(500),
  pulseNoiseNs: number(0, 1_000_000).default(2),
})

const schema = table({ emulator: emulatorSchema.prefault({}) })

export type Prs10Options = Readonly<z.output<typeof schema>>
export type Prs10EmulatorOptions = Prs10Options['emulator']

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<Prs10Options> {
  return checkOptions(schema, input, path)
}
