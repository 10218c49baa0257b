import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, table } from '../options.ts'

const schema = table({
  /** What it counts: TAI, as ptp4l and timing cards have it, or the seconds of UTC, as some daemons set it. */
  scale: choice('tai', 'utc').default('tai'),
  /** Before this date it was never set. */
  floorDate: floorDate().default('2025-01-01'),
})

export type PhcOptions = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<PhcOptions> {
  return checkOptions(schema, input, path)
}
