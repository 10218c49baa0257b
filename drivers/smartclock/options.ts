import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from '../options.ts'
import { ANTENNA_DELAY_NS_MAX } from './control.ts'

/** The speeds that units of the family can be set to; the Z3801A knows only the last. */
const BAUD_RATES = [1200, 2400, 9600, 19_200] as const

/** What the emulated unit is and does. */
const emulatorSchema = table({
  model: choice('58503A', 'Z3801A', 'Z3805A').default('Z3805A'),
  /** Sends back every character; the factory setting of all models, which some units have lost. */
  echo: yesOrNo().default(true),
  /** Paces the characters; it does not set a port. */
  baudRate: choice(...BAUD_RATES).default(9600),
  timeCodeFormat: choice('T1', 'T2').default('T2'),
  /** From power on to the first lock; hours on a real unit. */
  powerUpSeconds: number(0, 86_400).default(3),
  /** From a lock to the end of `stabilizing frequency` (FFOM 1). */
  stabilizeSeconds: number(0, 86_400).default(20),
  /** How long the way back from holdover to lock takes once GPS is there again. */
  recoverySeconds: number(1, 86_400).default(10),
  /** Standard deviation of the white noise on the pulse in lock, ns. */
  pulseNoiseNs: number(0, 1_000_000).default(20),
  /** How much too fast the oscillator runs in holdover, ppb; too slow if negative. */
  holdoverDriftPpb: number(-100_000, 100_000).default(0.5),
})

const schema = table({
  /** A date 1024 weeks early: `report` believes no label, `repair` adds the weeks and raises an alarm. */
  weekRollover: choice('report', 'repair').default('report'),
  /** No true date lies before it: an earlier one is a week rollover. null looks for none, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  /** How often the screen is read, which takes 2.6 s of the line at 9600 baud and two time codes with it; 0 is never. */
  statusScreenSeconds: integer(0, 86_400).default(900),
  /** Written into the unit when it has another, once a session, and read back. Left out, the unit's own is kept. */
  antennaDelayNs: integer(-ANTENNA_DELAY_NS_MAX, ANTENNA_DELAY_NS_MAX).optional(),
  /** Whether the agent may tell the unit to hold over, to recover, and to synchronize. */
  control: yesOrNo().default(false),
  emulator: emulatorSchema.prefault({}),
}).refine((options) => options.weekRollover === 'report' || options.floorDate !== null, {
  error: 'a date, from which the rollover is repaired',
  path: ['floorDate'],
})

export type SmartclockOptions = Readonly<z.output<typeof schema>>
export type SmartclockEmulatorOptions = SmartclockOptions['emulator']

/** Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`. */
export function parseOptions(input: unknown, path: string): Result<SmartclockOptions> {
  return checkOptions(schema, input, path)
}
