import { type Membership, membershipHash } from '../../src/consensus/membership.ts'
import {
  type BodyOf,
  type ClusterIdentity,
  encodeContent,
  encodeEnvelope,
  type MessageType,
  signingContext,
} from '../../src/consensus/messages.ts'
import { generateSeed } from '../../src/crypto/seed.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer, Verifier } from '../../src/crypto/signature.ts'
import { createTlsIdentity, type TlsIdentity } from '../../src/crypto/tls-identity.ts'
import { sampleMembership } from './proposals.ts'

/** A membership whose members have real ML-DSA-87 keys. */
export interface SigningMembers {
  readonly membership: Membership
  readonly cluster: ClusterIdentity
  readonly members: readonly SigningMember[]
  readonly verifier: Verifier
  /** The envelope of a message of a member, validly signed. */
  envelope<T extends MessageType>(sender: number, type: T, body: BodyOf[T], bootCount?: number): Uint8Array
}

export interface SigningMember {
  readonly seed: Uint8Array
  readonly tlsSeed: Uint8Array
  readonly signer: Signer
  readonly tls: TlsIdentity
}

export function createSigningMembers(n: number, changes: Partial<Membership> = {}): SigningMembers {
  const mlDsa = selectMlDsa()
  const members = Array.from({ length: n }, (): SigningMember => {
    const [seed, tlsSeed] = [generateSeed(), generateSeed()]
    return { seed, tlsSeed, signer: mlDsa.createSigner(seed), tls: createTlsIdentity(tlsSeed) }
  })
  const sample = sampleMembership(n, changes)
  const membership = {
    ...sample,
    members: sample.members.map((member, id) => ({
      ...member,
      signingKey: members[id]?.signer.publicKey ?? member.signingKey,
      tlsKeyHash: members[id]?.tls.keyHash ?? member.tlsKeyHash,
    })),
  }
  const cluster = { cluster: membership.cluster, membershipHash: membershipHash(membership), n }
  return {
    membership,
    cluster,
    members,
    verifier: mlDsa.verifier,
    envelope: (sender, type, body, bootCount = 1) => {
      const signer = members[sender]?.signer
      if (signer === undefined) throw new RangeError(`no member ${sender}`)
      const { cluster: name, membershipHash: hash } = cluster
      const header = { cluster: name, membershipHash: hash, type, sender, bootCount, attestationDigest: undefined }
      const content = encodeContent(header, body)
      return encodeEnvelope({ content, signature: signer.sign(signingContext(type), content) })
    },
  }
}
