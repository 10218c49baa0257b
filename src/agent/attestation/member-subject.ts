import type { AttestationPolicy } from '../../attestation/policy.ts'
import { isBad, type RecordVerdict } from '../../attestation/record-verdict.ts'
import type { RecordJudged } from '../../consensus/proposal.ts'
import { equalBytes } from '../../core/bytes.ts'
import { shortHex } from '../../core/encoding.ts'
import type { Fault } from '../../core/fault.ts'
import { between, type TaiNs } from '../../core/time.ts'
import { createTokenBucket, type TokenBucket } from '../../transport/token-bucket.ts'
import type { CertifiedPast } from './certificates.ts'
import type { JudgedRecord } from './record-judge.ts'

/** What this member knows of the record of another one. */
export interface Subject {
  readonly member: number
  readonly name: string
  /** Records that it shows without being asked. */
  readonly offers: TokenBucket
  /** Of its newest proposal. */
  newestEpoch: number
  /** The record that it names, or is about to; undefined while it names none. */
  digest: Uint8Array | undefined
  /** The newest few, by digest: around a change of its record both are spoken of. */
  readonly judged: Map<string, JudgedRecord>
  /** The last one that was judged, other than what it names now. */
  former: JudgedRecord | undefined
  /** Its newest record, while the certificate that it names may be on its way here: its node has it already. */
  ahead: Ahead | undefined
  /** Since when it has named no record that is here, ms. */
  sinceMs: number
  /** It names no record, or one that nobody shows; undefined while one may still come. */
  missing: Missing | undefined
  /** What was last told of it. */
  told: string
}

/** Judged for the time being. `sinceMs`: since when its node has shown records of this kind alone. */
export interface Ahead {
  readonly judged: JudgedRecord
  readonly sinceMs: number
}

/** Why there is nothing to judge, and what is said of that. */
export interface Missing {
  readonly verdict: RecordVerdict
  readonly reason: Fault
}

/** One member's record as this member sees it. */
export interface MemberStanding {
  readonly member: number
  readonly name: string
  readonly digest: Uint8Array | undefined
  readonly judged: JudgedRecord | undefined
  readonly missing: Missing | undefined
  readonly ageNs: bigint | undefined
}

const JUDGED_KEPT = 3
const OFFERS_PER_SECOND = 0.5
const OFFERS_AT_ONCE = 3

export function newSubject(member: number, name: string, nowMs: number): Subject {
  return {
    member,
    name,
    offers: createTokenBucket(OFFERS_PER_SECOND, OFFERS_AT_ONCE),
    newestEpoch: -1,
    digest: undefined,
    judged: new Map(),
    former: undefined,
    ahead: undefined,
    sinceMs: nowMs,
    missing: undefined,
    told: '',
  }
}

export function currentOf({ digest, judged }: Subject): JudgedRecord | undefined {
  return digest && judged.get(digest.toHex())
}

/** Whether this record is here, judged or for the time being. */
export function isHere({ judged, ahead }: Subject, digest: Uint8Array): boolean {
  return judged.has(digest.toHex()) || (ahead !== undefined && equalBytes(ahead.judged.digest, digest))
}

/** Whether all that is wrong with a record is that it names a certificate beyond this height. */
export function isAhead({ record, judgement: { reasons } }: JudgedRecord, height: number): boolean {
  const named = record?.statement.certificate
  const codes = reasons.map(({ code }) => code)
  return named !== undefined && named.height > height && codes.join() === 'record.certificate'
}

export function isNamed({ digest }: Subject, other: Uint8Array | undefined): boolean {
  return digest === undefined || other === undefined ? digest === other : equalBytes(digest, other)
}

export function keepJudged({ judged }: Subject, record: JudgedRecord): void {
  judged.set(record.digest.toHex(), record)
  for (const oldest of [...judged.keys()].slice(0, -JUDGED_KEPT)) judged.delete(oldest)
}

export function standingOf(subject: Subject, { now, knowableSince }: CertifiedPast): MemberStanding {
  const { member, name, digest, missing } = subject
  const judged = currentOf(subject)
  const since = sinceOf(judged, knowableSince)
  const ageNs = since === undefined || now === undefined ? undefined : between(since, now)
  return { member, name, digest, judged, missing, ageNs }
}

/** The verdict on a member with its reasons; none while nothing can be said. */
export function opinionOf({ judged, missing }: MemberStanding): {
  readonly verdict: RecordVerdict | undefined
  readonly reasons: readonly Fault[]
} {
  if (judged !== undefined) return judged.judgement
  return { verdict: missing?.verdict, reasons: missing === undefined ? [] : [missing.reason] }
}

/** What is said of a member; nothing while nothing can be. Until its new record is here, a bad verdict on the former one stands. */
export function spokenOf(subject: Subject): readonly RecordJudged[] {
  const { member, missing, former } = subject
  const current = currentOf(subject)
  if (current !== undefined) return [wordOn(member, current)]
  if (missing !== undefined) return [{ member, digest: undefined, verdict: missing.verdict }]
  return former !== undefined && isBad(former.judgement.verdict) ? [wordOn(member, former)] : []
}

function wordOn(member: number, { digest, judgement: { verdict } }: JudgedRecord): RecordJudged {
  return { member, digest, verdict }
}

/** A member that shows nothing is judged as one without a TPM, and one that hides what it has signed as a failure. */
export function missingOf(
  { digest }: Subject,
  { onFailure, unattested }: AttestationPolicy,
  isKnown: boolean,
): Missing {
  const failure = onFailure === 'refuse' ? 'refused' : 'flagged'
  if (digest !== undefined) {
    const message = `record: expected ${shortHex(digest)}, as its node has signed, got nothing from anybody`
    return { verdict: failure, reason: { code: 'record.withheld', message } }
  }
  const message = 'record: expected one that its node has signed, got a node that names none'
  return {
    verdict: isKnown || unattested === 'refuse' ? failure : 'none',
    reason: { code: 'record.absent', message },
  }
}

/** Whether a record has grown too old since it was judged, or a certificate that was missing then has come. */
export function isDueAgain(judged: JudgedRecord, policy: AttestationPolicy, certificates: CertifiedPast): boolean {
  const codes = judged.judgement.reasons.map(({ code }) => code)
  const since = sinceOf(judged, certificates.knowableSince)
  if (since === undefined || certificates.now === undefined) return false
  if (codes.includes('record.certificate') || codes.includes('record.undated')) return true
  return !codes.includes('record.stale') && isDated(codes) && between(since, certificates.now) > policy.ageNsMax
}

/** What was not believed at all has no age. */
function isDated(codes: readonly string[]): boolean {
  return codes.every((code) => OF_BELIEVED.includes(code))
}

const OF_BELIEVED = ['record.boot', 'record.older', 'policy.selection', 'policy.register', 'policy.software']

function sinceOf(judged: JudgedRecord | undefined, knowableSince: CertifiedPast['knowableSince']): TaiNs | undefined {
  const named = judged?.record?.statement.certificate
  return named && knowableSince(named)
}
