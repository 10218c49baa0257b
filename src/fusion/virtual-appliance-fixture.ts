import type { Fault } from '../core/fault.ts'
import type { Prng } from '../core/prng.ts'
import type { SampleQuality } from '../core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'
import { createNodeClock, type NodeClock, type NodeClockReading } from './node-clock.ts'
import type { SourceConfig } from './source.ts'
import type { OscillatorClass } from './source-class.ts'

/** For tests: one appliance on virtual time, whose instruments and oscillator err as they are told to. */

/** Where TAI truly is, seen from the local oscillator. */
export interface Oscillator {
  truthAt(now: MonoNs): TaiNs
  /** Rate of TAI against it at an instant, minus 1. */
  ratePpb(now: MonoNs): number
}

/** TAI at second 0 of the local oscillator. */
export const START_TAI = taiNs(1_760_000_000n * NS_PER_SECOND)

export function at(second: number): MonoNs {
  return monoNs(BigInt(Math.round(second * 1e9)))
}

/** An oscillator whose rate swings by ±`wanderPpb` around `ratePpb`, once in `periodS`. */
export function swinging(ratePpb: number, wanderPpb: number, periodS: number, phase = 0): Oscillator {
  const turn = (2 * Math.PI) / periodS
  return {
    truthAt: (now) => {
      const second = Number(now) / 1e9
      const swungNs = (wanderPpb / turn) * (Math.cos(phase) - Math.cos(turn * second + phase))
      return plus(START_TAI, now + BigInt(Math.round(ratePpb * second + swungNs)))
    },
    ratePpb: (now) => ratePpb + wanderPpb * Math.sin((turn * Number(now)) / 1e9 + phase),
  }
}

/** Any crystal of its class: up to 50 ppm off, and wandering within 200 ppb, over seconds or over minutes. */
export function anyCrystal(prng: Prng): Oscillator {
  return swinging(
    (prng.nextUnit() * 2 - 1) * 49_900,
    prng.nextUnit() * 95,
    20 + prng.nextUnit() * 600,
    prng.nextUnit() * 7,
  )
}

export interface Instrument {
  readonly config: SourceConfig
  readonly accuracyNs: number
  readonly noiseNs: number
  /** Its error beside the noise at a local second; undefined: it is silent. */
  errorNs(second: number): number | undefined
  quality?(second: number): SampleQuality
}

/** An instrument that is right: off by a constant within its accuracy. */
export function honest(config: Partial<SourceConfig> & { readonly name: string }, prng: Prng): Instrument {
  const accuracyNs = 50 + prng.nextBelow(1_000)
  const biasNs = (prng.nextUnit() * 2 - 1) * accuracyNs
  return {
    config: { class: 'gnss', role: 'time', domain: 'gnss', ...config },
    accuracyNs,
    noiseNs: 10 + prng.nextBelow(200),
    errorNs: () => biasNs,
  }
}

export interface VirtualAppliance {
  readonly clock: NodeClock
  readonly oscillator: Oscillator
  /** Every instrument gives its reading of this second, at an instant within its first tenth. */
  tick(second: number): readonly Fault[]
  read(second: number): NodeClockReading
}

export function createVirtualAppliance(
  prng: Prng,
  oscillator: Oscillator,
  instruments: readonly Instrument[],
  oscillatorClass: OscillatorClass = 'crystal',
): VirtualAppliance {
  const clock = createNodeClock({ oscillator: oscillatorClass, sources: instruments.map(({ config }) => config) })
  const hear = (instrument: Instrument, second: number): readonly Fault[] => {
    const { config, accuracyNs, noiseNs } = instrument
    const errorNs = instrument.errorNs(second)
    if (errorNs === undefined) return []
    const now = at(second + prng.nextUnit() * 0.1)
    const heardNs = BigInt(Math.round(errorNs + (prng.nextUnit() * 2 - 1) * noiseNs))
    return clock.observe({
      kind: 'time',
      source: config.name,
      monoNs: now,
      taiNs: plus(oscillator.truthAt(now), heardNs),
      accuracyNs: BigInt(Math.ceil(accuracyNs)),
      precisionNs: BigInt(Math.ceil(noiseNs)) + 1n,
      quality: instrument.quality?.(second) ?? 'locked',
    })
  }
  return {
    clock,
    oscillator,
    tick: (second) => instruments.flatMap((instrument) => hear(instrument, second)),
    read: (second) => clock.read(at(second)),
  }
}
