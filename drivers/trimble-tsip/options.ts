import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from '../options.ts'

/** What the emulated receiver is and does. */
const emulatorSchema = table({
  model: choice(
    'thunderbolt',
    'thunderbolt-e',
    'resolution-t',
    'resolution-smt',
    'resolution-smtx',
    'res-smt-360',
    'icm-smt-360',
    'acutime-360',
  ).default('thunderbolt-e'),
  /** Paces the bytes; it does not set a port. By default what the model leaves the factory with. */
  baudRate: integer(1200, 460_800).optional(),
  /** From power-on to the first fix, and from there to the lock of a disciplined oscillator. */
  coldStartSeconds: number(0, 3600).default(3),
  lockSeconds: number(0, 3600).default(3),
  /** From the first fix until the difference between GPS time and UTC is known; 12.5 minutes at worst on a real one. */
  utcKnownSeconds: number(0, 3600).default(0),
  /** A position is stored; otherwise a survey of so many seconds begins with the first fix. */
  storedPosition: yesOrNo().default(true),
  surveySeconds: number(1, 86_400).default(20),
  /** The way back from holdover once satellites are there again. */
  recoverySeconds: number(1, 3600).default(10),
  /** How much too fast the oscillator runs in holdover, ppb; by default 0.5 if disciplined, otherwise 20. */
  holdoverDriftPpb: number(-10_000, 10_000).optional(),
  /** Standard deviation of the white noise on the pulse, ns. */
  pulseNoiseNs: number(0, 1_000_000).default(10),
  /** Half the height of the sawtooth in models that report their quantization error, ns. */
  pulseSawtoothNs: number(0, 500).default(13),
})

const schema = table({
  /** Switches the broadcasts on that the driver needs, and the calendar to `timeScale`; otherwise it only asks. */
  configure: yesOrNo().default(true),
  /** Which scale the calendar of 8F-AB is to be in; GPS time is known before UTC is. */
  timeScale: choice('gps', 'utc').default('gps'),
  /** How many fixes a self-survey averages; left as it is by default. */
  surveyFixes: integer(1, 1_000_000).optional(),
  /** A date 1024 weeks early: `report` believes no label, `repair` adds the weeks and raises an alarm. */
  weekRollover: choice('report', 'repair').default('report'),
  /** No true date lies before it: an earlier one is a week rollover. null looks for none, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  /** Without a good packet for so long, the receiver counts as silent. */
  silenceSeconds: integer(2, 3600).default(5),
  emulator: emulatorSchema.prefault({}),
}).refine((options) => options.weekRollover === 'report' || options.floorDate !== null, {
  error: 'a date, from which the rollover is repaired',
  path: ['floorDate'],
})

export type TrimbleTsipOptions = Readonly<z.output<typeof schema>>
export type TrimbleTsipEmulatorOptions = TrimbleTsipOptions['emulator']

/**
 * Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`, like
 * `sources[2].options.timeScale: expected one of gps, utc, got "tai"`.
 */
export function parseOptions(input: unknown, path: string): Result<TrimbleTsipOptions> {
  return checkOptions(schema, input, path)
}
