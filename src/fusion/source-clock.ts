import { assert } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import type { SampleQuality, TimeSample } from '../core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs } from '../core/time.ts'
import { agrees, isStep, orderFault, outlierFault, STEP_COUNT, stepFault } from './source-contradiction.ts'
import { fitSource, predict, SETTLING_COUNT, type SourceFit, spreadNs } from './source-fit.ts'

export interface SourceClockOptions {
  readonly source: string
  /** How long readings count; default 64 s. */
  readonly windowNs?: bigint
  /** A source that was silent for longer has no estimate. */
  readonly ageNsMax: bigint
  /** Worst rate error of the local oscillator before it is learnt; default 50,000. */
  readonly oscillatorPpbMax?: number
  /** How far the rate of the local oscillator may stray from its mean over the window; default 200, a crystal. */
  readonly wanderPpb?: number
}

/**
 * One source against the local oscillator: a robust line through a bounded window of its readings. Reports what it did
 * not take (`source.outlier`, `source.stuck`, `source.backwards`) and every time it began anew (`source.step`).
 */
export interface SourceClock {
  /** Takes a reading. One of quality `unlocked` does not vote and is passed over. */
  observe(sample: TimeSample): readonly Fault[]
  /** Computed for `now`, never stale; undefined when the newest reading is older than `ageNsMax`. */
  estimateAt(now: MonoNs): SourceEstimate | undefined
  /** Undefined before 6 readings over 8 s. */
  frequency(): FrequencyEstimate | undefined
  /** Forgets everything. */
  restart(): void
}

export interface SourceEstimate {
  readonly taiNs: TaiNs
  /** If the source is right within its accuracy, TAI is within ± this of `taiNs`; `accuracyNs` is part of it. */
  readonly boundNs: bigint
  readonly accuracyNs: bigint
  /** Since the newest reading that was taken. */
  readonly ageNs: bigint
  readonly quality: SampleQuality
}

export interface FrequencyEstimate {
  /** Rate of TAI against MonoNs, minus 1. */
  readonly ppb: number
  /** A bound, with what the oscillator may wander. It takes the error of the source for constant over the baseline. */
  readonly uncertaintyPpb: number
  readonly baselineNs: bigint
}

const SAMPLES_MAX = 128
const WINDOW_NS = 64n * NS_PER_SECOND
const OSCILLATOR_PPB_MAX = 50_000
const WANDER_PPB = 200
const FREQUENCY_BASELINE_NS_MIN = 8n * NS_PER_SECOND
/** So many are enough against a line that is too old to be served. */
const STALE_STEP_COUNT = 2

export function createSourceClock(options: SourceClockOptions): SourceClock {
  const { source, ageNsMax, windowNs = WINDOW_NS } = options
  const limits = {
    oscillatorPpbMax: options.oscillatorPpbMax ?? OSCILLATOR_PPB_MAX,
    wanderPpb: options.wanderPpb ?? WANDER_PPB,
  }
  // Oldest first.
  let window: readonly TimeSample[] = []
  let dissent: readonly TimeSample[] = []
  let fit: SourceFit | undefined
  let heard: TimeSample | undefined

  return {
    observe: (sample) => {
      assert(sample.source === source, `a reading of ${sample.source} for the clock of ${source}`)
      if (sample.quality === 'unlocked') return []
      const refused = heard === undefined ? undefined : orderFault(heard, sample)
      heard = sample
      if (refused !== undefined) return [refused]
      if (fit !== undefined && !follows(fit.newest, sample)) forget()
      return fit?.settled && !agrees(fit, sample) ? contradict(fit, sample) : take(sample)
    },
    estimateAt: (now) => {
      if (fit === undefined) return undefined
      const { newest, accuracyNs } = fit
      const ageNs = abs(between(newest.monoNs, now))
      if (ageNs > ageNsMax) return undefined
      const boundNs = accuracyNs + spreadNs(fit, now)
      return { taiNs: predict(fit, now), boundNs, accuracyNs, ageNs, quality: newest.quality }
    },
    frequency: () => {
      if (!fit?.settled || fit.count < SETTLING_COUNT) return undefined
      const baselineNs = between(fit.oldest.monoNs, fit.newest.monoNs)
      if (baselineNs < FREQUENCY_BASELINE_NS_MIN) return undefined
      return { ppb: fit.line.slopePpb, uncertaintyPpb: fit.ratePpbMax, baselineNs }
    },
    restart: () => {
      forget()
      heard = undefined
    },
  }

  function forget(): void {
    window = []
    dissent = []
    fit = undefined
  }

  function take(sample: TimeSample): readonly Fault[] {
    const recent = window.filter(({ monoNs }) => between(monoNs, sample.monoNs) <= windowNs)
    const candidates = [...recent, sample].slice(-SAMPLES_MAX)
    const fitted = fitSource(candidates, fit?.settled === true, limits)
    const discarded = candidates.filter((candidate) => !fitted.kept.includes(candidate))
    window = fitted.kept
    fit = fitted.fit
    const wrong = discarded.filter((candidate) => candidate !== sample).map((old) => outlierFault(fitted.fit, old))
    if (discarded.includes(sample)) return [...wrong, ...contradict(fitted.fit, sample)]
    dissent = []
    return wrong
  }

  function contradict(against: SourceFit, sample: TimeSample): readonly Fault[] {
    dissent = [...dissent, sample].slice(-STEP_COUNT)
    const stale = between(against.newest.monoNs, sample.monoNs) > ageNsMax
    const stepped = stale ? dissent.length >= STALE_STEP_COUNT : isStep(dissent, against)
    if (!stepped) return [outlierFault(against, sample)]
    const fault = stepFault(against, sample, dissent.length)
    const fitted = fitSource(dissent, false, limits)
    window = dissent
    fit = fitted.fit
    dissent = []
    return [fault]
  }

  /** A reading before the newest, or a window after it, has no line to be compared with. */
  function follows(newest: TimeSample, sample: TimeSample): boolean {
    const sinceNs = between(newest.monoNs, sample.monoNs)
    return sinceNs > 0n && sinceNs <= windowNs
  }
}
