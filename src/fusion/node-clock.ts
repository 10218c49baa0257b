import { assert } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import type { TimeSample } from '../core/sample.ts'
import type { MonoNs } from '../core/time.ts'
import { assess } from './assessment.ts'
import type { BoundedTime } from './combination.ts'
import { createFlywheel } from './flywheel.ts'
import { UNTROUBLED } from './integrity.ts'
import { OWN } from './learnt-carriers.ts'
import { type ClockMode, clockClassOf, nextMode } from './mode.ts'
import { createSource, type Source, type SourceConfig, type SourceStatus } from './source.ts'
import { OSCILLATOR_FLOOR_PPB, type OscillatorClass } from './source-class.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import { readSource, type SourceReading } from './source-reading.ts'
import { createWalkWatch } from './walk-watch.ts'
import type { TemperatureReading } from './warm-shift.ts'

export interface NodeClockConfig {
  readonly oscillator: OscillatorClass
  /** Their names differ. */
  readonly sources: readonly SourceConfig[]
}

/**
 * N_i ± ε_i: this appliance's own estimate of TAI, from its own hardware and nothing else. Reading it is what makes time
 * pass for its mode and its flywheel, so `now` must not go back, and it wants to be read about once a second.
 */
export interface NodeClock {
  /** A reading of a configured source. Faults are those of its source clock. */
  observe(sample: TimeSample): readonly Fault[]
  setStatus(source: string, status: SourceStatus, now: MonoNs): void
  /** How warm the oscillator of a source, or the local one (`undefined`), is, °C. Instants ascend. */
  setTemperature(source: string | undefined, celsius: number, now: MonoNs): void
  /** Everything is computed now; nothing stale is returned. */
  read(now: MonoNs): NodeClockReading
  /**
   * TAI against the local oscillator, by the sources that carry the clock and the frequency sources, as far as they
   * agree; undefined while the time of the sources is in doubt.
   */
  frequency(now: MonoNs): FrequencyEstimate | undefined
}

export interface NodeClockReading {
  readonly monoNs: MonoNs
  /** Undefined before any source was heard. */
  readonly estimate: BoundedTime | undefined
  readonly mode: ClockMode
  readonly clockClass: number
  readonly flags: readonly string[]
  readonly alarms: readonly Fault[]
  /** Of the local oscillator; undefined without a thermometer. */
  readonly temperature?: TemperatureReading | undefined
  /** Sorted by name. */
  readonly sources: readonly SourceReading[]
}

export function createNodeClock(config: NodeClockConfig): NodeClock {
  const floorPpb = OSCILLATOR_FLOOR_PPB[config.oscillator]
  const sources = [...config.sources]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((source) => createSource(source, Number(floorPpb)))
  const byName = new Map(sources.map((source) => [source.config.name, source]))
  assert(byName.size === sources.length, 'two sources of one appliance have one name')
  const flywheel = createFlywheel(floorPpb, config.oscillator)
  const watch = createWalkWatch()
  let integrity = UNTROUBLED
  let mode: ClockMode = 'acquiring'

  const sourceOf = (name: string): Source => {
    const source = byName.get(name)
    assert(source !== undefined, `no source is named "${name}"`)
    return source
  }

  return {
    observe: (sample) => sourceOf(sample.source).observe(sample),
    setStatus: (name, status, now) => {
      sourceOf(name).setStatus(status, now)
      if (status.celsius !== undefined) flywheel.warm(now, name, status.celsius)
    },
    setTemperature: (name, celsius, now) => {
      if (name !== undefined) sourceOf(name)
      flywheel.warm(now, name ?? OWN, celsius)
    },
    frequency: (now) => assess(sources, flywheel, integrity, () => watch.read(now), now).frequency,
    read: (now) => {
      const assessment = assess(sources, flywheel, integrity, (...words) => watch.hear(now, ...words), now)
      const { heard, selection, walking, heaviest, estimate, trustworthy, sourcesBoundNs, alarms } = assessment
      integrity = assessment.integrity
      if (assessment.verdict === 'relocked') flywheel.forget()
      if (trustworthy !== undefined) flywheel.trust(now, trustworthy)
      const temperatures = flywheel.temperatures(now)
      const verdicts = { selection, walking, heaviest, temperatures, nodeTaiNs: estimate?.taiNs }
      mode = nextMode(mode, { sourcesBoundNs, boundNs: estimate?.boundNs })
      return {
        monoNs: now,
        estimate,
        mode,
        clockClass: clockClassOf(mode),
        flags: selection.flags,
        alarms,
        temperature: temperatures.get(OWN),
        sources: heard.map(([source, word]) => readSource(source, word, verdicts)),
      }
    },
  }
}
