import { coveredSpan, hull, type Interval, intersect, meets, midpoint } from '../core/interval.ts'
import { formatOffset } from './format-offset.ts'

/** A source that has something to say: TAI at the instant of the reading lies in its interval, if it is right. */
export interface Candidate {
  readonly name: string
  readonly domain: string
  readonly interval: Interval
}

export type SelectionFlag = 'single-domain' | 'domains-disagree' | 'domain-split'

export interface Selection {
  /** Where TAI lies, or undefined: too few agree. */
  readonly agreed: Interval | undefined
  readonly selected: readonly string[]
  /** Name and reason, `gnss0: 41 µs outside [−0.2, +0.3] µs`. */
  readonly falsetickers: ReadonlyMap<string, string>
  /** Sources whose own domain could not agree. */
  readonly split: readonly string[]
  readonly flags: readonly SelectionFlag[]
}

/**
 * Selection by failure domain: four receivers under one spoofed sky are one vote. Within a domain Marzullo at a strict
 * majority of its sources, else it abstains; across D domains the points in more than D/2 of them. `flywheel`, the
 * trusted past carried forward, decides between two domains that disagree.
 */
export function select(candidates: readonly Candidate[], flywheel: Interval | undefined): Selection {
  const domains = [...new Set(candidates.map(({ domain }) => domain))].sort()
  const spans = new Map<string, Interval>()
  for (const domain of domains) {
    const members = candidates.filter((candidate) => candidate.domain === domain)
    const span = coveredSpan(
      members.map(({ interval }) => interval),
      majority(members.length),
    )
    if (span !== undefined) spans.set(domain, span)
  }
  const split = candidates.filter(({ domain }) => !spans.has(domain)).map(({ name }) => name)
  const flags: SelectionFlag[] = split.length > 0 ? ['domain-split'] : []
  const agreed = acrossDomains([...spans.values()], flywheel, flags)
  if (agreed === undefined) return { agreed, selected: [], falsetickers: new Map(), split, flags }
  const voting = candidates.filter(({ domain }) => spans.has(domain))
  const selected = voting.filter(({ interval }) => meets(interval, agreed))
  const falsetickers = voting.filter(({ interval }) => !meets(interval, agreed))
  return {
    agreed,
    selected: selected.map(({ name }) => name),
    falsetickers: new Map(falsetickers.map((candidate) => [candidate.name, reasonFor(candidate, agreed)])),
    split,
    flags,
  }
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1
}

function acrossDomains(
  spans: readonly Interval[],
  flywheel: Interval | undefined,
  flags: SelectionFlag[],
): Interval | undefined {
  const [first, second] = spans
  if (spans.length === 1) flags.push('single-domain')
  if (spans.length !== 2 || first === undefined || second === undefined) {
    return coveredSpan(spans, majority(spans.length))
  }
  const common = intersect(first, second)
  if (common !== undefined) return common
  flags.push('domains-disagree')
  const met = flywheel === undefined ? [] : spans.filter((span) => meets(span, flywheel))
  return met.length === 1 ? met[0] : hull(first, second)
}

function reasonFor({ name, interval }: Candidate, agreed: Interval): string {
  const centre = midpoint(agreed)
  const distance = interval.lo > agreed.hi ? interval.lo - agreed.hi : agreed.lo - interval.hi
  const [lo, hi] = [formatOffset(agreed.lo - centre), formatOffset(agreed.hi - centre)]
  return `${name}: ${formatOffset(distance, false)} outside [${lo}, ${hi}]`
}
