import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, emulatedReference, table, yesOrNo } from '../options.ts'

/** What the emulated unit is and does. */
const emulatorSchema = table({
  ...emulatedReference({ warmUpSeconds: 5, fractionE15: 20_000, ageingE15PerDay: 3 }),
  /** A later firmware has a thirteenth field. */
  thirteenFields: yesOrNo().default(false),
})

const schema = table({ emulator: emulatorSchema.prefault({}) })

export type Sa3xOptions = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<Sa3xOptions> {
  return checkOptions(schema, input, path)
}
