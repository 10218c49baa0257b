import { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, integer, number, table, yesOrNo } from '../options.ts'

function text(charactersMax: number) {
  const expected = `a text of 1 to ${charactersMax} characters in one line`
  return z.string(expected).regex(new RegExp(`^[^\\p{Cc}]{1,${charactersMax}}$`, 'u'), expected)
}

/** That the unit's clock was set, which nobody else can know: without it the unit has a pulse and no date. */
const timeSetSchema = table({
  /** Who set it. */
  by: text(100),
  /** When. */
  at: z.iso
    .datetime('an instant of UTC like 2026-11-28T04:30:00Z')
    .refine((at) => at >= '1980-01-06', 'an instant since 1980-01-06, where GPS time begins'),
  /** The clock that it was set by. */
  against: text(200),
})

/** What the emulated unit is and does. It stands there warm, in normal operation, and starts afresh after a power cycle. */
const emulatorSchema = table({
  maker: choice('HEWLETT-PACKARD', 'Symmetricom').default('HEWLETT-PACKARD'),
  echo: yesOrNo().default(true),
  /** Half an hour on a real unit. */
  warmUpSeconds: number(1, 86_400).default(15),
  /** Whether somebody has set its clock, by the sky. */
  clockSet: yesOrNo().default(true),
  /** By how much it then tells the wrong second. */
  clockAheadSeconds: integer(-86_400, 86_400).default(0),
  /** Whether the leap seconds that come are scheduled in it. */
  leapScheduled: yesOrNo().default(true),
  /** Whether its front panel lets go of the unit when REMOTE is asked for. */
  grantsRemote: yesOrNo().default(true),
  /** Its own frequency offset, 1e-15: a unit is within 5e-13. */
  fractionE15: integer(-100_000, 100_000).default(50),
  ageingE15PerDay: integer(-1_000, 1_000).default(0),
  pulseNoiseNs: number(0, 1_000_000).default(1),
})

const schema = table({ timeSet: timeSetSchema.optional(), emulator: emulatorSchema.prefault({}) })

export type Hp5071aOptions = Readonly<z.output<typeof schema>>
export type Hp5071aEmulatorOptions = Hp5071aOptions['emulator']
export type TimeSet = Readonly<z.output<typeof timeSetSchema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<Hp5071aOptions> {
  return checkOptions(schema, input, path)
}
