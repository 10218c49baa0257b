import { equalBytes, toHex } from '../core/bytes.ts'
import {
  bigintCodec,
  blobCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { checkAttestationKey, type EnrolledKey } from './attestation-key.ts'
import { enrolledKeyCodec, publicAreaCodec, type VerifyMlDsa } from './enrolment.ts'
import type { PcrSelection } from './pcr-selection.ts'
import { digestCodec, nameCodec, selectionCodec } from './record-codecs.ts'
import type { Digest } from './tpm-algorithm.ts'
import {
  DECRYPT,
  decodePublic,
  FIXED_PARENT,
  FIXED_TPM,
  hierarchyName,
  nameOf,
  qualifiedNameOf,
  RESTRICTED,
  SENSITIVE_DATA_ORIGIN,
  type TpmPublic,
} from './tpm-public.ts'

/** What a TPM says of itself, for people: nothing rests on it. */
export interface TpmDescription {
  /** Four characters of the TCG's registry of vendors. */
  readonly manufacturer: string
  readonly model: string
  /** TPM_PT_FIRMWARE_VERSION_1 and _2, which quotes show as their firmware version. */
  readonly firmwareVersion: bigint
}

/** An enrolment that an appliance has already, of whichever authority: the next one has to count higher. */
export interface FormerEnrolment {
  /** SHA-384 of the authority's ML-DSA-87 public key. */
  readonly authority: Uint8Array
  readonly serial: number
}

/** What an appliance asks an enrolment authority for: the public halves of all of its keys, and nothing that is secret. */
export interface EnrolmentRequest {
  readonly format: 'quorumtime-enrolment-request-1'
  readonly node: string
  /** ML-DSA-87 public key that its messages verify under: it signs this request. */
  readonly signingKey: Uint8Array
  /** SHA-384 of the SubjectPublicKeyInfo of its TLS certificate. */
  readonly tlsKeyHash: Uint8Array
  /** DER, as the TPM has it. */
  readonly endorsementCertificate: Uint8Array
  /** DER, from the TPM's own store and from whoever made the request. */
  readonly intermediates: readonly Uint8Array[]
  /** TPMT_PUBLIC of the key that the certificate is for. */
  readonly endorsementKey: Uint8Array
  readonly attestationKey: EnrolledKey
  /** The registers that the appliance is going to quote. */
  readonly selection: PcrSelection
  readonly tpm: TpmDescription
  readonly former: FormerEnrolment | undefined
}

/** A request as it is carried: the bytes that were signed, and the signature. */
interface SignedRequest {
  readonly content: Uint8Array
  /** By the key in it, ML-DSA-87, under `REQUEST_CONTEXT`: whoever asks has that key. */
  readonly signature: Uint8Array
}

/** The ML-DSA context string of requests. */
const REQUEST_CONTEXT = 'quorumtime/v1/enrolment-request'

const PUBLIC_KEY_BYTES = 2592
const SIGNATURE_BYTES = 4627
const CERTIFICATE_BYTES_MAX = 8192
export const INTERMEDIATES_MAX = 8
const CONTENT_BYTES_MAX = 98_304
export const REQUEST_BYTES_MAX = CONTENT_BYTES_MAX + SIGNATURE_BYTES + 16
/** Serial numbers begin at 1 and count enrolments, of which nobody makes so many. */
export const SERIAL_MAX = 0xffff_ffff
/** A hierarchy's qualified name is its handle (part 1, 16). */
const TPM_RH_ENDORSEMENT = 0x4000_000b
const U64_MAX = (1n << 64n) - 1n

export const enrolmentRequestCodec: Codec<EnrolmentRequest> = recordCodec<EnrolmentRequest>({
  format: literalCodec('quorumtime-enrolment-request-1'),
  node: nameCodec,
  signingKey: bytesCodec(PUBLIC_KEY_BYTES),
  tlsKeyHash: digestCodec,
  endorsementCertificate: blobCodec(CERTIFICATE_BYTES_MAX),
  intermediates: listCodec(blobCodec(CERTIFICATE_BYTES_MAX), INTERMEDIATES_MAX),
  endorsementKey: publicAreaCodec,
  attestationKey: enrolledKeyCodec,
  selection: selectionCodec,
  tpm: recordCodec<TpmDescription>({
    manufacturer: textCodec(16),
    model: textCodec(32),
    firmwareVersion: bigintCodec(0n, U64_MAX),
  }),
  former: optionalCodec(recordCodec<FormerEnrolment>({ authority: digestCodec, serial: uintCodec(SERIAL_MAX, 1) })),
})

export const signedRequestCodec: Codec<SignedRequest> = recordCodec<SignedRequest>({
  content: blobCodec(CONTENT_BYTES_MAX),
  signature: bytesCodec(SIGNATURE_BYTES),
})

export function signRequest(
  request: EnrolmentRequest,
  sign: (context: string, message: Uint8Array) => Uint8Array,
): Uint8Array {
  const content = encode(enrolmentRequestCodec, request)
  return encode(signedRequestCodec, { content, signature: sign(REQUEST_CONTEXT, content) })
}

/** A request whose parts belong together, as far as that can be seen without certificates. */
export interface VerifiedRequest {
  readonly request: EnrolmentRequest
  /** SHA-384 of the bytes that were signed: the signature of the same request differs each time it is made. */
  readonly digest: Uint8Array
  /** The endorsement key, for which a credential can be made. */
  readonly endorsement: TpmPublic
}

/**
 * Whether whoever asks has the ML-DSA-87 key, and shows an attestation key that lives under the endorsement key. Faults:
 * `encoding.*`, `request.signature`, `request.endorsement-key`, `request.qualified-name`, those of `checkAttestationKey`.
 */
export function verifyRequest(
  bytes: Uint8Array,
  means: { readonly digest: Digest; readonly verifyMlDsa: VerifyMlDsa },
): Result<VerifiedRequest> {
  const signed = decode(signedRequestCodec, bytes, 'request')
  if (!signed.ok) return signed
  const { content, signature } = signed.value
  const decoded = decode(enrolmentRequestCodec, content, 'request.content')
  if (!decoded.ok) return decoded
  const request = decoded.value
  if (!means.verifyMlDsa(request.signingKey, REQUEST_CONTEXT, content, signature)) {
    return fail('request.signature', 'request: expected a signature by the ML-DSA-87 key in it, got another')
  }
  const endorsement = checkEndorsementKey(request.endorsementKey)
  if (!endorsement.ok) return endorsement
  const key = checkAttestationKey(request.attestationKey, means.digest)
  if (!key.ok) return key
  const lives = checkParent(request, means.digest)
  return lives.ok ? ok({ request, digest: sha384(content), endorsement: endorsement.value }) : lives
}

/** A credential for a key with other attributes could be opened outside of the TPM. */
function checkEndorsementKey(publicArea: Uint8Array): Result<TpmPublic> {
  const decoded = decodePublic(publicArea, 'endorsement key')
  if (!decoded.ok) return decoded
  const { attributes } = decoded.value
  const needed = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED | DECRYPT
  if ((attributes & needed) === needed) return decoded
  const expected = 'fixedTPM, fixedParent, sensitiveDataOrigin, restricted and decrypt'
  return fail('request.endorsement-key', `endorsement key: expected ${expected}, got 0x${attributes.toString(16)}`)
}

/** The qualified name that an attestation key has under this endorsement key, a primary key of its hierarchy. */
export function qualifiedNameUnder(
  endorsementKey: Uint8Array,
  attestationName: Uint8Array,
  digest: Digest,
): Result<Uint8Array> {
  const decoded = decodePublic(endorsementKey, 'endorsement key')
  if (!decoded.ok) return decoded
  const name = nameOf(digest, endorsementKey, decoded.value.nameHashId)
  if (!name.ok) return name
  const qualified = qualifiedNameOf(digest, hierarchyName(TPM_RH_ENDORSEMENT), name.value)
  return qualified.ok ? qualifiedNameOf(digest, qualified.value, attestationName) : qualified
}

function checkParent(request: EnrolmentRequest, digest: Digest): Result<void> {
  const { attestationKey, endorsementKey } = request
  const expected = qualifiedNameUnder(endorsementKey, attestationKey.name, digest)
  if (!expected.ok) return expected
  const { qualifiedName } = attestationKey
  if (qualifiedName !== undefined && equalBytes(qualifiedName, expected.value)) return ok(undefined)
  return fail(
    'request.qualified-name',
    `attestation key: expected the qualified name ${toHex(expected.value)}, that of a key under the endorsement key, got ${qualifiedName === undefined ? 'none' : toHex(qualifiedName)}`,
  )
}
