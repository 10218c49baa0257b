import { isBad, RECORD_VERDICTS, type RecordVerdict } from '../attestation/record-verdict.ts'
import { equalBytes } from '../core/bytes.ts'
import type { ListedProposal } from './agreement.ts'
import { type Membership, quorumOf } from './membership.ts'
import type { AttestedMember } from './outcome.ts'
import type { RecordJudged } from './proposal.ts'

/**
 * What the listed members say of each other's attestation records, one for each of them in the order of the list. A verdict is
 * taken when at least f + 1 listed members other than the judged one say it of the very record that its proposal's header
 * names: at least one of them follows the rules. Of several the worst is taken. Where no verdict on that record is taken, one on
 * a member that shows no record is, if as many say it, or that a record of this member, whichever it was, is `refused` or `flagged`: until
 * the new one is judged the old verdict stands, or a new record each epoch would keep any clock in. Otherwise, and in a
 * membership that asks for no attestation, a member is `unjudged`.
 *
 * So f liars neither verify nor refuse anybody by themselves; and what they can do with the help of members that follow the rules
 * is to let one of the verdicts stand that these have come to.
 */
export function attestedMembers(listed: readonly ListedProposal[], membership: Membership): readonly AttestedMember[] {
  const { f } = quorumOf(membership.members.length)
  const isAsked = membership.attestation !== undefined
  return listed.map(({ member, attestationDigest: digest }) => {
    const said = isAsked ? saidOf(member, listed) : []
    const ofRecord = said.filter((judged) => judged.digest !== undefined && isOf(judged.digest, digest))
    const standing = said.filter((judged) => judged.digest === undefined || isBad(judged.verdict))
    return { member, digest, verdict: worstTaken(ofRecord, f) ?? worstTaken(standing, f) ?? 'unjudged' }
  })
}

/** A member speaks once of each other one, and never of itself: the list was checked. */
function saidOf(member: number, listed: readonly ListedProposal[]): readonly RecordJudged[] {
  return listed.flatMap(({ proposal }) => proposal.verdicts.filter((judged) => judged.member === member))
}

function isOf(judged: Uint8Array, digest: Uint8Array | undefined): boolean {
  return digest !== undefined && equalBytes(judged, digest)
}

function worstTaken(said: readonly RecordJudged[], f: number): RecordVerdict | undefined {
  return RECORD_VERDICTS.findLast((verdict) => said.filter((judged) => judged.verdict === verdict).length >= f + 1)
}

/**
 * The list as its clocks count: a refused member has no node clock, whatever it says. It keeps its frame, its row, what it knows of leap
 * seconds, and its vote.
 */
export function withoutRefusedClocks(
  listed: readonly ListedProposal[],
  attested: readonly AttestedMember[],
): readonly ListedProposal[] {
  const refused = new Set(attested.flatMap(({ member, verdict }) => (verdict === 'refused' ? [member] : [])))
  if (refused.size === 0) return listed
  return listed.map((entry) =>
    refused.has(entry.member) ? { ...entry, proposal: { ...entry.proposal, nodeClock: undefined } } : entry,
  )
}
