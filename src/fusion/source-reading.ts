import type { Interval } from '../core/interval.ts'
import type { TaiNs } from '../core/time.ts'
import { formatDistance, formatOffset } from './format-offset.ts'
import type { Selection } from './selection.ts'
import type { Silence, Source, SourceWord } from './source.ts'
import type { SourceClass } from './source-class.ts'

/** What became of one source in a reading of the node clock, for people and for proposals. */
export interface SourceReading {
  readonly name: string
  readonly class: SourceClass
  readonly domain: string
  readonly state: 'selected' | 'falseticker' | 'abstaining' | 'frequency' | 'label'
  /** Source − node clock; of a source that votes and is heard. */
  readonly offsetNs: bigint | undefined
  readonly boundNs: bigint | undefined
  /** Why it does not carry the clock; undefined for one that does. */
  readonly reason: string | undefined
}

/** `nodeTaiNs`: the node clock, when there is one. */
export function readSource(
  { config, domain }: Source,
  heard: SourceWord | Silence,
  selection: Selection,
  nodeTaiNs: TaiNs | undefined,
): SourceReading {
  const silent = heard.kind === 'silence'
  const base = { name: config.name, class: config.class, domain: domain(), offsetNs: undefined, boundNs: undefined }
  if (config.role !== 'time') return { ...base, state: config.role, reason: silent ? heard.reason : undefined }
  if (silent) return { ...base, state: 'abstaining', reason: heard.reason }
  const { name, taiNs, boundNs } = heard
  const offsetNs = nodeTaiNs === undefined ? undefined : taiNs - nodeTaiNs
  const voice = { ...base, offsetNs, boundNs }
  if (selection.selected.includes(name)) return { ...voice, state: 'selected', reason: undefined }
  const missed = selection.outvoted.get(name)
  if (missed !== undefined) {
    return { ...voice, state: 'falseticker', reason: missReason(heard, missed, nodeTaiNs ?? taiNs) }
  }
  const split = [...selection.split.values()].some((names) => names.includes(name))
  const reason = split ? 'its failure domain does not agree' : 'no majority of failure domains agrees'
  return { ...voice, state: 'abstaining', reason }
}

/** `gnss0: 41 µs outside [−0.2 µs, +0.3 µs]`, the ends seen from `fromTaiNs`. */
function missReason({ name, interval }: SourceWord, missed: Interval, fromTaiNs: TaiNs): string {
  const distanceNs = interval.lo > missed.hi ? interval.lo - missed.hi : missed.lo - interval.hi
  const [lo, hi] = [missed.lo, missed.hi].map((end) => formatOffset(end - fromTaiNs))
  return `${name}: ${formatDistance(distanceNs)} outside [${lo}, ${hi}]`
}
