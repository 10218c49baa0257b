import type { MonoNs, TaiNs } from './time.ts'

/**
 * What an instrument said of its own lock at the instant of a reading. `holdover`: its oscillator carries a time that
 * was once locked. `unlocked`: its time must not vote.
 */
export type SampleQuality = 'locked' | 'holdover' | 'unlocked'

/** One comparison of a source with the local oscillator: at local instant `monoNs` the source said `taiNs`. */
export interface TimeSample {
  readonly kind: 'time'
  readonly source: string
  readonly monoNs: MonoNs
  readonly taiNs: TaiNs
  /** What averaging cannot remove: cable delay, claimed accuracy, asymmetry. Half-width, ns. */
  readonly accuracyNs: bigint
  /** Noise of this one reading. Half-width, ns. */
  readonly precisionNs: bigint
  readonly quality: SampleQuality
}

/**
 * A date and time of day heard over a serial line: it numbers the seconds of a pulse and is far too late and too
 * jittery to be a time mark itself. `taiNs` is the pulse it names, not the instant of its arrival.
 */
export interface LabelSample {
  readonly kind: 'label'
  readonly source: string
  /** Local instants of the first and the last byte that carried the label. */
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
  readonly taiNs: TaiNs
  /** Which pulse the label names, seen from the label's first byte. */
  readonly names: 'preceding-pulse' | 'following-pulse'
  /** The instrument's own word that the label may be believed. */
  readonly valid: boolean
  readonly quality: SampleQuality
  /**
   * By how much the named pulse comes late after the second that it marks, by the instrument's own word, ps (negative:
   * early): the quantization error of a receiver whose pulses fall on ticks of its clock. Whether its sign is meant so
   * is measured before it is believed.
   */
  readonly pulseLatePs?: bigint
}

/** The edge of a pulse per second on the local oscillator; which second it starts is not known from the pulse. */
export interface PulseSample {
  readonly kind: 'pulse'
  readonly source: string
  readonly monoNs: MonoNs
  /** How far `monoNs` may be from the edge (stamping, conversion between clocks). Half-width, ns. */
  readonly uncertaintyNs: bigint
}
