import { checkAttestationKey } from '../../src/attestation/attestation-key.ts'
import {
  ENROLMENT_CONTEXT,
  type Enrolment,
  enrolmentContent,
  signedEnrolmentCodec,
  verifyEnrolment,
} from '../../src/attestation/enrolment.ts'
import { checkAnswer, decodeAnswer, type EnrolmentAnswer } from '../../src/attestation/enrolment-answer.ts'
import { verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { type EnrolmentRequest, SERIAL_MAX } from '../../src/attestation/enrolment-request.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { encode, shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { type Authority, MEANS, trustOf } from './authority.ts'
import type { Challenged, Enrolled } from './ledger-entry.ts'
import {
  base64Of,
  bytesOf,
  challengeNamed,
  enrolledBy,
  highestSerial,
  newestChallenge,
  requestIn,
} from './ledger-view.ts'

export interface IssuedEnrolment {
  readonly node: string
  readonly serial: number
  readonly bytes: Uint8Array
  /** Whether it was there already: an answer is given one enrolment, however often it comes. */
  readonly kept: boolean
  /** `0=…` in hexadecimal: what the registers held when the TPM answered. */
  readonly registers: readonly string[]
}

/** An answer that may be enrolled. */
export interface AssessedAnswer {
  readonly answer: EnrolmentAnswer
  readonly challenged: Challenged
  readonly request: EnrolmentRequest
  /** The enrolment that it was given already. */
  readonly known: Enrolled | undefined
}

/**
 * Looks an answer over. Faults: `encoding.*`, `answer.authority`, `answer.unknown`, `answer.superseded`, those of
 * `checkAnswer`.
 */
export function assessAnswer(authority: Authority, answerBytes: Uint8Array): Result<AssessedAnswer> {
  const decoded = decodeAnswer(answerBytes)
  if (!decoded.ok) return decoded
  const answer = decoded.value
  const challenged = findChallenge(authority, answer)
  if (!challenged.ok) return challenged
  const request = checkAgainst(authority, answer, challenged.value)
  if (!request.ok) return request
  const known = enrolledBy(authority.ledger.entries, challenged.value.challengeDigest)
  return ok({ answer, challenged: challenged.value, request: request.value, known })
}

/**
 * Issues the enrolment that an answer has earned: its number is durable in the ledger before it is handed out. The same
 * answer brings the same enrolment and no second number, as long as the node has asked for no newer one. Faults: those of
 * `assessAnswer` and of the ledger.
 */
export function issueEnrolment(authority: Authority, answerBytes: Uint8Array): Result<IssuedEnrolment> {
  const assessed = assessAnswer(authority, answerBytes)
  if (!assessed.ok) return assessed
  const { answer, challenged, request, known } = assessed.value
  if (known === undefined) return issueNew(authority, answer, challenged, request)
  const { node, serial, registers, enrolment } = known
  return ok({ node, serial, registers, bytes: bytesOf(enrolment), kept: true })
}

function findChallenge({ keyHash, ledger }: Authority, answer: EnrolmentAnswer): Result<Challenged> {
  if (!equalBytes(answer.authority, keyHash)) {
    return fail(
      'answer.authority',
      `answer of ${answer.node}: expected one to a challenge of authority ${shortHex(keyHash)}, got one for ${shortHex(answer.authority)}`,
    )
  }
  const challenged = challengeNamed(ledger.entries, toHex(answer.challenge))
  if (challenged === undefined || challenged.node !== answer.node) {
    return fail(
      'answer.unknown',
      `answer of ${answer.node}: expected one to a challenge that is in the ledger, got one to ${shortHex(answer.challenge)}`,
    )
  }
  const newest = newestChallenge(ledger.entries, answer.node)
  if (newest === challenged) return ok(challenged)
  return fail(
    'answer.superseded',
    `answer of ${answer.node}: expected one to its newest challenge, ${newest?.challengeDigest.slice(0, 12)}, got one to the older ${shortHex(answer.challenge)}`,
  )
}

/** The request that was asked about. */
function checkAgainst(authority: Authority, answer: EnrolmentAnswer, challenged: Challenged): Result<EnrolmentRequest> {
  const request = requestIn(challenged)
  if (!request.ok) return request
  const read = verifyChallenge(bytesOf(challenged.challenge), authority.signer.publicKey, MEANS.verifyMlDsa)
  if (!read.ok) return read
  const open = { ...read.value, request: request.value, secretHash: Uint8Array.fromHex(challenged.secretHash) }
  const checked = checkAnswer(answer, open, MEANS)
  return checked.ok ? request : checked
}

function issueNew(
  authority: Authority,
  answer: EnrolmentAnswer,
  challenged: Challenged,
  request: EnrolmentRequest,
): Result<IssuedEnrolment> {
  const { ledger, signer } = authority
  // Another authority's numbers count as well: of two enrolments of a node the higher one is believed.
  const serial = 1 + Math.max(highestSerial(ledger.entries), request.former?.serial ?? 0)
  if (serial > SERIAL_MAX) return fail('ledger.full', `ledger: expected serials up to ${SERIAL_MAX}, got the last one`)
  const enrolment = enrolmentOf(authority, request, serial)
  if (!enrolment.ok) return enrolment
  const content = enrolmentContent(enrolment.value)
  const bytes = encode(signedEnrolmentCodec, { content, signature: signer.sign(ENROLMENT_CONTEXT, content) })
  const own = verifyEnrolment(bytes, trustOf(authority), MEANS)
  if (!own.ok) return own
  const { pcrs } = request.selection
  const registers = answer.registers.map((value, index) => `${pcrs[index]}=${toHex(value)}`)
  const { node, challengeDigest } = challenged
  const appended = ledger.append({
    kind: 'enrolled',
    node,
    serial,
    challengeDigest,
    registers,
    enrolment: base64Of(bytes),
  })
  return appended.ok ? ok({ node, serial, bytes, registers, kept: false }) : appended
}

function enrolmentOf({ fleet, keyHash }: Authority, request: EnrolmentRequest, serial: number): Result<Enrolment> {
  const key = checkAttestationKey(request.attestationKey, MEANS.digest)
  if (!key.ok) return key
  return ok({
    format: 'quorumtime-enrolment-1',
    authority: keyHash,
    fleet,
    node: request.node,
    serial,
    issuedAt: new Date().toISOString(),
    keyHash: sha384(request.signingKey),
    attestationKey: request.attestationKey,
    scheme: key.value.scheme,
    schemeHash: key.value.hash.name,
    endorsementDigest: sha384(request.endorsementCertificate),
    selection: request.selection,
  })
}
