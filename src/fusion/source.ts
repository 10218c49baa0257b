import type { Fault } from '../core/fault.ts'
import { around } from '../core/interval.ts'
import type { SampleQuality, TimeSample } from '../core/sample.ts'
import { between, type MonoNs } from '../core/time.ts'
import type { WeighedWord } from './combination.ts'
import type { Carrier } from './flywheel.ts'
import type { Candidate } from './selection.ts'
import { CLASS_DEFAULTS, holdoverDriftNs, type SourceClass } from './source-class.ts'
import { createSourceClock, type FrequencyEstimate, type SourceEstimate } from './source-clock.ts'
import { STABILITY } from './stability.ts'

export interface SourceConfig {
  readonly name: string
  readonly class: SourceClass
  /** `time` votes, `frequency` carries the flywheel, `label` only numbers the seconds of a pulse. */
  readonly role: 'time' | 'frequency' | 'label'
  readonly domain: string
  /** Its domain while it runs on its own oscillator. */
  readonly holdoverDomain?: string | undefined
  /** Thousandths; absent: its class's. */
  readonly authorityMilli?: bigint | undefined
}

/** What an instrument says of itself (drivers' status). */
export interface SourceStatus {
  readonly quality: SampleQuality | 'unknown'
  readonly dependsOn: 'sky' | 'own' | 'unknown'
  readonly alarms: readonly string[]
  /** What its oscillator is steered to, 1e-15, where that is known. */
  readonly steeredE15?: number | undefined
  /** How warm its oscillator is by its own word, °C. */
  readonly celsius?: number | undefined
  /** For alarms that want more than their code: a sentence by code. */
  readonly reasons?: Readonly<Record<string, string>> | undefined
}

/** One source of the appliance: its clock, and what its instrument says of itself. */
export interface Source {
  readonly config: SourceConfig
  observe(sample: TimeSample): readonly Fault[]
  setStatus(status: SourceStatus, now: MonoNs): void
  /** What it depends on now: itself, in holdover, where the configuration says so. */
  domain(): string
  /** What its instrument last said of itself. */
  status(): SourceStatus | undefined
  /** Computed for `now`, never stale. */
  hear(now: MonoNs): SourceWord | Silence
}

/** What a source says at one instant: TAI lies in its interval, if it is right. */
export interface SourceWord extends Candidate, WeighedWord {
  readonly kind: 'word'
  /** Since its newest reading that was taken. */
  readonly ageNs: bigint
  readonly role: SourceConfig['role']
  /** What averaging cannot remove of it, ns: part of the bound. */
  readonly accuracyNs: bigint
  /** TAI against the local oscillator; the bound covers what the source's own time may drift. */
  readonly rate: FrequencyEstimate | undefined
  /** The same reading as that of a mere frequency. */
  readonly carrier: Carrier
}

/** Why a source says nothing. */
export interface Silence {
  readonly kind: 'silence'
  readonly reason: string
}

/** Steering by more than one such part of the floor of its class is no wander. */
const STEERED_PARTS = 4

/** `wanderPpb`: how far the rate of the local oscillator strays while it is measured. */
export function createSource(config: SourceConfig, wanderPpb: number): Source {
  const { name, class: sourceClass, role } = config
  const { ageNsMax, authorityMilli } = CLASS_DEFAULTS[sourceClass]
  const clock = createSourceClock({ source: name, ageNsMax, wanderPpb })
  let status: SourceStatus | undefined
  let disciplinedAt: MonoNs | undefined
  let run = 0
  let steeredE15: number | undefined

  /** A small correction is within what the class may wander; a large one, or several, make another oscillator of it. */
  const noteSteering = (e15: number | undefined): void => {
    if (e15 === undefined) return
    steeredE15 ??= e15
    if (Math.abs(e15 - steeredE15) * STEERED_PARTS <= Number(STABILITY[sourceClass].floorE15 ?? 0n)) return
    steeredE15 = e15
    run += 1
  }
  const domain = (): string => (status?.dependsOn === 'own' ? (config.holdoverDomain ?? config.domain) : config.domain)

  const wordOf = (heard: SourceEstimate, inHoldover: boolean, now: MonoNs): SourceWord => {
    const sinceNs = inHoldover && disciplinedAt !== undefined ? between(disciplinedAt, now) : 0n
    const boundNs = heard.boundNs + holdoverDriftNs(sourceClass, sinceNs)
    const alone = inHoldover || role === 'frequency'
    return {
      kind: 'word',
      ageNs: heard.ageNs,
      role,
      name,
      domain: domain(),
      taiNs: heard.taiNs,
      boundNs,
      accuracyNs: heard.accuracyNs,
      interval: around(heard.taiNs, boundNs),
      authorityMilli: config.authorityMilli ?? authorityMilli,
      rate: rateOf(sourceClass, clock.frequency(), heard.accuracyNs, alone),
      carrier: { name, class: sourceClass, taiNs: heard.taiNs, noiseNs: heard.boundNs - heard.accuracyNs, run },
    }
  }

  return {
    config,
    domain,
    status: () => status,
    observe: (sample) => {
      const silent = clock.estimateAt(sample.monoNs) === undefined
      const faults = clock.observe(sample)
      if (silent || faults.some(({ code }) => code === 'source.step')) run += 1
      // Once the instrument speaks for itself, the marks on its readings are an echo of that, and come later.
      if (status === undefined && sample.quality === 'locked') disciplinedAt = sample.monoNs
      return faults
    },
    setStatus: (newer, now) => {
      status = newer
      noteSteering(newer.steeredE15)
      if (newer.quality === 'locked') disciplinedAt = now
      if (newer.quality !== 'unlocked') return
      disciplinedAt = undefined
      run += 1
    },
    hear: (now) => {
      if (role === 'label') return silence('it only numbers the seconds of a pulse')
      if (status?.quality === 'unlocked') return silence(alarmsOf(status)[0] ?? 'its instrument is not locked')
      const heard = clock.estimateAt(now)
      if (heard === undefined) return silence('no recent sample')
      const inHoldover = status?.quality === 'holdover' || heard.quality === 'holdover'
      if (inHoldover && disciplinedAt === undefined && role === 'time') {
        return silence('in holdover since before it was heard: how far its time ran away is not known')
      }
      return wordOf(heard, inHoldover, now)
    },
  }
}

/** The alarms of an instrument, each with its reason where there is one. */
export function alarmsOf(status: SourceStatus | undefined): readonly string[] {
  return (status?.alarms ?? []).map((code) => {
    const reason = status?.reasons?.[code]
    return reason === undefined ? code : `${code}: ${reason}`
  })
}

function silence(reason: string): Silence {
  return { kind: 'silence', reason }
}

/**
 * A source that is right may still move within its accuracy while its rate is taken, from one end to the other; one that
 * is alone moves at the rate of its own oscillator.
 */
function rateOf(
  sourceClass: SourceClass,
  measured: FrequencyEstimate | undefined,
  accuracyNs: bigint,
  alone: boolean,
): FrequencyEstimate | undefined {
  if (measured === undefined) return undefined
  const movesPpb = alone
    ? CLASS_DEFAULTS[sourceClass].holdoverPpb
    : (2e9 * Number(accuracyNs)) / Number(measured.baselineNs)
  return { ...measured, uncertaintyPpb: measured.uncertaintyPpb + movesPpb }
}
