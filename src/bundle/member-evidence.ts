import { type Certificates, type Judgement, type JudgementCrypto, judgeRecord } from '../attestation/judge.ts'
import type { KnownNode } from '../attestation/node-history.ts'
import type { AttestationPolicy } from '../attestation/policy.ts'
import { type AttestationRecord, decodeRecord } from '../attestation/record.ts'
import type { Block } from '../consensus/block.ts'
import type { AttestationTerms, Membership } from '../consensus/membership.ts'
import type { CompactVote } from '../consensus/messages.ts'
import type { AttestedMember } from '../consensus/outcome.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'

/** What a member has signed with one attestation record, or with none. */
export interface Named {
  readonly member: number
  /** Of the record; undefined: its header names none. */
  readonly digest: Uint8Array | undefined
  /** The proposal that the block lists; what the cluster says of it. */
  readonly proposal: AttestedMember['verdict'] | undefined
  /** Whether its vote is among the signatures of the certificate. */
  readonly vote: boolean
}

/** The same with what the record is worth. */
export interface MemberEvidence extends Named {
  readonly name: string
  readonly judgement: Pick<Judgement, 'verdict' | 'reasons' | 'unchecked' | 'seen'>
  /** Undefined when it is not here, or none. */
  readonly record: AttestationRecord | undefined
}

export interface EvidenceContext {
  readonly membership: Membership
  readonly terms: AttestationTerms
  readonly certificates: Certificates
  /** By SHA-384, hexadecimal. */
  readonly records: ReadonlyMap<string, Uint8Array>
  readonly eventLogs: ReadonlyMap<string, Uint8Array>
}

/** What the certificate's votes and its listed proposals name, by member; of each the proposal first, as it was signed first. */
export function namedBy({ outcome }: Block, votes: readonly CompactVote[]): readonly Named[] {
  const listed = outcome.attestation.map(({ member, digest, verdict }): Named => {
    const vote = votes.find(({ sender }) => sender === member)
    return { member, digest, proposal: verdict, vote: vote !== undefined && isSame(vote.attestationDigest, digest) }
  })
  const others = votes
    .filter(({ sender }) => !listed.some(({ member, vote }) => member === sender && vote))
    .map(({ sender, attestationDigest }): Named => {
      return { member: sender, digest: attestationDigest, proposal: undefined, vote: true }
    })
  // Stable: of one member the listed one stays before the other.
  return [...listed, ...others].toSorted((a, b) => a.member - b.member)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

/**
 * Judges everything that is named. A stranger remembers nothing of any node: a record is held against the member's earlier one here, and
 * a TPM against those of all others here, so that whoever shares one is found, both of them.
 */
export function judgeNamed(
  named: readonly Named[],
  context: EvidenceContext,
  means: JudgementCrypto,
): readonly MemberEvidence[] {
  const alone = judgeAll(named, context, [], means)
  const seen = alone.flatMap(({ judgement }) => judgement.seen ?? [])
  return isShared(seen) ? judgeAll(named, context, seen, means) : alone
}

function isShared(seen: readonly KnownNode[]): boolean {
  return seen.some(({ name, keyName, endorsementDigest }) =>
    seen.some(
      (other) =>
        other.name !== name &&
        (equalBytes(other.keyName, keyName) || equalBytes(other.endorsementDigest, endorsementDigest)),
    ),
  )
}

function judgeAll(
  named: readonly Named[],
  context: EvidenceContext,
  seen: readonly KnownNode[],
  means: JudgementCrypto,
): readonly MemberEvidence[] {
  const known = new Map<number, KnownNode>()
  return named.map((one) => {
    const evidence = judgeOne(one, context, known.get(one.member), seen, means)
    if (evidence.judgement.seen !== undefined) known.set(one.member, evidence.judgement.seen)
    return evidence
  })
}

function judgeOne(
  named: Named,
  { membership, terms, certificates, records, eventLogs }: EvidenceContext,
  known: KnownNode | undefined,
  seen: readonly KnownNode[],
  means: JudgementCrypto,
): MemberEvidence {
  const { member, digest } = named
  const { name, signingKey } = membership.members[member] ?? { name: `member ${member}`, signingKey: new Uint8Array() }
  const { fleet, authorities, policy } = terms
  const bytes = digest && records.get(toHex(digest))
  if (digest === undefined || bytes === undefined) {
    const judgement = judgeMissing(digest, policy, known !== undefined)
    return { ...named, name, judgement, record: undefined }
  }
  const decoded = decodeRecord(bytes)
  const record = decoded.ok ? decoded.value : undefined
  const logDigest = record?.statement.eventLogDigest
  const judgement = judgeRecord(
    { record: bytes, eventLog: logDigest && eventLogs.get(toHex(logDigest)) },
    {
      subject: { cluster: membership.cluster, member, name, keyHash: sha384(signingKey), attestationDigest: digest },
      trust: { fleet, authorities },
      policy,
      certificates,
      known,
      others: seen.filter((other) => other.name !== name),
    },
    means,
  )
  return { ...named, name, judgement, record }
}

/** As a member judges what nobody shows: to leave a record out of a bundle never makes its node better. */
function judgeMissing(
  digest: Uint8Array | undefined,
  { onFailure, unattested }: AttestationPolicy,
  hadRecord: boolean,
): MemberEvidence['judgement'] {
  const failure = onFailure === 'refuse' ? 'refused' : 'flagged'
  if (digest !== undefined) {
    const message = `record: expected ${shortHex(digest)}, as its node has signed, got a bundle without it`
    return { verdict: failure, reasons: [{ code: 'record.withheld', message }], unchecked: [], seen: undefined }
  }
  const message = 'record: expected one that its node has signed, got a node that names none'
  const verdict = hadRecord || unattested === 'refuse' ? failure : 'none'
  return { verdict, reasons: [{ code: 'record.absent', message }], unchecked: [], seen: undefined }
}
