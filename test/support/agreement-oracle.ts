import type { ListedProposal } from '../../src/consensus/agreement.ts'
import type { Quorum } from '../../src/consensus/membership.ts'
import type { AttestationVerdict } from '../../src/consensus/outcome.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Interval } from '../../src/core/interval.ts'

/** Whose ageing an interval allows for. Both, as it must be; or, as it must not be, that of one side alone. */
export type Ageing = 'both' | 'observer' | 'peer'

const LIMIT = 2n ** 62n

/**
 * Steps 1 and 2 of the design once more, from its text and independent of the code under test: the interval that `peer`
 * claims in the frame of `observer`, or undefined when it is missing.
 */
export function claimedInterval(
  observer: ListedProposal,
  peer: ListedProposal,
  ageing: Ageing = 'both',
): Interval | undefined {
  const [r, j] = [observer.proposal, peer.proposal]
  if (j.nodeClock === undefined) return undefined
  const a = (j.nodeClock.taiNs as bigint) - j.rangingNs
  const epsilon = j.nodeClock.boundNs
  if (observer.member === peer.member) return inRange(a - epsilon, a + epsilon)
  const entry = r.ranging.find((candidate) => candidate.peer === peer.member)
  if (entry === undefined || entry.segment !== j.segment || !equalBytes(entry.bootId, j.bootId)) return undefined
  const { phiNs: phi, uncertaintyNs: u, ageNs: age } = entry
  const rhoR = ageing === 'peer' ? 0n : r.rangingRatePpb
  const rhoJ = ageing === 'observer' ? 0n : j.rangingRatePpb
  const apart = r.rangingNs + phi - j.rangingNs
  const delta = (apart < 0n ? -apart : apart) + u + ceilDiv((rhoR + rhoJ) * age)
  const w = ceilDiv((rhoR + rhoJ) * age + rhoJ * delta)
  return inRange(phi + a - (u + epsilon + w), phi + a + (u + epsilon + w))
}

/** The region by counting at every end: what at least m − f of the claimed intervals cover. */
export function claimedRegion(
  observer: ListedProposal,
  listed: readonly ListedProposal[],
  { f, q }: Quorum,
  ageing: Ageing = 'both',
): Interval | undefined {
  const intervals = listed.flatMap((peer) => claimedInterval(observer, peer, ageing) ?? [])
  if (intervals.length < q) return undefined
  const covered = (at: bigint): boolean =>
    intervals.filter(({ lo, hi }) => lo <= at && at <= hi).length >= intervals.length - f
  const los = intervals.map(({ lo }) => lo).filter(covered)
  const his = intervals.map(({ hi }) => hi).filter(covered)
  return los.length === 0 ? undefined : { lo: los.reduce(smaller), hi: his.reduce(larger) }
}

function inRange(lo: bigint, hi: bigint): Interval | undefined {
  return lo < -LIMIT || hi > LIMIT ? undefined : { lo, hi }
}

/** ⌈x / 10^9⌉ of x >= 0. */
function ceilDiv(x: bigint): bigint {
  return (x + 999_999_999n) / 1_000_000_000n
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/**
 * The verdict on a member's attestation record once more, from the text: of each possible one, from bad to good, how many
 * listed members but the judged one say it of the record that the judged one's header names; then the same of no record, where
 * a bad one may be said of any.
 */
export function claimedVerdict(
  { member, attestationDigest }: ListedProposal,
  listed: readonly ListedProposal[],
  { f }: Quorum,
): AttestationVerdict {
  const named = attestationDigest?.toHex()
  for (const record of named === undefined ? [undefined] : [named, undefined]) {
    for (const verdict of ['refused', 'flagged', 'none', 'verified'] as const) {
      let said = 0
      for (const { member: judge, proposal } of listed) {
        const words = proposal.verdicts.filter((word) => word.member === member && word.verdict === verdict)
        const ofAny = record === undefined && (verdict === 'refused' || verdict === 'flagged')
        if (judge !== member && words.some(({ digest }) => ofAny || digest?.toHex() === record)) said += 1
      }
      if (said > f) return verdict
    }
  }
  return 'unjudged'
}
