import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  shortHex,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { extraDataOf } from './binding.ts'
import type { EnrolmentChallenge } from './enrolment-challenge.ts'
import type { EnrolmentRequest } from './enrolment-request.ts'
import { PCR_COUNT } from './pcr-selection.ts'
import { checkQuote, type QuoteCrypto, type VerifiedQuote } from './quote-check.ts'
import { digestCodec, nameCodec } from './record-codecs.ts'
import { DIGEST_BYTES_MAX } from './tpm-algorithm.ts'

/** What the TPM gave back: the secret that only it could read, and a quote that says for which ML-DSA-87 key it did. */
export interface EnrolmentAnswer {
  readonly format: 'quorumtime-enrolment-answer-1'
  readonly node: string
  /** SHA-384 of the authority's ML-DSA-87 public key. */
  readonly authority: Uint8Array
  /** To which challenge: `ReadChallenge.digest`. */
  readonly challenge: Uint8Array
  /** Worth nothing to anybody else, and nothing at all once it was used. */
  readonly secret: Uint8Array
  /** TPMS_ATTEST over the registers of the request. */
  readonly quote: Uint8Array
  /** TPMT_SIGNATURE of it. */
  readonly signature: Uint8Array
  /** What the registers hold, in the order of the request's selection: what a policy may be made of. */
  readonly registers: readonly Uint8Array[]
}

/** As many as the shortest hash of an endorsement key allows. */
export const SECRET_BYTES = 32
export const ANSWER_BYTES_MAX = 8192
const QUOTE_BYTES_MAX = 1024

const enrolmentAnswerCodec: Codec<EnrolmentAnswer> = recordCodec<EnrolmentAnswer>({
  format: literalCodec('quorumtime-enrolment-answer-1'),
  node: nameCodec,
  authority: digestCodec,
  challenge: digestCodec,
  secret: bytesCodec(SECRET_BYTES),
  quote: blobCodec(QUOTE_BYTES_MAX),
  signature: blobCodec(QUOTE_BYTES_MAX),
  registers: listCodec(blobCodec(DIGEST_BYTES_MAX), PCR_COUNT, 1),
})

export function encodeAnswer(answer: EnrolmentAnswer): Uint8Array {
  return encode(enrolmentAnswerCodec, answer)
}

/** Strict. Faults: `encoding.*`. */
export function decodeAnswer(bytes: Uint8Array): Result<EnrolmentAnswer> {
  return decode(enrolmentAnswerCodec, bytes, 'answer')
}

/**
 * What the quote of an answer is bound to: the fleet, the ML-DSA-87 key, and the challenge, which no quote could know before.
 * There is no statement in it, so that it never passes for the quote of a record.
 */
export function answerExtraData(fleet: string, keyHash: Uint8Array, challengeDigest: Uint8Array): Uint8Array {
  return extraDataOf({
    cluster: fleet,
    keyHash,
    certificateHash: undefined,
    statementDigest: undefined,
    challenge: challengeDigest,
  })
}

/** What an authority remembers of a challenge until it is answered. */
export interface OpenChallenge {
  readonly challenge: EnrolmentChallenge
  readonly digest: Uint8Array
  readonly request: EnrolmentRequest
  /** SHA-384. */
  readonly secretHash: Uint8Array
}

/**
 * Whether an answer is to this challenge: its secret says that the TPM holds the endorsement key and the attestation key, its
 * quote that this attestation key stands by the ML-DSA-87 key of the request. Faults: `answer.challenge`, `answer.secret`,
 * `answer.registers`, those of `checkQuote`.
 */
export function checkAnswer(
  answer: EnrolmentAnswer,
  { challenge, digest, request, secretHash }: OpenChallenge,
  means: QuoteCrypto,
): Result<VerifiedQuote> {
  if (!equalBytes(answer.challenge, digest)) {
    return fail(
      'answer.challenge',
      `answer: expected one to challenge ${shortHex(digest)}, got one to ${shortHex(answer.challenge)}`,
    )
  }
  if (!equalBytes(sha384(answer.secret), secretHash)) {
    return fail('answer.secret', `answer: expected the secret of challenge ${shortHex(digest)}, got another`)
  }
  const { pcrs } = request.selection
  if (answer.registers.length !== pcrs.length) {
    return fail(
      'answer.registers',
      `answer: expected the values of ${pcrs.length} registers, got ${answer.registers.length}`,
    )
  }
  const evidence = {
    quote: answer.quote,
    signature: answer.signature,
    pcrValues: new Map(pcrs.map((pcr, index) => [pcr, answer.registers[index] ?? new Uint8Array()])),
    eventLog: undefined,
  }
  const checked = checkQuote(evidence, expectationOf(challenge, digest, request), means)
  return checked.ok ? ok(checked.value) : fail(checked.fault.code, `answer: ${checked.fault.message}`)
}

/** Which registers and firmwares are good is the policy's word; a clock that is not safe yet will be. */
function expectationOf(
  { fleet }: EnrolmentChallenge,
  digest: Uint8Array,
  { signingKey, attestationKey, selection }: EnrolmentRequest,
): Parameters<typeof checkQuote>[1] {
  return {
    extraData: answerExtraData(fleet, sha384(signingKey), digest),
    key: attestationKey,
    policy: { selection, loggedPcrs: [], firmwareVersions: undefined, unsafeClock: 'accept' },
    former: undefined,
  }
}
