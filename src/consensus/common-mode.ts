import type { AgreedFrame } from './agreed-frame.ts'
import type { ListedProposal } from './agreement.ts'
import { type Membership, quorumOf } from './membership.ts'
import type { DomainVerdict, Grade } from './outcome.ts'
import type { Proposal, SourceVerdict } from './proposal.ts'

/** What a node clock in holdover depends on when its proposal names no source at all. */
const UNKNOWN_DOMAIN = 'unknown'

/**
 * Step 6 of the agreement: for each failure domain that the listed proposals name, everywhere (`gnss`) and at one site
 * (`gnss@north`), whether the agreement would stand without it: in every frame that has a region at least 2f + 1
 * intervals remain, and at least one frame has a region. Sorted by name.
 *
 * The design also asks that the region recomputed without them exists and meets the original one. It always does: a
 * point is in the m − f cover when at most f intervals miss it, and taking intervals away never adds one that misses it.
 */
export function domainVerdicts(
  listed: readonly ListedProposal[],
  frames: readonly AgreedFrame[],
  membership: Membership,
): readonly DomainVerdict[] {
  const { f } = quorumOf(membership.members.length)
  const presences = frames
    .filter(({ region }) => region !== undefined)
    .map(({ intervals }) => new Set(intervals.map(({ member }) => member)))
  const survives = (dependents: readonly number[]): boolean =>
    presences.length > 0 &&
    presences.every((present) => present.size - dependents.filter((member) => present.has(member)).length >= 2 * f + 1)
  return [...dependentsByDomain(listed, membership)]
    .map(([domain, dependents]) => ({ domain, survives: survives([...dependents]) }))
    .sort((a, b) => (a.domain < b.domain ? -1 : 1))
}

/** A domain that the agreement does not survive caps the grade, unless the membership accepts it; a name covers its sites. */
export function capGrade(grade: Grade, domains: readonly DomainVerdict[], { acceptSingleDomain }: Membership): Grade {
  const accepted = (domain: string): boolean =>
    acceptSingleDomain.some((name) => domain === name || domain.startsWith(`${name}@`))
  const capped = domains.some(({ domain, survives }) => !survives && !accepted(domain))
  return grade === 'validated' && capped ? 'partial' : grade
}

/** Every named domain with the members whose intervals stand or fall with it; a name is kept also without any. */
function dependentsByDomain(
  listed: readonly ListedProposal[],
  membership: Membership,
): ReadonlyMap<string, ReadonlySet<number>> {
  const dependents = new Map<string, Set<number>>()
  for (const { member, proposal } of listed) {
    const site = membership.members[member]?.site ?? ''
    const needed = domainsNeeded(proposal)
    for (const domain of new Set([...domainsOf(proposal.sources.filter(votes)), ...needed])) {
      for (const name of [domain, `${domain}@${site}`]) {
        const members = dependents.get(name) ?? new Set()
        if (needed.has(domain)) members.add(member)
        dependents.set(name, members)
      }
    }
  }
  return dependents
}

/**
 * The domains without any one of which a proposal's interval would not stand. Its selection took the points in more than
 * half of the D domains of its voting sources: it needs each of the selected ones when the others alone are no majority.
 * A node clock in holdover has nothing selected: it carries on what any of its sources may have told it.
 */
function domainsNeeded({ nodeClock, sources }: Proposal): ReadonlySet<string> {
  if (nodeClock === undefined) return new Set()
  const selected = domainsOf(sources.filter(({ state }) => state === 'selected'))
  if (selected.size === 0) return sources.length === 0 ? new Set([UNKNOWN_DOMAIN]) : domainsOf(sources)
  const majority = (domainsOf(sources.filter(votes)).size >> 1) + 1
  return selected.size - 1 < majority ? selected : new Set()
}

function votes({ state }: SourceVerdict): boolean {
  return state === 'selected' || state === 'falseticker'
}

function domainsOf(sources: readonly SourceVerdict[]): ReadonlySet<string> {
  return new Set(sources.map(({ domain }) => domain))
}
