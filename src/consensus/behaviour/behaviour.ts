import { quorumOf } from '../membership.ts'
import { accusersNeeded, reached, watchersNeeded, watchersTable, where } from './accusers.ts'
import type { BehaviourState, MemberRecord } from './behaviour-state.ts'
import { coordinated, deviations, movements } from './coordination.ts'
import { deviating } from './deviation.ts'
import { INFLATED_EPOCHS, startInflation, stepInflation, usualBoundNs } from './inflation.ts'
import { isBiased, isSlow, type LinkRecord, readingOf, stepLink } from './link-record.ts'
import { filled } from './number-range.ts'
import type { Observations } from './observe.ts'
import { inconsistentPairs } from './pair.ts'
import { INCONSISTENCIES_MAX, type Inconsistency, SUSPICIONS, type Suspect, type Suspicion } from './suspicion.ts'
import { canBeNamed, disjointTriangles, type Triangle, turn } from './two-faced.ts'

/** The behaviour after one more block at `height`; `absent` are those that enough leaders have left out, ascending. */
export function nextBehaviour(
  parent: BehaviourState,
  seen: Observations,
  height: number,
  absent: readonly number[],
): BehaviourState {
  const faces = lookAtTriangles(parent, seen, height)
  const usualNs = usualBoundNs(seen.clocks, quorumOf(seen.n).f)
  const watchers = watchersTable(seen.n)
  const members = watchers.map((observers, member): MemberRecord => {
    const before = parent.members[member]
    const { tightestNs, inflated } = stepInflation(before ?? startInflation, seen.clocks[member], usualNs)
    const links = observers.map((observer, index) => stepLink(before?.links[index], readingOf(seen, observer, member)))
    return { tightestNs, inflated, twoFaced: faces.named[member] ?? false, links }
  })
  const pairs = inconsistentPairs(seen)
  const suspects = suspectsOf(findings(seen, members, pairs, absent))
  return { members, suspects, inconsistencies: unexplained([...pairs, ...faces.triangles], suspects) }
}

type Findings = Readonly<Record<Suspicion, readonly number[]>>

function suspectsOf(found: Findings): readonly Suspect[] {
  const suspects = SUSPICIONS.flatMap((kind) => found[kind].map((member) => ({ member, kind })))
  // A stable sort: the kinds of one member stay in their order.
  return suspects.length === 0 ? suspects : suspects.sort((a, b) => a.member - b.member)
}

function findings(
  seen: Observations,
  members: readonly MemberRecord[],
  pairs: readonly (readonly [number, number])[],
  absent: readonly number[],
): Findings {
  const needed = accusersNeeded(seen.n)
  const deviation = deviating(seen, needed)
  const bias = accused(members, isBiased, watchersNeeded(seen.n))
  return {
    deviation,
    bias,
    'two-faced': where(members, ({ twoFaced }) => twoFaced),
    pair: reached(tally(seen.n, pairs), needed),
    coordination: together(seen, deviation, bias, members),
    inflation: where(members, ({ inflated }) => inflated >= INFLATED_EPOCHS),
    delay: delayed(members, watchersNeeded(seen.n)),
    absence: absent,
  }
}

function together(
  seen: Observations,
  deviation: readonly number[],
  bias: readonly number[],
  members: readonly MemberRecord[],
): readonly number[] {
  const away = coordinated(deviations(seen, deviation), seen.targetPrecisionNs)
  const moved = coordinated(movements(seen, bias, members), seen.targetPrecisionNs)
  return [...new Set([...away, ...moved])]
}

/** Members that at least `needed` of their watchers accuse, those not counting whom `without` names. */
function accused(
  members: readonly MemberRecord[],
  accuses: (link: LinkRecord | undefined) => boolean,
  needed: number,
  without: readonly number[] = [],
): readonly number[] {
  const counts = members.map(({ links }, member) => {
    if (!links.some(accuses)) return 0
    const watchers = watchersTable(members.length)[member] ?? []
    return links.filter((link, index) => accuses(link) && !without.includes(watchers[index] ?? -1)).length
  })
  return reached(counts, needed)
}

/** To a member whose own access is congested everybody seems far away; it says nothing about the others. */
function delayed(members: readonly MemberRecord[], needed: number): readonly number[] {
  const far = filled<number>(members.length, 0)
  for (const [member, { links }] of members.entries()) {
    if (!links.some(isSlow)) continue
    const watchers = watchersTable(members.length)[member] ?? []
    for (const [index, link] of links.entries()) {
      const watcher = watchers[index] ?? 0
      if (isSlow(link)) far[watcher] = (far[watcher] ?? 0) + 1
    }
  }
  return accused(members, isSlow, needed, reached(far, needed))
}

interface Faces {
  readonly named: readonly boolean[]
  readonly triangles: readonly Triangle[]
}

function lookAtTriangles(parent: BehaviourState, seen: Observations, height: number): Faces {
  const needed = accusersNeeded(seen.n)
  const named = seen.listed.map((_, member) => parent.members[member]?.twoFaced ?? false)
  const triangles: Triangle[] = []
  const { first, count } = turn(seen.n, height)
  for (let index = 0; index < count; index++) {
    const member = (first + index) % seen.n
    const found = disjointTriangles(seen, member, needed)
    named[member] = canBeNamed(seen.n, needed) && found.length >= needed
    triangles.push(...found)
  }
  return { named, triangles }
}

function tally(n: number, pairs: readonly (readonly [number, number])[]): readonly number[] {
  const counts = filled<number>(n, 0)
  for (const member of pairs.flat()) counts[member] = (counts[member] ?? 0) + 1
  return counts
}

/** Contradictions in which nobody takes part that is suspected of one: each once, pairs before triangles. */
function unexplained(groups: readonly (readonly number[])[], suspects: readonly Suspect[]): readonly Inconsistency[] {
  if (groups.length === 0) return []
  const named = suspects.flatMap(({ member, kind }) => (kind === 'pair' || kind === 'two-faced' ? [member] : []))
  const kept = new Map<string, Inconsistency>()
  for (const group of groups) {
    if (kept.size >= INCONSISTENCIES_MAX) break
    if (group.some((member) => named.includes(member))) continue
    const members = [...group].sort((a, b) => a - b)
    kept.set(members.join(), members)
  }
  return [...kept.values()]
}
