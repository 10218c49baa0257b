import assert from 'node:assert/strict'
import type { Fault } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import { contains } from '../core/interval.ts'
import type { Prng } from '../core/prng.ts'
import type { SampleQuality } from '../core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'
import { createNodeClock, type NodeClock, type NodeClockReading } from './node-clock.ts'
import type { SourceConfig } from './source.ts'
import type { OscillatorClass } from './source-class.ts'
import type { SourceReading } from './source-reading.ts'

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

/** Any crystal of its class: up to 50 ppm off, its rate within 200 ppb of what it ever was, over seconds or minutes. */
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

/** An instrument whose error changes from `fromS` on. */
export function going(
  instrument: Instrument,
  fromS: number,
  errorNs: (since: number) => number | undefined,
): Instrument {
  return {
    ...instrument,
    errorNs: (second) => (second < fromS ? instrument.errorNs(second) : errorNs(second - fromS)),
  }
}

export function threeDomains(prng: Prng): readonly [Instrument, Instrument, Instrument] {
  return [
    honest({ name: 'gnss0' }, prng),
    honest({ name: 'ptp0', class: 'ptp', domain: 'ptp' }, prng),
    honest({ name: 'cs0', class: 'caesium', domain: 'caesium' }, prng),
  ]
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

/** Reads, and dies when TAI is not where the reading says. */
export function readTruly(appliance: VirtualAppliance, second: number, where: string): NodeClockReading {
  const reading = appliance.read(second)
  const truth = appliance.oscillator.truthAt(at(second))
  const { estimate } = reading
  assert.ok(estimate !== undefined, `${where}, ${second} s: nothing`)
  assert.ok(
    contains(estimate.interval, truth),
    `${where}, ${second} s: ${truth - estimate.taiNs} of ${estimate.boundNs}`,
  )
  assert.ok(abs(estimate.taiNs - truth) <= estimate.boundNs, where)
  return reading
}

export function sourceOf(reading: NodeClockReading, name: string): SourceReading {
  const found = reading.sources.find((source) => source.name === name)
  assert.ok(found !== undefined)
  return found
}

export function codes({ alarms }: NodeClockReading): readonly string[] {
  return alarms.map(({ code }) => code)
}
