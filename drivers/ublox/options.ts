import type { z } from 'zod'
import type { Result } from '../../src/core/fault.ts'
import { checkOptions, choice, floorDate, integer, number, table, yesOrNo } from '../options.ts'

/** What the emulated receiver is and does. */
const emulatorSchema = table({
  model: choice('NEO-M8T', 'ZED-F9T').default('NEO-M8T'),
  /** Paces the bytes; it does not set a port. */
  baudRate: integer(4800, 921_600).default(9600),
  /** The port of the receiver that the line hangs on. */
  port: choice('uart1', 'uart2', 'usb').default('uart1'),
  /** From power on to the first fix. */
  coldStartSeconds: integer(0, 3600).default(3),
  /** From power on until the satellites have told the leap seconds; 750 on a real one at worst. */
  leapKnownSeconds: integer(0, 3600).default(5),
  /** From the pulse to the first byte of the burst, ms, and the largest deviation from it. */
  firstByteAfterPulseMs: integer(1, 500).default(60),
  firstByteJitterMs: integer(0, 100).default(8),
  /** Standard deviation of the white noise on the pulse, ns, beside the sawtooth that qErr tells. */
  pulseNoiseNs: number(0, 1_000_000).default(3),
})

const surveySchema = table({
  minSeconds: integer(1, 10_000_000).default(3600),
  accuracyMetres: number(0.001, 1000).default(2),
})

const positionSchema = table({
  latitudeDegrees: number(-90, 90),
  longitudeDegrees: number(-180, 180),
  /** Above the ellipsoid WGS 84, not above sea level. */
  heightMetres: number(-1000, 20_000),
  accuracyMetres: number(0.001, 100).default(0.5),
})

const schema = table({
  /** Writes what differs from what is needed, to memory that forgets it without power. Off: listens only. */
  configure: yesOrNo().default(true),
  /** Makes the receiver keep in its battery-backed memory and flash what it was told. */
  save: yesOrNo().default(false),
  /** The port of the receiver that the line hangs on; `ask` asks the receiver. */
  port: choice('ask', 'i2c', 'uart1', 'uart2', 'usb', 'spi').default('ask'),
  /** Whose seconds the time pulse marks; `keep` leaves the pulse as it is set. */
  timePulse: choice('utc', 'gps', 'keep').default('utc'),
  /** `check`: of the NMEA sentences only RMC stays on, as a second opinion; `keep` leaves them as they are. */
  nmea: choice('check', 'keep').default('check'),
  /** The antenna does not move, and the receiver is to find out where it is. */
  surveyIn: surveySchema.optional(),
  /** The antenna does not move, and stands there. */
  fixedPosition: positionSchema.optional(),
  /** A date 1024 weeks early: `report` believes no label, `repair` adds the weeks and raises an alarm. */
  weekRollover: choice('report', 'repair').default('report'),
  /** No true date lies before it: an earlier one is a week rollover. null looks for none, for old recordings. */
  floorDate: floorDate().default('2025-01-01'),
  /** Without a good frame or sentence for so long, the instrument counts as silent. */
  silenceSeconds: integer(2, 3600).default(5),
  emulator: emulatorSchema.prefault({}),
})
  .refine((options) => options.weekRollover === 'report' || options.floorDate !== null, {
    error: 'a date, from which the rollover is repaired',
    path: ['floorDate'],
  })
  .refine((options) => options.surveyIn === undefined || options.fixedPosition === undefined, {
    error: 'nothing beside fixedPosition',
    path: ['surveyIn'],
  })
  .refine((options) => options.configure || (options.surveyIn ?? options.fixedPosition) === undefined, {
    error: 'true, since the position is to be set',
    path: ['configure'],
  })

export type UbloxOptions = Readonly<z.output<typeof schema>>
export type UbloxEmulatorOptions = UbloxOptions['emulator']

/**
 * Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`, like
 * `sources[2].options.silenceSeconds: expected an integer from 2 to 3600, got 0`.
 */
export function parseOptions(input: unknown, path: string): Result<UbloxOptions> {
  return checkOptions(schema, input, path)
}
