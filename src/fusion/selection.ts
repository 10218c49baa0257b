import { coveredSpan, hull, type Interval, intersect, meets } from '../core/interval.ts'

/** A source that has something to say: the truth lies in its interval, if it is right. */
export interface Candidate {
  readonly name: string
  readonly domain: string
  readonly interval: Interval
}

const NOBODY: ReadonlySet<string> = new Set()

export type SelectionFlag = 'single-domain' | 'domains-disagree' | 'domain-split' | 'no-majority'

export interface Selection {
  /** Where the truth lies, or undefined: too few agree. */
  readonly agreed: Interval | undefined
  /**
   * The same, cautiously, for what is built upon it. Two domains that happen to overlap by a hair agree on that hair, and
   * if one of them is wrong so is the hair: this covers both, unless the one bears out all that the other says. Otherwise
   * it is what was agreed.
   */
  readonly cautious: Interval | undefined
  /** Two domains disagree and nothing tells which is right: `agreed` covers both, and nothing may be learnt from it. */
  readonly contested: boolean
  /** Names of the sources that carry what was agreed. */
  readonly selected: readonly string[]
  /** Names of those outvoted, each with the interval that its own misses. */
  readonly outvoted: ReadonlyMap<string, Interval>
  /** Domains that could not agree among themselves, with the names of their sources. */
  readonly split: ReadonlyMap<string, readonly string[]>
  readonly flags: readonly SelectionFlag[]
}

/**
 * Selection by failure domain: four receivers under one spoofed sky are one vote. Within a domain Marzullo at a strict
 * majority of its sources, else it abstains; across the D domains that do not, the points in more than D/2 of them.
 * `flywheel`, the trusted past carried forward, decides between two domains that disagree. Two of which one is `suspected`
 * to be walking away are contested while their intervals still meet: what they share may be wrong already. The order of the candidates
 * does not matter but for the order in which their names come back.
 */
export function select(
  candidates: readonly Candidate[],
  flywheel: Interval | undefined,
  suspected: ReadonlySet<string> = NOBODY,
): Selection {
  const spans = new Map<string, Interval>()
  const split = new Map<string, readonly string[]>()
  for (const domain of new Set(candidates.map((candidate) => candidate.domain))) {
    const members = candidates.filter((candidate) => candidate.domain === domain)
    const span = majoritySpan(members.map(({ interval }) => interval))
    if (span !== undefined) spans.set(domain, span)
    else split.set(domain, namesOf(members))
  }
  const { agreed, cautious, contested, flags } = acrossDomains(
    [...spans.values()],
    flywheel,
    candidates.some(({ name }) => suspected.has(name)),
  )
  const selected: string[] = []
  const outvoted = new Map<string, Interval>()
  for (const { name, domain, interval } of agreed === undefined ? [] : candidates) {
    const span = spans.get(domain)
    if (span === undefined || agreed === undefined) continue
    const missed = [span, agreed].find((where) => !meets(interval, where))
    if (missed === undefined) selected.push(name)
    else outvoted.set(name, missed)
  }
  const allFlags: readonly SelectionFlag[] = split.size > 0 ? ['domain-split', ...flags] : flags
  return { agreed, cautious, contested, selected, outvoted, split, flags: allFlags }
}

function namesOf(candidates: readonly Candidate[]): readonly string[] {
  return candidates.map(({ name }) => name)
}

/** The span of the points in more than half of the intervals. */
function majoritySpan(intervals: readonly Interval[]): Interval | undefined {
  return coveredSpan(intervals, Math.floor(intervals.length / 2) + 1)
}

function acrossDomains(
  spans: readonly Interval[],
  flywheel: Interval | undefined,
  inMotion: boolean,
): Pick<Selection, 'agreed' | 'cautious' | 'contested' | 'flags'> {
  const [first, second] = spans
  if (spans.length === 2 && first !== undefined && second !== undefined) {
    return betweenTwo(first, second, flywheel, inMotion)
  }
  const agreed = majoritySpan(spans)
  const flags: readonly SelectionFlag[] =
    spans.length === 1 ? ['single-domain'] : spans.length > 2 && agreed === undefined ? ['no-majority'] : []
  return { agreed, cautious: agreed, contested: false, flags }
}

function betweenTwo(
  first: Interval,
  second: Interval,
  flywheel: Interval | undefined,
  inMotion: boolean,
): Pick<Selection, 'agreed' | 'cautious' | 'contested' | 'flags'> {
  const both = hull(first, second)
  const common = intersect(first, second)
  if (common !== undefined && inMotion) return { agreed: both, cautious: both, contested: true, flags: [] }
  if (common !== undefined) {
    const borneOut = [first, second].some(({ lo, hi }) => lo === common.lo && hi === common.hi)
    return { agreed: common, cautious: borneOut ? common : both, contested: false, flags: [] }
  }
  const met = [first, second].filter((span) => flywheel !== undefined && meets(span, flywheel))
  const contested = met.length !== 1
  const agreed = contested ? both : met[0]
  return { agreed, cautious: agreed, contested, flags: ['domains-disagree'] }
}
