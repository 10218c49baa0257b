import { type Membership, membershipHash } from '../../src/consensus/membership.ts'
import {
  type BodyOf,
  type CompactVote,
  compactVote,
  encodeContent,
  type MessageType,
  type SignedMessage,
} from '../../src/consensus/messages.ts'
import type { QuorumCertificate, VoteType } from '../../src/consensus/quorum-certificate.ts'
import { testSign } from './replica-cluster.ts'

/** What the members of a test cluster sign, made one by one. */
export interface Voices {
  say<T extends MessageType>(sender: number, type: T, body: BodyOf[T], ...run: Run): SignedMessage<T>
  /** The votes of these members for one thing. */
  certificate(type: VoteType, view: number, hash: Uint8Array | undefined, signers: readonly number[]): QuorumCertificate
}

/** In which run of its process it says that, and what it attests there; the first and nothing when not given. */
type Run = readonly [bootCount?: number, attestationDigest?: Uint8Array]

export function createVoices(membership: Membership): Voices {
  const { cluster } = membership
  const hashOfMembership = membershipHash(membership)
  const say = <T extends MessageType>(sender: number, type: T, body: BodyOf[T], ...run: Run): SignedMessage<T> => {
    const [bootCount = 1, attestationDigest] = run
    const header = { cluster, membershipHash: hashOfMembership, type, sender, bootCount, attestationDigest }
    const content = encodeContent(header, body)
    return { type, header, body, content, signature: testSign(sender, type, content) }
  }
  const vote = (sender: number, type: VoteType, view: number, hash: Uint8Array | undefined): CompactVote => {
    if (type === 'nullify' || hash === undefined) return compactVote(say(sender, 'nullify', { view }))
    return compactVote(say(sender, type, { view, hash }))
  }
  return {
    say,
    certificate: (type, view, hash, signers) => ({
      type,
      view,
      hash,
      votes: signers.map((sender) => vote(sender, type, view, hash)),
    }),
  }
}

/** 48 bytes of one value: a digest of nothing. */
export function digestOf(value: number): Uint8Array {
  return new Uint8Array(48).fill(value)
}
