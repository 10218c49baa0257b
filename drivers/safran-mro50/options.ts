import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, emulatedReference, table } from '../options.ts'

/** What the emulated unit is and does. */
const emulatorSchema = table({
  ...emulatedReference({ warmUpSeconds: 5, fractionE15: 30_000, ageingE15PerDay: 5 }),
})

const schema = table({ emulator: emulatorSchema.prefault({}) })

export type Mro50Options = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<Mro50Options> {
  return checkOptions(schema, input, path)
}
