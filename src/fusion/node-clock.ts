import { assert } from '../core/assert.ts'
import { type Fault, fail } from '../core/fault.ts'
import { around, type Interval, midpoint } from '../core/interval.ts'
import type { SampleQuality, TimeSample } from '../core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs, taiNs } from '../core/time.ts'
import { combine } from './combination.ts'
import { createFlywheel, type FlywheelReading } from './flywheel.ts'
import { createIntegrityCheck } from './integrity.ts'
import { type ClockMode, clockClassOf, nextMode } from './mode.ts'
import { type Candidate, type Selection, select } from './selection.ts'
import { CLASS_DEFAULTS, OSCILLATOR_FLOOR_PPB, type OscillatorClass, type SourceClass } from './source-class.ts'
import { createSourceClock, type FrequencyEstimate, type SourceClock, type SourceEstimate } from './source-clock.ts'

export interface NodeClockConfig {
  readonly oscillator: OscillatorClass
  readonly sources: readonly SourceConfig[]
}

export interface SourceConfig {
  readonly name: string
  readonly class: SourceClass
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
}

/** N_i ± ε_i: this appliance's own estimate of TAI, from its own hardware and nothing else. */
export interface NodeClock {
  observe(sample: TimeSample): readonly Fault[]
  setStatus(source: string, status: SourceStatus, now: MonoNs): void
  /** Everything is computed now; nothing stale is returned. */
  read(now: MonoNs): NodeClockReading
  /** TAI against the local oscillator, by the best of the sources that carry the clock. */
  frequency(now: MonoNs): FrequencyEstimate | undefined
}

export interface NodeClockReading {
  readonly monoNs: MonoNs
  readonly estimate: NodeClockEstimate | undefined
  readonly mode: ClockMode
  readonly clockClass: number
  readonly flags: readonly string[]
  readonly alarms: readonly Fault[]
  /** Sorted by name. */
  readonly sources: readonly SourceReading[]
}

export interface NodeClockEstimate {
  readonly taiNs: TaiNs
  readonly boundNs: bigint
  readonly interval: Interval
}

export interface SourceReading {
  readonly name: string
  readonly class: SourceClass
  readonly domain: string
  readonly state: 'selected' | 'falseticker' | 'abstaining' | 'frequency' | 'label'
  /** Source − node clock. */
  readonly offsetNs: bigint | undefined
  readonly boundNs: bigint | undefined
  readonly reason: string | undefined
}

interface Source {
  readonly config: SourceConfig
  readonly clock: SourceClock
  status: SourceStatus
  /** Since when it has run on its own oscillator. */
  ownSince: MonoNs | undefined
}

interface Heard extends Candidate {
  readonly source: Source
  readonly taiNs: TaiNs
  readonly boundNs: bigint
}

const UNKNOWN_STATUS: SourceStatus = { quality: 'unknown', dependsOn: 'unknown', alarms: [] }

/** How often what the sources agree on becomes what later agreements are compared with. */
const ANCHOR_EVERY_NS = NS_PER_SECOND

export function createNodeClock(config: NodeClockConfig): NodeClock {
  const floorPpb = OSCILLATOR_FLOOR_PPB[config.oscillator]
  const sources = new Map(config.sources.map((source) => [source.name, createSource(source, Number(floorPpb))]))
  const flywheel = createFlywheel(floorPpb)
  const integrity = createIntegrityCheck()
  let mode: ClockMode = 'acquiring'
  const sourceOf = (name: string): Source => {
    const source = sources.get(name)
    assert(source !== undefined, `no source is named "${name}"`)
    return source
  }
  const frequency = (now: MonoNs): FrequencyEstimate | undefined => bestFrequency([...sources.values()], now)
  return {
    observe: (sample) => sourceOf(sample.source).clock.observe(sample),
    setStatus: (name, status, now) => {
      const source = sourceOf(name)
      source.ownSince = status.dependsOn === 'own' ? (source.ownSince ?? now) : undefined
      source.status = status
    },
    frequency,
    read: (now) => {
      const heard = [...sources.values()].flatMap((source) => hear(source, now))
      const wheel = flywheel.read(now)
      const selection = select(heard, wheel?.interval)
      const carried = estimate(selection, heard, wheel, now)
      if (carried.trustedNow) {
        const anchoredAt = flywheel.anchoredAt()
        const due = anchoredAt === undefined || carried.relocked || between(anchoredAt, now) >= ANCHOR_EVERY_NS
        if (due && carried.estimate !== undefined) {
          flywheel.anchor(now, carried.estimate.taiNs, carried.estimate.boundNs, frequency(now))
        }
      }
      mode = nextMode(mode, { carried: selection.agreed !== undefined, boundNs: carried.estimate?.boundNs })
      return {
        monoNs: now,
        estimate: carried.estimate,
        mode,
        clockClass: clockClassOf(mode),
        flags: selection.flags,
        alarms: carried.alarms,
        sources: [...sources.values()]
          .map((source) => describe(source, heard, selection, carried.estimate))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      }
    },
  }

  function estimate(
    selection: Selection,
    heard: readonly Heard[],
    wheel: FlywheelReading | undefined,
    now: MonoNs,
  ): Carried {
    const disagreement = disagreementAlarm(selection)
    if (selection.agreed === undefined) {
      return { estimate: wheel, trustedNow: false, relocked: false, alarms: disagreement }
    }
    const { interval, trusted, alarm } = integrity.judge(selection.agreed, wheel?.interval, now)
    const survivors = heard.filter(({ name }) => selection.selected.includes(name))
    const combined =
      survivors.length === 0
        ? { taiNs: midpoint(interval), boundNs: (interval.hi - interval.lo + 1n) / 2n + 1n }
        : combine(survivors.map(weighed), interval)
    return {
      estimate: {
        taiNs: taiNs(combined.taiNs),
        boundNs: combined.boundNs,
        interval: around(combined.taiNs, combined.boundNs),
      },
      trustedNow: trusted && !selection.flags.includes('domains-disagree'),
      relocked: trusted && alarm !== undefined,
      alarms: alarm === undefined ? disagreement : [...disagreement, alarm],
    }
  }
}

interface Carried {
  readonly estimate: NodeClockEstimate | undefined
  readonly trustedNow: boolean
  readonly relocked: boolean
  readonly alarms: readonly Fault[]
}

function createSource(config: SourceConfig, wanderPpb: number): Source {
  const { ageNsMax } = CLASS_DEFAULTS[config.class]
  const clock = createSourceClock({ source: config.name, ageNsMax, wanderPpb })
  return { config, clock, status: UNKNOWN_STATUS, ownSince: undefined }
}

/** What a time source says now; nothing when its role, its status or its silence forbids it. */
function hear(source: Source, now: MonoNs): readonly Heard[] {
  const { config, clock, status, ownSince } = source
  if (config.role !== 'time' || status.quality === 'unlocked') return []
  const heard = clock.estimateAt(now)
  if (heard === undefined || heard.quality === 'unlocked') return []
  const widened = heard.boundNs + holdoverWidening(config.class, heard, status, ownSince, now)
  if (widened === undefined) return []
  return [
    {
      source,
      name: config.name,
      domain: effectiveDomain(source),
      taiNs: heard.taiNs,
      boundNs: widened,
      interval: around(heard.taiNs, widened),
    },
  ]
}

/** What an instrument's own oscillator may have done to its time since it lost its reference. */
function holdoverWidening(
  sourceClass: SourceClass,
  heard: SourceEstimate,
  status: SourceStatus,
  ownSince: MonoNs | undefined,
  now: MonoNs,
): bigint {
  const inHoldover = status.quality === 'holdover' || (status.quality === 'unknown' && heard.quality === 'holdover')
  if (!inHoldover) return 0n
  const driftPpb = CLASS_DEFAULTS[sourceClass].holdoverPpb
  // A class without a time of its own in holdover gets what a bare crystal would do.
  const milliPpb = BigInt(Math.ceil((driftPpb ?? 50_000) * 1_000))
  const elapsedNs = ownSince === undefined ? NS_PER_SECOND : between(ownSince, now) + NS_PER_SECOND
  return (elapsedNs * milliPpb) / 1_000_000_000_000n + 1n
}

function effectiveDomain({ config, status }: Source): string {
  return status.dependsOn === 'own' ? (config.holdoverDomain ?? config.domain) : config.domain
}

function weighed({ source, taiNs: tai, boundNs }: Heard): { taiNs: bigint; boundNs: bigint; authorityMilli: bigint } {
  const { config } = source
  return { taiNs: tai, boundNs, authorityMilli: config.authorityMilli ?? CLASS_DEFAULTS[config.class].authorityMilli }
}

function bestFrequency(sources: readonly Source[], now: MonoNs): FrequencyEstimate | undefined {
  return sources
    .filter((source) => source.status.quality !== 'unlocked' && source.clock.estimateAt(now) !== undefined)
    .flatMap(({ clock }) => clock.frequency() ?? [])
    .sort((a, b) => a.uncertaintyPpb - b.uncertaintyPpb)[0]
}

function disagreementAlarm({ flags, split }: Selection): readonly Fault[] {
  const alarms: Fault[] = []
  if (flags.includes('domains-disagree')) {
    alarms.push(
      fail('fusion.domains-disagree', 'sources: expected both failure domains to agree, got two times that do not meet')
        .fault,
    )
  }
  if (flags.includes('domain-split')) {
    alarms.push(
      fail(
        'fusion.domain-split',
        `sources: expected those of one failure domain to agree, got ${split.join(' and ')} apart`,
      ).fault,
    )
  }
  return alarms
}

function describe(
  source: Source,
  heard: readonly Heard[],
  selection: Selection,
  estimate: NodeClockEstimate | undefined,
): SourceReading {
  const { config, status } = source
  const voice = heard.find(({ name }) => name === config.name)
  const base = {
    name: config.name,
    class: config.class,
    domain: effectiveDomain(source),
    offsetNs: voice === undefined || estimate === undefined ? undefined : voice.taiNs - estimate.taiNs,
    boundNs: voice?.boundNs,
  }
  if (config.role !== 'time') return { ...base, state: config.role, reason: undefined }
  if (voice === undefined) {
    const reason =
      status.quality === 'unlocked' ? (status.alarms[0] ?? 'its instrument is not locked') : 'no recent sample'
    return { ...base, state: 'abstaining', reason }
  }
  const outvoted = selection.falsetickers.get(config.name)
  if (outvoted !== undefined) return { ...base, state: 'falseticker', reason: outvoted }
  if (selection.selected.includes(config.name)) return { ...base, state: 'selected', reason: undefined }
  return { ...base, state: 'abstaining', reason: 'its failure domain does not agree' }
}
