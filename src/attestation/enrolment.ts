import { equalBytes, toHex } from '../core/bytes.ts'
import {
  blobCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  literalCodec,
  optionalCodec,
  recordCodec,
  shortHex,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { checkAttestationKey, type EnrolledKey } from './attestation-key.ts'
import type { PcrSelection } from './pcr-selection.ts'
import { BANKS, digestCodec, nameCodec, selectionCodec } from './record-codecs.ts'
import type { Digest, HashName } from './tpm-algorithm.ts'
import { NAME_BYTES_MAX } from './tpm-attest.ts'
import type { TpmSignature } from './tpm-signature.ts'

/**
 * What an enrolment authority says of one node: this ML-DSA-87 key and this TPM's attestation key belong together. It says so
 * after the endorsement certificate was followed to its root, and the TPM has opened a credential for the attestation key.
 */
export interface Enrolment {
  readonly format: 'quorumtime-enrolment-1'
  /** SHA-384 of the authority's ML-DSA-87 public key. */
  readonly authority: Uint8Array
  /** The cluster, or the fleet out of which several clusters are made. */
  readonly fleet: string
  readonly node: string
  /** Counts up with every enrolment of a node, whichever authority made it: a lower one than has been seen counts no more. */
  readonly serial: number
  /** UTC, ISO 8601. A label for people: an authority that works offline has no clock that anything may rest on. */
  readonly issuedAt: string
  /** SHA-384 of the node's ML-DSA-87 public key. */
  readonly keyHash: Uint8Array
  readonly attestationKey: EnrolledKey
  /** What the attestation key signs by, and with which hash. */
  readonly scheme: TpmSignature['scheme']
  readonly schemeHash: HashName
  /** SHA-384 of the endorsement key's certificate, DER: which TPM it is. */
  readonly endorsementDigest: Uint8Array
  /** The registers that the node quotes: all that a policy may ask for. */
  readonly selection: PcrSelection
}

/** An enrolment as it is handed over: the bytes that were signed, and the signature. */
export interface SignedEnrolment {
  readonly content: Uint8Array
  /** By the authority, ML-DSA-87, under `ENROLMENT_CONTEXT`. */
  readonly signature: Uint8Array
}

/** Whose enrolments count. */
export interface EnrolmentTrust {
  readonly fleet: string
  /** ML-DSA-87 public keys, 2,592 bytes each. */
  readonly authorities: readonly Uint8Array[]
}

/** The ML-DSA context string of authorities: nothing that an appliance or an operator signs is ever an enrolment. */
export const ENROLMENT_CONTEXT = 'quorumtime/v1/enrolment'

/** Schemes in the order of the format. */
export const AK_SCHEMES = ['ecdsa', 'rsassa'] as const satisfies readonly TpmSignature['scheme'][]

const SIGNATURE_BYTES = 4627
/** RSA-4096 with its parameters has 540. */
const PUBLIC_AREA_BYTES_MAX = 640
const ISSUED_AT_CHARACTERS_MAX = 32
const CONTENT_BYTES_MAX = 2048
export const ENROLMENT_BYTES_MAX = CONTENT_BYTES_MAX + SIGNATURE_BYTES + 16

export const publicAreaCodec = blobCodec(PUBLIC_AREA_BYTES_MAX)

export const enrolledKeyCodec: Codec<EnrolledKey> = recordCodec<EnrolledKey>({
  publicArea: publicAreaCodec,
  name: blobCodec(NAME_BYTES_MAX),
  qualifiedName: optionalCodec(blobCodec(NAME_BYTES_MAX)),
})

export const enrolmentCodec: Codec<Enrolment> = recordCodec<Enrolment>({
  format: literalCodec('quorumtime-enrolment-1'),
  authority: digestCodec,
  fleet: nameCodec,
  node: nameCodec,
  serial: uintCodec(),
  issuedAt: textCodec(ISSUED_AT_CHARACTERS_MAX),
  keyHash: digestCodec,
  attestationKey: enrolledKeyCodec,
  scheme: choiceCodec(AK_SCHEMES),
  schemeHash: choiceCodec(BANKS),
  endorsementDigest: digestCodec,
  selection: selectionCodec,
})

export const signedEnrolmentCodec: Codec<SignedEnrolment> = recordCodec<SignedEnrolment>({
  content: blobCodec(CONTENT_BYTES_MAX),
  signature: bytesCodec(SIGNATURE_BYTES),
})

/** Checks one ML-DSA-87 signature; injected, so that evidence is judged without a cryptographic library. */
export type VerifyMlDsa = (
  publicKey: Uint8Array,
  context: string,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean

/** The bytes that an authority signs under `ENROLMENT_CONTEXT`. */
export function enrolmentContent(enrolment: Enrolment): Uint8Array {
  return encode(enrolmentCodec, enrolment)
}

/**
 * An enrolment that an authority of this fleet has signed, and whose attestation key is one. Faults: `encoding.*`,
 * `enrolment.authority`, `enrolment.signature`, `enrolment.fleet`, those of `checkAttestationKey`, `enrolment.scheme`.
 */
export function verifyEnrolment(
  bytes: Uint8Array,
  trust: EnrolmentTrust,
  means: { readonly digest: Digest; readonly verifyMlDsa: VerifyMlDsa },
): Result<Enrolment> {
  const signed = decode(signedEnrolmentCodec, bytes, 'enrolment')
  if (!signed.ok) return signed
  const decoded = decode(enrolmentCodec, signed.value.content, 'enrolment.content')
  if (!decoded.ok) return decoded
  const enrolment = decoded.value
  const authority = trust.authorities.find((key) => equalBytes(sha384(key), enrolment.authority))
  if (authority === undefined) {
    const known = trust.authorities.map((key) => shortHex(sha384(key))).join(', ') || 'none'
    return fail(
      'enrolment.authority',
      `enrolment: expected an authority out of ${known}, got ${shortHex(enrolment.authority)}`,
    )
  }
  const { content, signature } = signed.value
  if (!means.verifyMlDsa(authority, ENROLMENT_CONTEXT, content, signature)) {
    return fail(
      'enrolment.signature',
      `enrolment: expected a signature by ${shortHex(enrolment.authority)}, got another`,
    )
  }
  if (enrolment.fleet !== trust.fleet) {
    return fail('enrolment.fleet', `enrolment: expected fleet "${trust.fleet}", got "${enrolment.fleet}"`)
  }
  return checkScheme(enrolment, means.digest)
}

function checkScheme(enrolment: Enrolment, digest: Digest): Result<Enrolment> {
  const key = checkAttestationKey(enrolment.attestationKey, digest)
  if (!key.ok) return key
  const { scheme, hash } = key.value
  if (scheme === enrolment.scheme && hash.name === enrolment.schemeHash) return ok(enrolment)
  return fail(
    'enrolment.scheme',
    `enrolment: expected ${enrolment.scheme} with ${enrolment.schemeHash}, got a key of ${scheme} with ${hash.name}`,
  )
}

/**
 * Whether an enrolment is that of one node with its key. Faults: `enrolment.node`, `enrolment.key`.
 */
export function checkEnrolled(
  enrolment: Enrolment,
  { name, keyHash }: { readonly name: string; readonly keyHash: Uint8Array },
): Result<void> {
  if (enrolment.node !== name) {
    return fail('enrolment.node', `enrolment: expected node "${name}", got "${enrolment.node}"`)
  }
  return equalBytes(enrolment.keyHash, keyHash)
    ? ok(undefined)
    : fail('enrolment.key', `enrolment: expected the ML-DSA-87 key ${toHex(keyHash)}, got ${toHex(enrolment.keyHash)}`)
}
