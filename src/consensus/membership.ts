import { type AttestationPolicy, attestationPolicyCodec } from '../attestation/policy.ts'
import { compareBytes } from '../core/bytes.ts'
import { REFUSED } from '../core/cbor-reader.ts'
import {
  bigintCodec,
  bytesCodec,
  type Codec,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { remembered } from '../core/remembered.ts'
import { INSTANT_LIMIT_NS, type TaiNs } from '../core/time.ts'

/** How many appliances may form a cluster; every list on the wire is limited by it. */
export const MEMBERS_MAX = 100
/** How many people may hold an operator key. */
export const OPERATORS_MAX = 16
/** How many authorities may enrol appliances. */
const AUTHORITIES_MAX = 4

/** ML-DSA-87 (FIPS 204 table 2). */
export const PUBLIC_KEY_BYTES = 2592
export const SIGNATURE_BYTES = 4627
export const DIGEST_BYTES = 48

/**
 * The rules that are computed here: since version 2, blocks list evidence and convict; since 3, they say what the attestation
 * records of their members are worth, and a member is absent after eight blocks, not as soon as f + 1 leaders have left it
 * out. Under any other version a block means something else, so its genesis is refused.
 */
export const RULES_VERSION = 3

/**
 * Who takes part, under which keys, by which rules. Its canonical encoding is the genesis file; the SHA-384 of those
 * bytes stands in every signature, so a certificate of one membership means nothing under another.
 */
export interface Membership {
  readonly format: 'quorumtime-genesis-2'
  /** The name of the cluster, for people. */
  readonly cluster: string
  /** Only an operator-signed membership block raises it: the way out of a wrong future. */
  readonly era: number
  /** TAI instant of epoch 0 of this era. */
  readonly genesisTai: TaiNs
  /** The time from one epoch mark to the next. */
  readonly epochPeriodNs: bigint
  /** Which version of `agree` and of the state transition every member computes: `RULES_VERSION`. */
  readonly rulesVersion: number
  /** What the members aim for: the width inside which readings count as agreeing. */
  readonly targetPrecisionNs: bigint
  /** Failure domains on which all may depend without capping the grade. Sorted. */
  readonly acceptSingleDomain: readonly string[]
  /** Sorted by id; ids are 0 … n−1. */
  readonly members: readonly Member[]
  /** Who may change the membership. Empty: nobody, ever. */
  readonly operators: readonly Operator[]
  /** How many operators have to sign a change: 1 to all of them, 0 where there are none. */
  readonly operatorThreshold: number
  /** How members attest what they are; undefined: nobody is asked, and nobody is judged. */
  readonly attestation: AttestationTerms | undefined
  /** How many changes came before: 0 in a genesis file. */
  readonly session: number
  /**
   * Hash of the membership before this one; undefined in a genesis file. So no membership ever comes back with its old hash,
   * and nothing that was signed under one counts under another, although the same members may return.
   */
  readonly previous: Uint8Array | undefined
}

export interface Member {
  readonly id: number
  readonly name: string
  /** Where it stands: appliances of one site share one sky. */
  readonly site: string
  /** ML-DSA-87 public key that its messages verify under. */
  readonly signingKey: Uint8Array
  /** SHA-384 of the SubjectPublicKeyInfo of its TLS certificate. */
  readonly tlsKeyHash: Uint8Array
}

export interface Operator {
  readonly name: string
  /** ML-DSA-87 public key that its signature under a change verifies under; no appliance has it. */
  readonly signingKey: Uint8Array
}

/** Who enrols the TPMs of a cluster, and what is asked of the records that its members show. */
export interface AttestationTerms {
  /** The fleet that enrolments are for: several clusters may have appliances of one. */
  readonly fleet: string
  /** ML-DSA-87 public keys that sign enrolments, in ascending order; no member and no operator has one of them. */
  readonly authorities: readonly Uint8Array[]
  readonly policy: AttestationPolicy
}

const memberCodec: Codec<Member> = recordCodec<Member>({
  id: uintCodec(MEMBERS_MAX - 1),
  name: textCodec(64),
  site: textCodec(64),
  signingKey: bytesCodec(PUBLIC_KEY_BYTES),
  tlsKeyHash: bytesCodec(DIGEST_BYTES),
})

const operatorCodec: Codec<Operator> = recordCodec<Operator>({
  name: textCodec(64),
  signingKey: bytesCodec(PUBLIC_KEY_BYTES),
})

const attestationTermsCodec: Codec<AttestationTerms> = recordCodec<AttestationTerms>({
  fleet: textCodec(64),
  authorities: listCodec(bytesCodec(PUBLIC_KEY_BYTES), AUTHORITIES_MAX, 1),
  policy: attestationPolicyCodec,
})

const rulesVersionCodec: Codec<number> = {
  write: (to, version) => to.number(version),
  read: (from) => {
    const version = from.number(0, Number.MAX_SAFE_INTEGER)
    return version === RULES_VERSION || version === REFUSED
      ? version
      : from.refuse(`version ${RULES_VERSION} of the rules, the one that this quorumtime computes`)
  },
}

export const membershipCodec: Codec<Membership> = refinedCodec(
  recordCodec<Membership>({
    format: literalCodec('quorumtime-genesis-2'),
    cluster: textCodec(64),
    era: uintCodec(),
    genesisTai: bigintCodec<TaiNs>(0n, INSTANT_LIMIT_NS),
    epochPeriodNs: bigintCodec(100_000_000n, 60_000_000_000n),
    rulesVersion: rulesVersionCodec,
    targetPrecisionNs: bigintCodec(1n, 1_000_000_000n),
    acceptSingleDomain: listCodec(textCodec(64), 16),
    members: listCodec(memberCodec, MEMBERS_MAX, 1),
    operators: listCodec(operatorCodec, OPERATORS_MAX),
    operatorThreshold: uintCodec(OPERATORS_MAX),
    attestation: optionalCodec(attestationTermsCodec),
    session: uintCodec(),
    previous: optionalCodec(bytesCodec(DIGEST_BYTES)),
  }),
  (membership) =>
    brokenMemberRule(membership) ??
    brokenOperatorRule(membership) ??
    brokenAuthorityRule(membership) ??
    brokenOrderRule(membership),
)

/** What was expected of the members, when that is not so. */
function brokenMemberRule({ members }: Membership): string | undefined {
  if (members.some((member, index) => member.id !== index)) return 'members with ids 0, 1, 2, … in order'
  if (!distinct(members.map(({ name }) => name))) return 'members with distinct names'
  if (!distinct(members.map(({ signingKey }) => signingKey.join()))) return 'members with distinct signing keys'
  return distinct(members.map(({ tlsKeyHash }) => tlsKeyHash.join())) ? undefined : 'members with distinct TLS keys'
}

function brokenOperatorRule({ members, operators, operatorThreshold }: Membership): string | undefined {
  if (!distinct(operators.map(({ name }) => name))) return 'operators with distinct names'
  const keys = [...operators, ...members].map(({ signingKey }) => signingKey.join())
  if (!distinct(keys)) return 'operators with distinct signing keys, which no member has'
  const lowest = Math.min(1, operators.length)
  return operatorThreshold >= lowest && operatorThreshold <= operators.length
    ? undefined
    : `an operatorThreshold in [${lowest}, ${operators.length}]`
}

/** Whoever enrols appliances runs none, and does not decide who runs them: else one key would be worth two. */
function brokenAuthorityRule({ attestation, members, operators }: Membership): string | undefined {
  if (attestation === undefined) return undefined
  const { authorities } = attestation
  const ascending = authorities.every(
    (key, index) => index === 0 || compareBytes(authorities[index - 1] ?? new Uint8Array(), key) < 0,
  )
  if (!ascending) return 'authorities in ascending order, each once'
  const others = new Set([...members, ...operators].map(({ signingKey }) => signingKey.join()))
  return authorities.some((key) => others.has(key.join()))
    ? 'authorities with keys that no member and no operator has'
    : undefined
}

function brokenOrderRule({ acceptSingleDomain, session, previous }: Membership): string | undefined {
  const sorted = acceptSingleDomain.every(
    (domain, index) => index === 0 || (acceptSingleDomain[index - 1] ?? '') < domain,
  )
  if (!sorted) return 'acceptSingleDomain sorted, without repetition'
  return (session === 0) === (previous === undefined) ? undefined : 'a previous membership in every session but 0'
}

function distinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

/** What the protocol needs to know of a membership, computed once. Never from who is reachable. */
export interface Quorum {
  readonly n: number
  /** How many may lie: ⌊(n−1)/3⌋. */
  readonly f: number
  /** How many distinct members decide: ⌈(n+f+1)/2⌉, which overlaps any other such set in at least f+1. */
  readonly q: number
}

export function quorumOf(n: number): Quorum {
  const f = Math.floor((n - 1) / 3)
  return { n, f, q: Math.ceil((n + f + 1) / 2) }
}

/** SHA-384 of the canonical encoding, which is what every signature names. */
export const membershipHash = remembered((membership: Membership) => sha384(encode(membershipCodec, membership)))

/** members[(v + h) mod n], h from the membership hash: nothing else decides who leads a view. */
export function leaderOf(view: number, quorum: Quorum, hash: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = hash
  const h = ((a * 256 + b) * 256 + c) * 256 + d
  // The sum may be beyond 2^53, where a number is no longer exact; the sum of the remainders is not.
  return ((view % quorum.n) + (h % quorum.n)) % quorum.n
}
