import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  literalCodec,
  recordCodec,
  shortHex,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import type { VerifyMlDsa } from './enrolment.ts'
import { digestCodec, nameCodec } from './record-codecs.ts'

/** What an authority asks of the TPM in a request: to open a credential that only that TPM can, and to quote under it. */
export interface EnrolmentChallenge {
  readonly format: 'quorumtime-enrolment-challenge-1'
  /** SHA-384 of the authority's ML-DSA-87 public key. */
  readonly authority: Uint8Array
  readonly fleet: string
  readonly node: string
  /** Of which request: `VerifiedRequest.digest`. */
  readonly request: Uint8Array
  /** TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET without their lengths. */
  readonly idObject: Uint8Array
  readonly encryptedSecret: Uint8Array
}

interface SignedChallenge {
  readonly content: Uint8Array
  /** By the authority, ML-DSA-87, under `CHALLENGE_CONTEXT`: a TPM opens what strangers send only by mistake. */
  readonly signature: Uint8Array
}

/** The ML-DSA context string of challenges. */
const CHALLENGE_CONTEXT = 'quorumtime/v1/enrolment-challenge'
const SIGNATURE_BYTES = 4627
const CREDENTIAL_BYTES_MAX = 512
const CONTENT_BYTES_MAX = 2048
export const CHALLENGE_BYTES_MAX = CONTENT_BYTES_MAX + SIGNATURE_BYTES + 16

export const enrolmentChallengeCodec: Codec<EnrolmentChallenge> = recordCodec<EnrolmentChallenge>({
  format: literalCodec('quorumtime-enrolment-challenge-1'),
  authority: digestCodec,
  fleet: nameCodec,
  node: nameCodec,
  request: digestCodec,
  idObject: blobCodec(CREDENTIAL_BYTES_MAX),
  encryptedSecret: blobCodec(CREDENTIAL_BYTES_MAX),
})

export const signedChallengeCodec: Codec<SignedChallenge> = recordCodec<SignedChallenge>({
  content: blobCodec(CONTENT_BYTES_MAX),
  signature: bytesCodec(SIGNATURE_BYTES),
})

export function signChallenge(
  challenge: EnrolmentChallenge,
  sign: (context: string, message: Uint8Array) => Uint8Array,
): Uint8Array {
  const content = encode(enrolmentChallengeCodec, challenge)
  return encode(signedChallengeCodec, { content, signature: sign(CHALLENGE_CONTEXT, content) })
}

export interface ReadChallenge {
  readonly challenge: EnrolmentChallenge
  /** SHA-384 of the bytes that the authority signed: what an answer names, and what its quote is bound to. */
  readonly digest: Uint8Array
}

/**
 * A challenge by this authority. Faults: `encoding.*`, `challenge.authority`, `challenge.signature`.
 */
export function verifyChallenge(
  bytes: Uint8Array,
  authority: Uint8Array,
  verifyMlDsa: VerifyMlDsa,
): Result<ReadChallenge> {
  const signed = decode(signedChallengeCodec, bytes, 'challenge')
  if (!signed.ok) return signed
  const { content, signature } = signed.value
  const challenge = decode(enrolmentChallengeCodec, content, 'challenge.content')
  if (!challenge.ok) return challenge
  const expected = sha384(authority)
  const came = challenge.value.authority
  if (!equalBytes(expected, came)) {
    return fail('challenge.authority', `challenge: expected the authority ${shortHex(expected)}, got ${shortHex(came)}`)
  }
  return verifyMlDsa(authority, CHALLENGE_CONTEXT, content, signature)
    ? ok({ challenge: challenge.value, digest: sha384(content) })
    : fail('challenge.signature', `challenge: expected a signature by ${shortHex(expected)}, got another`)
}
