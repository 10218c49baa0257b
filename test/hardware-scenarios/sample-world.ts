import type { Prng } from '../../src/core/prng.ts'
import type { SampleQuality } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { createNodeClock, type NodeClock } from '../../src/fusion/node-clock.ts'
import type { SourceConfig } from '../../src/fusion/source.ts'
import type { OscillatorClass } from '../../src/fusion/source-class.ts'
import { createOscillatorModel, type OscillatorHabits } from './oscillator-model.ts'

/** A source whose readings are made here, for runs that are too long to speak every byte. */
export interface SampledSource {
  readonly config: SourceConfig
  readonly accuracyNs: number
  /** Standard deviation of its readings, ns; a reading says of itself four times as much. */
  readonly noiseNs: number
  /** Its error beside the noise, at so many seconds of true time; undefined: it is silent. */
  errorNs(second: number): number | undefined
  quality?(second: number): SampleQuality
}

export interface SampleWorld {
  readonly clock: NodeClock
  /** Lets so much true time pass, and every source give a reading. */
  advance(seconds: number): void
  /** Seconds of true time since the start. */
  elapsed(): number
  /** The local instant that it is, and true TAI at it. */
  now(): MonoNs
  truth(): TaiNs
}

const START_TAI = taiNs(1_760_000_000n * NS_PER_SECOND)

/** `local`: the oscillator that counts the instants of the appliance; `warmRate`: what the temperature adds to its rate now. */
export function createSampleWorld(
  prng: Prng,
  local: OscillatorHabits,
  oscillator: OscillatorClass,
  sources: readonly SampledSource[],
  warmRate?: () => number,
): SampleWorld {
  const clock = createNodeClock({ oscillator, sources: sources.map(({ config }) => config) })
  const crystal = createOscillatorModel(local, prng, warmRate)
  let elapsed = 0
  const now = (): MonoNs => monoNs(BigInt(Math.round(elapsed * 1e9 + crystal.offsetNs())))
  const truth = (): TaiNs => plus(START_TAI, BigInt(Math.round(elapsed * 1e9)))
  const advance = (seconds: number): void => {
    crystal.advance(seconds)
    elapsed += seconds
    for (const source of sources) {
      const errorNs = source.errorNs(elapsed)
      if (errorNs === undefined) continue
      clock.observe({
        kind: 'time',
        source: source.config.name,
        monoNs: now(),
        taiNs: plus(truth(), BigInt(Math.round(errorNs + source.noiseNs * prng.nextNormal()))),
        accuracyNs: BigInt(source.accuracyNs),
        precisionNs: BigInt(Math.ceil(4 * source.noiseNs)),
        quality: source.quality?.(elapsed) ?? 'locked',
      })
    }
  }
  return { clock, advance, elapsed: () => elapsed, now, truth }
}
