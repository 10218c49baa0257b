import { fail, ok, type Result } from '../core/fault.ts'
import { agreeFrame } from './agreed-frame.ts'
import { attestedMembers, withoutRefusedClocks } from './attested-members.ts'
import { capGrade, domainVerdicts } from './common-mode.ts'
import type { Readings } from './frame-intervals.ts'
import { agreeLeap } from './leap-agreement.ts'
import { type Membership, quorumOf } from './membership.ts'
import type { Outcome } from './outcome.ts'
import { achievedPrecisionNs } from './precision.ts'
import { type Proposal, rangesOfProposal } from './proposal.ts'
import { epochMarkTai } from './replica/epoch-schedule.ts'
import type { ClusterState } from './state.ts'
import { gradeOf, hardwareConfidencePpm, hardwareVerdict, outliersOf } from './verdict.ts'

/** A proposal that consensus has put on the list of those that count. */
export interface ListedProposal {
  readonly member: number
  readonly proposal: Proposal
  /** What the header of that very proposal names as its member's attestation record. */
  readonly attestationDigest: Uint8Array | undefined
}

/**
 * The time agreement: what follows from a list of proposals (sorted by member), the membership and the state after the
 * parent block, for the epoch of the block. Pure, integer, the same on every machine; every voter recomputes it.
 *
 * Faults (`agreement.*`, `encoding.*`) reject the list before anything is computed; which lists are long enough for a
 * block is the block's rule. Too few intervals or no overlap are not faults: the outcome then says that there is no region.
 */
export function agree(
  list: readonly ListedProposal[],
  membership: Membership,
  parent: ClusterState,
  epoch: number,
): Result<Outcome> {
  const checked = checkList(list, membership, epoch)
  if (!checked.ok) return checked
  const attestation = attestedMembers(list, membership)
  const proposals = withoutRefusedClocks(list, attestation)
  const quorum = quorumOf(membership.members.length)
  const { f } = quorum
  const rules = { f, targetPrecisionNs: membership.targetPrecisionNs, reputationPpm: parent.reputationPpm }
  const readings = readingsOf(proposals, membership)
  const frames = proposals.map(({ member, proposal }) =>
    agreeFrame({ member, reading: proposal, ranging: proposal.ranging }, readings, quorum, rules),
  )
  const verdicts = frames.map(hardwareVerdict)
  const domains = domainVerdicts(proposals, frames, membership)
  const claims = proposals.flatMap(({ proposal: { leap } }) => (leap === undefined ? [] : [leap]))
  return ok({
    frames: frames.map(({ observer, intervals, region }, index) => ({
      member: observer.member,
      intervals: intervals.length,
      region,
      verdict: verdicts[index] ?? 'none',
    })),
    grade: capGrade(gradeOf(verdicts, f), domains, membership),
    hardwareConfidencePpm: hardwareConfidencePpm(verdicts),
    domains,
    precisionNs: achievedPrecisionNs(frames, readings, f),
    leap: agreeLeap(claims, parent.leap, epochMarkTai(membership, epoch), f),
    outliers: outliersOf(frames, f),
    attestation,
  })
}

/** The listed clocks by member id; the others are undefined. The list has been checked. */
export function readingsOf(proposals: readonly ListedProposal[], membership: Membership): Readings {
  const readings: (Proposal | undefined)[] = membership.members.map(() => undefined)
  for (const { member, proposal } of proposals) readings[member] = proposal
  return readings
}

/** The rows of a proposal that are about other members, and whom their entries are about. */
const ROWS = [
  ['ranging', ({ ranging }: Proposal) => ranging.map(({ peer }) => peer)],
  ['links', ({ links }: Proposal) => links.map(({ peer }) => peer)],
  ['verdicts', ({ verdicts }: Proposal) => verdicts.map(({ member }) => member)],
] as const

/**
 * Whether a proposal of `sender` may stand on any list of its epoch: every value in the range that its codec gives it
 * (bounds, uncertainties, rates and ages not negative, no instant beyond ±2^62), of this era, and its rows about
 * members other than itself.
 */
export function checkProposal(proposal: Proposal, sender: number, membership: Membership): Result<void> {
  const what = `proposal of member ${sender}`
  const n = membership.members.length
  if (!Number.isInteger(sender) || sender < 0 || sender >= n) {
    return fail('agreement.member', `${what}: expected a member in [0, ${n - 1}]`)
  }
  // The codec is the one place that knows every range; running it on values costs less than a second set of rules.
  const ranges = rangesOfProposal(proposal)
  if (!ranges.ok) return fail(ranges.fault.code, `${what}${ranges.fault.message}`)
  if (proposal.era !== membership.era) {
    return fail('agreement.era', `${what}: expected era ${membership.era}, got ${proposal.era}`)
  }
  for (const [row, subjects] of ROWS) {
    const stray = subjects(proposal).find((subject) => subject === sender || subject >= n)
    if (stray !== undefined) {
      return fail('agreement.peer', `${what}: expected ${row} about other members below ${n}, got ${stray}`)
    }
  }
  return ok(undefined)
}

function checkList(proposals: readonly ListedProposal[], membership: Membership, epoch: number): Result<void> {
  for (const [index, { member, proposal }] of proposals.entries()) {
    const previous = proposals[index - 1]?.member
    if (previous !== undefined && previous >= member) {
      return fail('agreement.order', `list[${index}]: expected a member above ${previous}, got ${member}`)
    }
    const checked = checkProposal(proposal, member, membership)
    if (!checked.ok) return checked
    if (proposal.epoch !== epoch) {
      return fail('agreement.epoch', `proposal of member ${member}: expected epoch ${epoch}, got ${proposal.epoch}`)
    }
  }
  return ok(undefined)
}
