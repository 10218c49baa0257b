import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, emulatedReference, integer, table, yesOrNo } from '../options.ts'

/** What the emulated unit is and does. */
const emulatorSchema = table({
  ...emulatedReference({ warmUpSeconds: 8, fractionE15: 20_000, ageingE15PerDay: 10 }),
  /** Follows the pulse at its input. */
  disciplining: yesOrNo().default(false),
  tauSeconds: integer(10, 10_000).default(100),
})

const schema = table({ emulator: emulatorSchema.prefault({}) })

export type CsacOptions = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<CsacOptions> {
  return checkOptions(schema, input, path)
}
