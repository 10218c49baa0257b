import type { Result } from '../src/core/fault.ts'
import type { TimeSample } from '../src/core/sample.ts'
import type { MonoNs } from '../src/core/time.ts'
import type { DriverContext, DriverFault, DriverStatus, EmulatorContext } from './driver.ts'

/**
 * The contract between a clock of this machine that is read and the rest of the agent: what `driver.ts` is for lines.
 * Comparisons with the local oscillator go in, actions come out; the device and the timer are the reader's.
 */
export interface ClockDriver {
  /** The clock was compared, once a second or after a gap, each time later than before. */
  read(reading: ClockReading): readonly ClockAction[]
}

/** Somewhere inside a window of `bracketNs` centred on `monoNs` the clock showed `shownNs`, on its own scale. */
export interface ClockReading {
  readonly monoNs: MonoNs
  readonly shownNs: bigint
  readonly bracketNs: bigint
}

export type ClockAction =
  | { readonly type: 'sample'; readonly sample: TimeSample }
  | { readonly type: 'status'; readonly status: DriverStatus }
  | { readonly type: 'fault'; readonly fault: DriverFault }

/** What every clock driver needs beside its own options. */
export interface ClockContext extends DriverContext {
  /** How far the clock may be from TAI by the word of whoever configured it: the clock itself says nothing. */
  readonly accuracyNs: bigint
}

/** The far side, for memory on virtual time. */
export interface ClockEmulator {
  read(now: MonoNs): ClockReading
  /** Switches a fault on or off by its name; the names are in the family's `faults`. */
  setFault(name: string, on: boolean): Result<void>
}

/** One family of clocks: one folder, one line in `drivers/index.ts`. */
export interface ClockFamily<Options> {
  readonly kind: string
  /** One line for listings: which clocks. */
  readonly title: string
  readonly link: 'clock'
  /** Checks what the configuration's `options` table holds; `path` is where it stands, for the fault. */
  parseOptions(input: unknown, path: string): Result<Options>
  create(options: Options, context: ClockContext): ClockDriver
  /** Names of the faults that the emulator can be told to show, each with a line on what it does. */
  readonly faults: Readonly<Record<string, string>>
  emulate(options: Options, seed: number, context: EmulatorContext): ClockEmulator
}
