import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import { type Membership, membershipCodec, membershipHash, RULES_VERSION } from '../../src/consensus/membership.ts'
import { type MembershipOrder, ORDER_CONTEXT, orderContent } from '../../src/consensus/membership-order.ts'
import {
  type BodyOf,
  encodeContent,
  encodeEnvelope,
  type MessageType,
  type SignedMessage,
  signingContext,
} from '../../src/consensus/messages.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { taiNs } from '../../src/core/time.ts'
import { createOpenSslMlDsa } from '../../src/crypto/ml-dsa-openssl.ts'
import { createTlsIdentity } from '../../src/crypto/tls-identity.ts'

/** 2026-01-01T00:00:00 TAI. */
const GENESIS_TAI = taiNs(1_767_225_600_000_000_000n)

/** A member's ML-DSA-87 seed: 32 times the byte id + 1. Its TLS seed: 32 times the byte id + 129. */
function signingSeed(id: number): Uint8Array {
  return new Uint8Array(32).fill(id + 1)
}

/** An operator's ML-DSA-87 seed: 32 times the byte index + 225. */
function operatorSeed(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 225)
}

/** The authority's ML-DSA-87 seed: 32 times the byte 241. */
export const AUTHORITY_SEED = new Uint8Array(32).fill(241)

/** Without attestation: nobody is asked, and nobody judged. */
export function vectorMembership(n: number, cluster: string): Membership {
  const mlDsa = createOpenSslMlDsa()
  return {
    format: 'quorumtime-genesis-2',
    cluster,
    era: 1,
    genesisTai: GENESIS_TAI,
    epochPeriodNs: 1_000_000_000n,
    rulesVersion: RULES_VERSION,
    targetPrecisionNs: 1_000n,
    acceptSingleDomain: ['gnss'],
    members: Array.from({ length: n }, (_, id) => ({
      id,
      name: `ts${id}`,
      site: `hall-${'abcd'[id]}`,
      signingKey: mlDsa.createSigner(signingSeed(id)).publicKey,
      tlsKeyHash: createTlsIdentity(new Uint8Array(32).fill(id + 129)).keyHash,
    })),
    operators: ['ada', 'grace'].map((name, index) => {
      return { name, signingKey: mlDsa.createSigner(operatorSeed(index)).publicKey }
    }),
    operatorThreshold: 2,
    attestation: undefined,
    session: 0,
    previous: undefined,
  }
}

/** What asks of its members what the product asks for when nothing else is said. */
export function attestingMembership(n: number, cluster: string): Membership {
  const { publicKey } = createOpenSslMlDsa().createSigner(AUTHORITY_SEED)
  return {
    ...vectorMembership(n, cluster),
    attestation: { fleet: 'vectors', authorities: [publicKey], policy: DEFAULT_POLICY },
  }
}

/** The membership after one, with one more member than it has. */
export function vectorSuccessor(membership: Membership): Membership {
  const { members } = vectorMembership(membership.members.length + 1, membership.cluster)
  return { ...membership, members, session: membership.session + 1, previous: membershipHash(membership) }
}

/** An order of both operators, signed like everything here. */
export function vectorOrder(membership: Membership, next: Membership): MembershipOrder {
  const unsigned: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(membership),
    next: encode(membershipCodec, next),
    signatures: [],
  }
  const content = orderContent(membership.cluster, unsigned)
  const signatures = membership.operators.map((_, operator) => {
    const { secretKey } = ml_dsa87.keygen(operatorSeed(operator))
    const options = { context: utf8(ORDER_CONTEXT), extraEntropy: false } as const
    return { operator, signature: ml_dsa87.sign(content, secretKey, options) }
  })
  return { ...unsigned, signatures }
}

/** Makes messages of the members of one cluster. */
export type Say = <T extends MessageType>(sender: number, type: T, body: BodyOf[T]) => SignedMessage<T>

/** Member 2 attests something, so that both forms of the field are in the vectors; member i is in its boot i + 1. */
const ATTESTING = 2
export const ATTESTED = sha384(utf8('what member 2 attests'))

/**
 * Real ML-DSA-87 in the deterministic variant of FIPS 204 (rnd is 32 zero bytes), where the product signs hedged: so
 * the vectors come out the same each time. A verifier cannot tell the two apart.
 */
export function createVoices(
  membership: Membership,
  digestOf = (sender: number): Uint8Array | undefined => (sender === ATTESTING ? ATTESTED : undefined),
): Say {
  const hash = membershipHash(membership)
  const secretKeys = membership.members.map(({ id }) => ml_dsa87.keygen(signingSeed(id)).secretKey)
  return (sender, type, body) => {
    const header = {
      cluster: membership.cluster,
      membershipHash: hash,
      type,
      sender,
      bootCount: sender + 1,
      attestationDigest: digestOf(sender),
    }
    const content = encodeContent(header, body)
    const secretKey = secretKeys[sender]
    if (secretKey === undefined) throw new RangeError(`no member ${sender}`)
    const signature = ml_dsa87.sign(content, secretKey, { context: utf8(signingContext(type)), extraEntropy: false })
    return { type, header, body, content, signature }
  }
}

export function envelopeOf({ content, signature }: SignedMessage): Uint8Array {
  return encodeEnvelope({ content, signature })
}
