import type { Fault, Result } from '../src/core/fault.ts'
import type { LeapTable } from '../src/core/leap.ts'
import type { LabelSample, SampleQuality, TimeSample } from '../src/core/sample.ts'
import type { MonoNs, TaiNs } from '../src/core/time.ts'

/**
 * The contract between an instrument family and the rest of the agent. A driver is pure: bytes and local instants go
 * in, actions come out. It owns no timer, no port and no clock; the shell in `src/device` keeps one timer for
 * `nextWakeAt` and writes what it is asked to write.
 */
export interface Driver {
  /** Bytes as they came, in order, any number at a time; `receivedAt` is when the first of them was read. */
  receive(bytes: Uint8Array, receivedAt: MonoNs): readonly DriverAction[]
  /** The instant asked for has come. A spurious wake is a no-op. */
  wake(now: MonoNs): readonly DriverAction[]
  /** The absolute instant of the next wake, or undefined for none. Ask again after every receive and wake. */
  nextWakeAt(): MonoNs | undefined
  /**
   * Of families with `steering` alone: makes the instrument run faster or slower than it would by itself. Fault: it cannot
   * now, or not so far. Whether it may at all is decided elsewhere.
   */
  steer?(steering: Steering, now: MonoNs): Result<readonly DriverAction[]>
}

/** What an instrument is to do to its own oscillator from now on; it replaces what it was told before. */
export interface Steering {
  /** Its frequency offset, in units of 1e-15; positive runs faster. */
  readonly fractionE15: bigint
}

export type DriverAction =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  | { readonly type: 'sample'; readonly sample: LabelSample | TimeSample }
  | { readonly type: 'status'; readonly status: DriverStatus }
  | { readonly type: 'fault'; readonly fault: DriverFault }
  /**
   * What comes over the line is of this protocol beyond chance (a checksum, an answer to a question): its settings are
   * right. Said once, at the first such bytes.
   */
  | { readonly type: 'understood' }
  /** The instrument or its line must be started afresh: the shell closes and reopens the link. */
  | { readonly type: 'reset'; readonly reason: string }

/** A counted, never fatal, complaint about what came over the wire. */
export interface DriverFault extends Fault {
  /** The line (counted from 1 since the link was opened) that it is about, where the protocol has lines. */
  readonly line?: number
}

/** What the instrument says of its own health; sent whenever it changes and at least once a minute. */
export interface DriverStatus {
  readonly quality: SampleQuality | 'unknown'
  /** What its time depends on right now: the sky it listens to, or its own oscillator while in holdover. */
  readonly dependsOn: 'sky' | 'own' | 'unknown'
  /** Stable codes of what is wrong, empty when nothing is: `gnss.no-fix`, `smartclock.holdover`. */
  readonly alarms: readonly string[]
  /** For alarms that want more than their code: one sentence with what was seen, by code. */
  readonly reasons?: Readonly<Record<string, string>>
  readonly identity?: string
  /** What the instrument says about leap seconds, if it says anything resolved. */
  readonly taiMinusUtcSeconds?: number
  /** Of families with `steering`: what it is steered to at present by its own word, 1e-15; absent while that is not known. */
  readonly steeredE15?: number
  /** How warm its oscillator is by its own sensor, °C; absent while that is not known. Its rate may go with it. */
  readonly celsius?: number
  /** Everything else worth showing, with units in the names: `satellitesUsed`, `timeIntervalNs`. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** What every driver of every family needs beside its own options. */
export interface DriverContext {
  /** The name of the source in the configuration; it goes into every sample. */
  readonly source: string
  readonly leapTable: LeapTable
}

/**
 * The device's side of the same wire: pure too, so that driver and emulator run against each other in memory on virtual
 * time, and the same emulator serves a real pty in the demo. `trueTai` is what its sky says: a spoofed sky says wrong.
 */
export interface Emulator {
  /** Bytes from the host. */
  receive(bytes: Uint8Array, now: MonoNs): readonly EmulatorAction[]
  wake(now: MonoNs): readonly EmulatorAction[]
  nextWakeAt(): MonoNs | undefined
  /** Switches a fault on or off by its name; the names are in the family's `faults`. */
  setFault(name: string, on: boolean): Result<void>
  /** Of those that stand for the line too: how the host has set its port, whenever that changes. */
  lineChanged?(host: LineSettings): void
}

export type EmulatorAction =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** The edge of the pulse output happens (or happened) at local instant `at`. */
  | { readonly type: 'pulse'; readonly at: MonoNs }

/** The world an emulated instrument stands in: its sky maps local instants to TAI and back. */
export interface EmulatorContext {
  readonly leapTable: LeapTable
  /** TAI as the instrument's sky tells it at local instant `at`. Strictly increasing. */
  skyTai(at: MonoNs): TaiNs
  /** The local instant at which the sky says `tai`. The inverse of `skyTai` to within 1 ns. */
  skyMono(tai: TaiNs): MonoNs
}

/** How characters stand on a serial line, with one stop bit. */
export interface LineSettings {
  readonly baudRate: number
  readonly parity: 'none' | 'odd' | 'even'
  readonly dataBits: 7 | 8
}

/** One instrument family: one folder, one line in `drivers/index.ts`. */
export interface DriverFamily<Options> {
  /** The name in configuration and on the command line: `nmea-receiver`. */
  readonly kind: string
  /** One line for listings: which instruments. */
  readonly title: string
  readonly link: 'serial' | 'tcp' | 'udp'
  /**
   * Serial line settings that the family starts with, and in `probe` those that are tried after them, in turn, while the
   * driver understands nothing; undefined for other links.
   */
  readonly serial?: LineSettings & { readonly probe?: readonly LineSettings[] }
  /**
   * `label`: it tells the time of day, and its pulses are numbered by that. `none`: it has a pulse without a date, whose
   * place is that of a frequency source.
   */
  readonly timeOfDay: 'label' | 'none'
  /** Of families whose options decide about it; `timeOfDay` then stands for the default options. */
  timeOfDayWith?(options: Options): 'label' | 'none'
  /** Present when it can be steered: the finest step and the widest offset, in units of 1e-15. */
  readonly steering?: { readonly stepE15: bigint; readonly limitE15: bigint }
  /** Checks what the configuration's `options` table holds; `path` is where it stands, for the fault. */
  parseOptions(input: unknown, path: string): Result<Options>
  /** What the options must hold for a recording to be read as on the day it was made, whenever that was. */
  readonly recordingOptions?: Readonly<Record<string, unknown>>
  create(options: Options, context: DriverContext): Driver
  /** Names of the faults that the emulator can be told to show, each with a line on what it does. */
  readonly faults: Readonly<Record<string, string>>
  emulate(options: Options, seed: number, context: EmulatorContext): Emulator
}
