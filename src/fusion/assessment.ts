import type { Fault } from '../core/fault.ts'
import { max } from '../core/integer.ts'
import { clamp, errorBound, type Interval } from '../core/interval.ts'
import type { MonoNs, TaiNs } from '../core/time.ts'
import { type BoundedTime, combine } from './combination.ts'
import type { Flywheel, Trusted } from './flywheel.ts'
import { type IntegrityState, integrityAlarms, interrupted, type Judgement, judge } from './integrity.ts'
import { agreedRate } from './rate-vote.ts'
import { type Selection, select } from './selection.ts'
import type { Silence, Source, SourceWord } from './source.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import { type Walks, walkAlarms } from './walk-watch.ts'

/** What the hardware of the appliance amounts to at one instant. */
export interface Assessment {
  /** In the order of the sources. */
  readonly heard: readonly (readonly [Source, SourceWord | Silence])[]
  /** Sources that were not asked, each with the reason. */
  readonly walking: Walks['walking']
  /** The selected source with the greatest weight. */
  readonly heaviest: string | undefined
  readonly selection: Selection
  /** The bound that the agreeing sources alone give, ns; undefined when too few agree. */
  readonly sourcesBoundNs: bigint | undefined
  /** What may be served: the sources judged against the flywheel, or the flywheel alone. */
  readonly estimate: BoundedTime | undefined
  /**
   * What the flywheel may carry forward; undefined while the sources are in doubt, and before they agree on the rate as
   * well: until then some may not have settled, or one of two may be walking by.
   */
  readonly trustworthy: Trusted | undefined
  /** `contested`: two domains disagree; `carried-forward`: too few sources agree. */
  readonly verdict: Judgement['verdict'] | 'contested' | 'carried-forward'
  readonly integrity: IntegrityState
  readonly frequency: FrequencyEstimate | undefined
  readonly alarms: readonly Fault[]
}

/** Listens to every source at `now` and makes up its mind; changes nothing. `watch` says who walks away from whom. */
export function assess(
  sources: readonly Source[],
  flywheel: Pick<Flywheel, 'read'>,
  past: IntegrityState,
  watch: (voters: readonly SourceWord[], carriers: readonly SourceWord[]) => Walks,
  now: MonoNs,
): Assessment {
  const heard = sources.map((source) => [source, source.hear(now)] as const)
  const wordsOf = (role: string): readonly SourceWord[] =>
    heard.flatMap(([{ config }, word]) => (config.role === role && word.kind === 'word' ? [word] : []))
  const frequencies = wordsOf('frequency')
  const walks = watch(wordsOf('time'), frequencies)
  const voters = wordsOf('time').filter(({ name }) => !walks.walking.has(name))
  const carriers = frequencies.map(({ carrier }) => carrier)
  const wheel = flywheel.read(now, carriers)
  const selection = select(voters, wheel?.interval, new Set(walks.suspected.keys()))
  const selected = voters.filter(({ name }) => selection.selected.includes(name))
  const { agreed, cautious, contested } = selection
  const bySources = agreed === undefined ? undefined : combine(selected, agreed)
  const judgement =
    agreed === undefined || contested ? undefined : judge(past, agreed, wheel?.interval, now, walks.suspected.size > 0)
  const inDoubt = contested || judgement?.verdict === 'contradicted'
  const integrity = judgement?.state ?? interrupted(past)
  const frequency = inDoubt ? undefined : agreedRate([...selected, ...frequencies])
  return {
    heard,
    selection,
    sourcesBoundNs: bySources?.boundNs,
    estimate: judgement === undefined ? (bySources ?? wheel) : pointIn(judgement.interval, selected, wheel),
    trustworthy:
      cautious === undefined || frequency === undefined
        ? undefined
        : { time: combine(selected, cautious), frequency, carriers, accuracyNs: worstAccuracyNs(selected) },
    verdict: judgement?.verdict ?? (contested ? 'contested' : 'carried-forward'),
    integrity,
    frequency,
    walking: walks.walking,
    heaviest: heaviestOf(selected),
    alarms: [...walkAlarms(walks), ...selectionAlarms(selection), ...integrityAlarms(integrity, wheel?.interval, now)],
  }
}

/**
 * The point to serve of an interval. Where the flywheel alone is narrower than what the sources say, it also chooses the
 * point: sources that have come back, and have not settled, do not move a good holdover.
 */
function pointIn(within: Interval, selected: readonly SourceWord[], wheel: BoundedTime | undefined): BoundedTime {
  if (wheel === undefined || selected.some(({ boundNs }) => boundNs <= wheel.boundNs)) return combine(selected, within)
  const taiNs = clamp(wheel.taiNs, within) as TaiNs
  return { taiNs, boundNs: errorBound(taiNs, within), interval: within }
}

function heaviestOf(words: readonly SourceWord[]): string | undefined {
  const lighter = (a: SourceWord, b: SourceWord): boolean => a.authorityMilli * b.boundNs < b.authorityMilli * a.boundNs
  return words.reduce<SourceWord | undefined>((best, word) => (!best || lighter(best, word) ? word : best), undefined)
    ?.name
}

function worstAccuracyNs(words: readonly SourceWord[]): bigint {
  return words.reduce((worst, { accuracyNs }) => max(worst, accuracyNs), 0n)
}

function selectionAlarms({ flags, split }: Selection): readonly Fault[] {
  const alarms: Fault[] = []
  if (flags.includes('domains-disagree')) {
    const message = 'sources: expected both failure domains to agree, got two times that do not meet'
    alarms.push({ code: 'fusion.domains-disagree', message })
  }
  if (flags.includes('no-majority')) {
    const message = 'sources: expected more than half of the failure domains to agree, got none that do'
    alarms.push({ code: 'fusion.no-majority', message })
  }
  for (const [domain, names] of split) {
    const message = `sources: expected those of ${domain} to agree, got ${names.join(' and ')} apart`
    alarms.push({ code: 'fusion.domain-split', message })
  }
  return alarms
}
