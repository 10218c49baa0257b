import {
  type Codec,
  choiceCodec,
  encode,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { remembered } from '../core/remembered.ts'
import { type Membership, quorumOf } from './membership.ts'
import { type CompactVote, encodeContent, signingContext, votesCodec } from './messages.ts'
import { digestCodec } from './proposal.ts'

/** Checks one ML-DSA-87 signature; injected, so that consensus code touches no cryptographic library. */
export type Verify = (
  publicKey: Uint8Array,
  context: string,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>

export const VOTE_TYPES = ['notarize', 'nullify', 'finalize'] as const
export type VoteType = (typeof VOTE_TYPES)[number]

/** q votes of one type for one view: a notarization, a nullification or a finalization. */
export interface QuorumCertificate {
  readonly type: VoteType
  readonly view: number
  /** The block voted for; undefined for a nullification. */
  readonly hash: Uint8Array | undefined
  /** Sorted by sender, each sender once. */
  readonly votes: readonly CompactVote[]
}

export const quorumCertificateCodec: Codec<QuorumCertificate> = refinedCodec(
  recordCodec<QuorumCertificate>({
    type: choiceCodec(VOTE_TYPES),
    view: uintCodec(),
    hash: optionalCodec(digestCodec),
    votes: votesCodec,
  }),
  ({ type, hash, votes }) => {
    if ((hash === undefined) !== (type === 'nullify')) return 'a block hash in every certificate but a nullification'
    return votesSorted(votes) ? undefined : 'votes sorted by sender, each sender once'
  },
)

/** The canonical encoding. */
export const quorumCertificateBytes = remembered((certificate: QuorumCertificate) =>
  encode(quorumCertificateCodec, certificate),
)

export function votesSorted(votes: readonly CompactVote[]): boolean {
  return votes.every((vote, index) => index === 0 || (votes[index - 1]?.sender ?? -1) < vote.sender)
}

/** The exact bytes that the sender of a vote in `certificate` signed. */
export function votedContent(
  certificate: Pick<QuorumCertificate, 'type' | 'view' | 'hash'>,
  vote: CompactVote,
  cluster: string,
  membershipHash: Uint8Array,
): Uint8Array {
  const { sender, bootCount, attestationDigest } = vote
  const header = { cluster, membershipHash, sender, bootCount, attestationDigest }
  const { type, view, hash } = certificate
  if (type === 'nullify' || hash === undefined) return encodeContent({ ...header, type: 'nullify' }, { view })
  return encodeContent({ ...header, type }, { view, hash })
}

/**
 * Checks a quorum certificate against a membership: at least q votes, at most n, distinct members in order, every
 * signature valid. Extra votes beyond q are checked too: an invalid signature never stands in a valid certificate.
 */
export async function verifyQuorumCertificate(
  certificate: QuorumCertificate,
  membership: Membership,
  membershipHash: Uint8Array,
  verify: Verify,
): Promise<Result<void>> {
  const { n, q } = quorumOf(membership.members.length)
  const { votes, type, view } = certificate
  const what = `${type} certificate of view ${view}`
  if (votes.length < q)
    return fail('certificate.quorum', `${what}: expected at least ${q} signatures of ${n} members, got ${votes.length}`)
  if (votes.length > n || !votesSorted(votes)) {
    return fail('certificate.signers', `${what}: expected distinct members in ascending order`)
  }
  const checks = votes.map(async (vote) => {
    const member = membership.members[vote.sender]
    if (member === undefined)
      return fail('certificate.signers', `${what}: expected members 0…${n - 1}, got ${vote.sender}`)
    const content = votedContent(certificate, vote, membership.cluster, membershipHash)
    const valid = await verify(member.signingKey, signingContext(type), content, vote.signature)
    return valid
      ? ok(undefined)
      : fail(
          'certificate.signature',
          `${what}: the signature of member ${vote.sender} (${member.name}) does not verify`,
        )
  })
  const results = await Promise.all(checks)
  return results.find((result) => !result.ok) ?? ok(undefined)
}
