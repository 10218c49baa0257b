import { fail, ok, type Result } from '../core/fault.ts'
import type { Interval } from '../core/interval.ts'
import { type ListedProposal, readingsOf } from './agreement.ts'
import { attestedMembers, withoutRefusedClocks } from './attested-members.ts'
import { frameIntervals, type Missing, type Observer, type Readings } from './frame-intervals.ts'
import { type Membership, quorumOf } from './membership.ts'
import { coveredRegion } from './region.ts'

/**
 * The region about T − R_r of a member whose proposal is not on the list, from the listed proposals and its own clocks
 * and row, read at one instant of its own: the same theorem holds. The listed proposals have passed `agree`. Its own
 * interval counts beside the listed ones, and that of a refused member does not. Faults as of `regionAlone`.
 */
export function selfComputedRegion(
  listed: readonly ListedProposal[],
  own: Observer,
  membership: Membership,
): Result<Interval> {
  const counted = withoutRefusedClocks(listed, attestedMembers(listed, membership))
  return regionAlone(own, readingsOf(counted, membership), membership)
}

/**
 * Steps 1 and 2 of the agreement in one member's frame, outside any block. Faults: `agreement.intervals` (fewer than q,
 * naming who is missing and why) and `agreement.no-region` (too few of them overlap).
 */
export function regionAlone(own: Observer, readings: Readings, membership: Membership): Result<Interval> {
  const quorum = quorumOf(membership.members.length)
  const { present, missing } = frameIntervals(own, readings)
  if (present.length < quorum.q) {
    return fail(
      'agreement.intervals',
      `expected intervals of at least ${quorum.q} members, got ${present.length} (${explain(missing, own.member)})`,
    )
  }
  const region = coveredRegion(present, quorum)
  return region === undefined
    ? fail(
        'agreement.no-region',
        `expected ${present.length - quorum.f} of ${present.length} intervals to overlap, but fewer do`,
      )
    : ok(region)
}

function explain(missing: readonly Missing[], self: number): string {
  return missing.map(({ member, reason }) => `${member === self ? 'itself' : `member ${member}`}: ${reason}`).join(', ')
}
