import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from '../options.ts'

/** What the emulated unit is and does; it stands there warm and synchronized, and warms up after a power cycle. */
const emulatorSchema = table({
  baudRate: choice(1200, 9600).default(9600),
  serial: integer(1, 999_999).default(104_233),
  /** Whether it sends its sentence every second. */
  beat: yesOrNo().default(true),
  /** Some minutes on a real unit. */
  warmUpSeconds: number(1, 3600).default(20),
  /** Of the loop that follows the pulse of the reference. */
  tauSeconds: integer(10, 10_000).default(50),
  /** Its pulse at first, ahead of the second, ns. */
  pulseOffsetNs: number(-1_000_000, 1_000_000).default(20),
  /** Its own frequency offset, 1e-15, and how that grows. */
  fractionE15: integer(-1_000_000, 1_000_000).default(3_000),
  ageingE15PerDay: integer(-100_000, 100_000).default(300),
  pulseNoiseNs: number(0, 1_000_000).default(2),
})

const schema = table({
  /** `sro`: SRO, LNRClok and iSync with the whole command set. `lpfrs`: LPFRS and RMO, of which only `M` is asked: no date. */
  model: choice('sro', 'lpfrs').default('sro'),
  /** The time scale of its date and time: GPS time on record, but whoever sets it may set anything. */
  timescale: choice('gps', 'utc').default('gps'),
  /** Believe `TD` and `DT` of a unit that sends no PTNTA and so cannot say who has set them. */
  trustsDate: yesOrNo().default(false),
  /** No true date lies before it; null accepts all, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  emulator: emulatorSchema.prefault({}),
})

export type SpectratimeOptions = Readonly<z.output<typeof schema>>

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<SpectratimeOptions> {
  return checkOptions(schema, input, path)
}
