import { enrolmentCodec, signedEnrolmentCodec } from '../../attestation/enrolment.ts'
import type { InventoryItem } from '../../attestation/inventory.ts'
import type { TpmClockInfo } from '../../attestation/tpm-attest.ts'
import { decodeQuote } from '../../attestation/tpm-attest.ts'
import type { Membership } from '../../consensus/membership.ts'
import type { AttestationVerdict } from '../../consensus/outcome.ts'
import { toHex } from '../../core/bytes.ts'
import { decode } from '../../core/encoding.ts'
import type { Fault } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import { type MemberStanding, opinionOf } from './member-subject.ts'
import type { SessionAttestation } from './session-attestation.ts'

/** For `quorumtime attestation`: what is asked of records, and what those of the others are worth to this member. */
export interface AttestationStanding {
  readonly terms: TermsTold | null
  readonly members: readonly MemberTold[]
  /** What judging took of the agent's own thread. */
  readonly judgements: { readonly count: number; readonly totalMs: number; readonly maxMs: number } | null
}

export interface TermsTold {
  readonly fleet: string
  /** SHA-384 of the keys of those that enrol. */
  readonly authorities: readonly string[]
  readonly onFailure: string
  readonly unattested: string
  readonly ageNsMax: bigint
}

/** What its record says is what its node says; what it is worth, the verdict says. */
export interface MemberTold {
  readonly member: string
  readonly verdict: AttestationVerdict
  readonly reasons: readonly Fault[]
  readonly unchecked: readonly string[]
  readonly digest: string | null
  readonly ageNs: bigint | null
  readonly provider: string | null
  readonly height: number | null
  readonly tpm: (TpmClockInfo & { readonly firmware: string }) | null
  /** SHA-384 of its ML-DSA-87 public key. */
  readonly key: string | null
  readonly bootId: string | null
  readonly enrolment: EnrolmentTold | null
  readonly software: string | null
  readonly configuration: string | null
  readonly inventory: readonly InventoryItem[]
}

/** Which keys an authority has found in one TPM. */
interface EnrolmentTold {
  readonly serial: number
  readonly issuedAt: string
  /** Name of the attestation key. */
  readonly attestationKey: string
  /** SHA-384 of the certificate of the endorsement key: which TPM it is. */
  readonly endorsement: string
}

export function describeAttestation(
  { attestation }: Membership,
  session: Pick<SessionAttestation, 'standings' | 'cost'>,
): AttestationStanding {
  const terms = attestation && {
    fleet: attestation.fleet,
    authorities: attestation.authorities.map((key) => toHex(sha384(key))),
    onFailure: attestation.policy.onFailure,
    unattested: attestation.policy.unattested,
    ageNsMax: attestation.policy.ageNsMax,
  }
  return { terms: terms ?? null, members: session.standings().map(describeMember), judgements: session.cost() ?? null }
}

/** For `quorumtime status`: by member, in a word. */
export function verdictsOf({ terms, members }: AttestationStanding): Readonly<Record<string, string>> | null {
  return terms === null ? null : Object.fromEntries(members.map(({ member, verdict }) => [member, verdict]))
}

function describeMember(standing: MemberStanding): MemberTold {
  const { name, digest, judged, ageNs } = standing
  const { verdict, reasons } = opinionOf(standing)
  const statement = judged?.record?.statement
  const evidence = judged?.record?.evidence
  const quote = evidence && decodeQuote(evidence.quote)
  return {
    member: name,
    verdict: verdict ?? 'unjudged',
    reasons,
    unchecked: judged?.judgement.unchecked ?? [],
    digest: digest?.toHex() ?? null,
    ageNs: ageNs ?? null,
    provider: statement?.provider ?? null,
    height: statement?.certificate?.height ?? null,
    tpm: quote?.ok === true ? { ...quote.value.clock, firmware: quote.value.firmwareVersion.toString(16) } : null,
    key: statement?.keyHash.toHex() ?? null,
    bootId: statement?.bootId.toHex() ?? null,
    enrolment: describeEnrolment(statement?.enrolment),
    software: statement?.softwareDigest?.toHex() ?? null,
    configuration: statement?.configurationDigest?.toHex() ?? null,
    inventory: statement?.inventory ?? [],
  }
}

function describeEnrolment(bytes: Uint8Array | undefined): EnrolmentTold | null {
  const signed = bytes && decode(signedEnrolmentCodec, bytes, 'enrolment')
  const content = signed?.ok === true ? decode(enrolmentCodec, signed.value.content, 'enrolment') : undefined
  if (content?.ok !== true) return null
  const { serial, issuedAt, attestationKey, endorsementDigest } = content.value
  return { serial, issuedAt, attestationKey: attestationKey.name.toHex(), endorsement: endorsementDigest.toHex() }
}
