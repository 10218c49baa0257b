import { equalBytes, toHex } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import type { TaiNs } from '../core/time.ts'
import { checkEnrolled, type Enrolment, type EnrolmentTrust, type VerifyMlDsa, verifyEnrolment } from './enrolment.ts'
import { checkEnrolmentFollows, contradictions, formerClockOf, type KnownNode, knownFrom } from './node-history.ts'
import type { PcrValues } from './pcr-selection.ts'
import { type AttestationPolicy, type Unchecked, uncheckedBy } from './policy.ts'
import { checkQuote, type QuoteCrypto, type VerifiedQuote } from './quote-check.ts'
import {
  type AttestationRecord,
  decodeRecord,
  type NamedCertificate,
  recordDigest,
  type Statement,
  statementBinding,
  type TpmEvidence,
} from './record.ts'
import type { RecordVerdict } from './record-verdict.ts'

/** Whom a record has to be of: as the membership and the header of a verified message say it. */
export interface Subject {
  readonly cluster: string
  readonly member: number
  readonly name: string
  /** SHA-384 of the node's ML-DSA-87 public key. */
  readonly keyHash: Uint8Array
  /** What the node's signed headers say that its record is. */
  readonly attestationDigest: Uint8Array
}

/** What a node shows: nothing of it is trusted. */
export interface ShownRecord {
  readonly record: Uint8Array
  /** The log that the record names, where the node has shown it. */
  readonly eventLog: Uint8Array | undefined
}

/** The certificates that the verifier has verified. */
export interface Certificates {
  /** The cluster's present time; undefined while it has certified none. */
  readonly now: TaiNs | undefined
  /**
   * The instant before which nobody could know of a certified block: the mark of the block before it, or where that is not
   * there and the block lists proposals, of the epoch before it. Undefined when the verifier has no such block: there is none,
   * or it has not come yet, and then the record is to be judged again when it has.
   */
  knowableSince(certificate: NamedCertificate): TaiNs | undefined
}

export interface JudgementContext {
  readonly subject: Subject
  readonly trust: EnrolmentTrust
  readonly policy: AttestationPolicy
  readonly certificates: Certificates
  /** What was `seen` with the newest record of this node; undefined for its first. */
  readonly known: KnownNode | undefined
  /** The same of other members. */
  readonly others: readonly KnownNode[]
}

export interface JudgementCrypto extends QuoteCrypto {
  readonly verifyMlDsa: VerifyMlDsa
}

export interface Judgement {
  readonly verdict: RecordVerdict
  /** Empty for `verified`, and never otherwise. */
  readonly reasons: readonly Fault[]
  /** What the policy does not ask about. */
  readonly unchecked: readonly Unchecked[]
  /** What to remember of the node; undefined unless its quote was believed. */
  readonly seen: KnownNode | undefined
}

interface Believed {
  readonly statement: Statement
  readonly enrolment: Enrolment
  readonly quote: VerifiedQuote
}

/**
 * What a record is worth, whatever its bytes are. What has to be so before anything else may be read is asked first, and its
 * first failure is the only reason; what a believed record breaks of the policy is told in full. Reasons, beside the
 * faults of `decodeRecord`, `verifyEnrolment`, `checkEnrolled`, `checkEnrolmentFollows`, `checkQuote` and `contradictions`:
 * `record.digest`, `record.cluster`, `record.member`, `record.key`, `record.none`, `record.downgraded`,
 * `record.event-log`, `record.registers`, `record.certificate`, `record.stale`, `record.undated`, `policy.selection`,
 * `policy.register`, `policy.software`.
 */
export function judgeRecord(shown: ShownRecord, context: JudgementContext, means: JudgementCrypto): Judgement {
  const decoded = decodeRecord(shown.record)
  if (!decoded.ok) return failed(context, [decoded.fault])
  const record = decoded.value
  const own = checkSubject(shown.record, record.statement, context.subject)
  if (!own.ok) return failed(context, [own.fault])
  if (record.evidence === undefined) return judgeUnattested(context)
  const believed = believe(shown, record, record.evidence, context, means)
  if (!believed.ok) return failed(context, [believed.fault])
  return judgeBelieved(believed.value, context)
}

function failed({ policy }: JudgementContext, reasons: readonly Fault[], seen?: KnownNode): Judgement {
  const verdict = policy.onFailure === 'refuse' ? 'refused' : 'flagged'
  return { verdict, reasons, unchecked: uncheckedBy(policy), seen }
}

function checkSubject(bytes: Uint8Array, statement: Statement, subject: Subject): Result<void> {
  const digest = recordDigest(bytes)
  if (!equalBytes(digest, subject.attestationDigest)) {
    const expected = shortHex(subject.attestationDigest)
    return fail('record.digest', `record: expected ${expected}, as its node has signed, got ${shortHex(digest)}`)
  }
  if (statement.cluster !== subject.cluster) {
    return fail('record.cluster', `record: expected cluster "${subject.cluster}", got "${statement.cluster}"`)
  }
  if (statement.member !== subject.member || statement.name !== subject.name) {
    const came = `${statement.member} "${statement.name}"`
    return fail('record.member', `record: expected member ${subject.member} "${subject.name}", got ${came}`)
  }
  return equalBytes(statement.keyHash, subject.keyHash)
    ? ok(undefined)
    : fail(
        'record.key',
        `record: expected the ML-DSA-87 key ${toHex(subject.keyHash)}, got ${toHex(statement.keyHash)}`,
      )
}

function judgeUnattested(context: JudgementContext): Judgement {
  const { policy, known } = context
  if (known !== undefined) {
    const message = 'record: expected a quote as before, got a node without a TPM'
    return failed(context, [{ code: 'record.downgraded', message }])
  }
  const reasons = [{ code: 'record.none', message: 'record: expected a quote of a TPM, got a node without one' }]
  if (policy.unattested === 'refuse') return failed(context, reasons)
  return { verdict: 'none', reasons, unchecked: uncheckedBy(policy), seen: undefined }
}

/** The chain from the authority's key to the quote over the statement. */
function believe(
  shown: ShownRecord,
  { statement }: AttestationRecord,
  evidence: TpmEvidence,
  { subject, trust, policy, known, others }: JudgementContext,
  means: JudgementCrypto,
): Result<Believed> {
  const verified = verifyEnrolment(statement.enrolment ?? new Uint8Array(), trust, means)
  if (!verified.ok) return verified
  const enrolment = verified.value
  const { selection } = enrolment
  const enrolled = checkEnrolled(enrolment, subject)
  if (!enrolled.ok) return enrolled
  const follows = checkEnrolmentFollows(enrolment, known, others)
  if (!follows.ok) return follows
  const log = checkLogShown(shown.eventLog, statement)
  if (!log.ok) return log
  const pcrValues = valuesOf(evidence, enrolment)
  if (!pcrValues.ok) return pcrValues
  const { loggedPcrs, firmwareVersions, unsafeClock } = policy
  const quote = checkQuote(
    { quote: evidence.quote, signature: evidence.signature, pcrValues: pcrValues.value, eventLog: shown.eventLog },
    {
      extraData: statementBinding(statement),
      key: enrolment.attestationKey,
      policy: { selection, loggedPcrs, firmwareVersions, unsafeClock },
      former: formerClockOf(known, enrolment, statement),
    },
    means,
  )
  return quote.ok ? ok({ statement, enrolment, quote: quote.value }) : quote
}

function checkLogShown(eventLog: Uint8Array | undefined, { eventLogDigest }: Statement): Result<void> {
  if (eventLog === undefined) return ok(undefined)
  const digest = sha384(eventLog)
  return eventLogDigest !== undefined && equalBytes(digest, eventLogDigest)
    ? ok(undefined)
    : fail(
        'record.event-log',
        `record: expected the event log ${eventLogDigest === undefined ? 'none' : shortHex(eventLogDigest)}, got ${shortHex(digest)}`,
      )
}

/** One value for each register of the enrolment: one more would be covered by nothing. */
function valuesOf({ pcrValues }: TpmEvidence, { selection: { pcrs } }: Enrolment): Result<PcrValues> {
  if (pcrValues.length !== pcrs.length) {
    return fail('record.registers', `record: expected values of ${pcrs.length} registers, got ${pcrValues.length}`)
  }
  return ok(new Map(pcrs.map((pcr, index) => [pcr, pcrValues[index] ?? new Uint8Array()])))
}

function judgeBelieved({ statement, enrolment, quote }: Believed, context: JudgementContext): Judgement {
  const { policy, known, certificates } = context
  // A height that the verifier knows nothing of is not remembered: no later record could come up to a made-up one.
  const named = statement.certificate && certificates.knowableSince(statement.certificate)
  const height = named === undefined ? known?.height : statement.certificate?.height
  const seen = knownFrom(statement, enrolment, quote.clock, height)
  const former = formerClockOf(known, enrolment, statement)
  const contradicted = contradictions(statement, quote.clock, known, former)
  const reasons = [
    ...contradicted,
    ...ageReasons(statement, policy, certificates),
    ...policyReasons(statement, enrolment, quote.pcrValues, policy),
  ]
  // What contradicts what is known must not take its place: the next honest record would be the one that is accused.
  if (reasons.length > 0) return failed(context, reasons, contradicted.length > 0 ? undefined : seen)
  if (certificates.now !== undefined) return { verdict: 'verified', reasons, unchecked: uncheckedBy(policy), seen }
  // To refuse here would be to never begin; to verify, to believe a quote of any age.
  const message = 'record: expected a certificate that dates it, got a cluster that has none yet'
  return { verdict: 'flagged', reasons: [{ code: 'record.undated', message }], unchecked: uncheckedBy(policy), seen }
}

function ageReasons(
  { certificate }: Statement,
  { ageNsMax }: AttestationPolicy,
  { now, knowableSince }: Certificates,
): readonly Fault[] {
  if (now === undefined) return []
  const since = certificate && knowableSince(certificate)
  if (since === undefined) {
    const came = certificate === undefined ? 'none' : `${shortHex(certificate.hash)} at height ${certificate.height}`
    return [{ code: 'record.certificate', message: `record: expected a certificate of its cluster, got ${came}` }]
  }
  if (now - since <= ageNsMax) return []
  return [{ code: 'record.stale', message: `record: expected an age of at most ${ageNsMax} ns, got ${now - since} ns` }]
}

function policyReasons(
  statement: Statement,
  { selection }: Enrolment,
  pcrValues: PcrValues,
  policy: AttestationPolicy,
): readonly Fault[] {
  const reasons: Fault[] = []
  const lacking = policy.selection.pcrs.filter((pcr) => !selection.pcrs.includes(pcr))
  if (selection.hash.id !== policy.selection.hash.id || lacking.length > 0) {
    const expected = `${policy.selection.hash.name}:${policy.selection.pcrs.join(',')}`
    const came = `${selection.hash.name}:${selection.pcrs.join(',')}`
    return [{ code: 'policy.selection', message: `record: expected registers ${expected}, got ${came} as enrolled` }]
  }
  for (const { pcr, values } of policy.registers) {
    const value = pcrValues.get(pcr)
    if (value !== undefined && values.some((allowed) => equalBytes(allowed, value))) continue
    const expected = values.map(shortHex).join(' or ')
    const message = `record: expected PCR ${pcr} to be ${expected}, got ${value === undefined ? 'none' : shortHex(value)}`
    reasons.push({ code: 'policy.register', message })
  }
  const { softwareDigest } = statement
  const { softwareDigests } = policy
  if (softwareDigests === undefined) return reasons
  if (softwareDigest === undefined || !softwareDigests.some((allowed) => equalBytes(allowed, softwareDigest))) {
    const came = softwareDigest === undefined ? 'none' : shortHex(softwareDigest)
    const message = `record: expected a package out of ${softwareDigests.map(shortHex).join(', ')}, got ${came}`
    reasons.push({ code: 'policy.software', message })
  }
  return reasons
}
