import { equalBytes, toHex } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { type Digest, type HashAlgorithm, hashOf, TPM_ALG_ECDSA, TPM_ALG_RSASSA } from './tpm-algorithm.ts'
import {
  DECRYPT,
  decodePublic,
  FIXED_PARENT,
  FIXED_TPM,
  nameOf,
  RESTRICTED,
  SENSITIVE_DATA_ORIGIN,
  SIGN,
  type TpmPublic,
} from './tpm-public.ts'
import type { TpmSignature } from './tpm-signature.ts'

/** An attestation key as its enrolment records it. */
export interface EnrolledKey {
  /** TPMT_PUBLIC. */
  readonly publicArea: Uint8Array
  /** What the credential activation was for: proof that the TPM of the endorsement key holds it. */
  readonly name: Uint8Array
  /** Of a key whose endorsement key is known: says that the key lives under that. */
  readonly qualifiedName: Uint8Array | undefined
}

/** Without these a key signs what software composes, or can be had outside of the TPM, and its quotes are worth nothing. */
const NEEDED: readonly (readonly [attribute: number, name: string])[] = [
  [FIXED_TPM, 'fixedTPM'],
  [FIXED_PARENT, 'fixedParent'],
  [SENSITIVE_DATA_ORIGIN, 'sensitiveDataOrigin'],
  [RESTRICTED, 'restricted'],
  [SIGN, 'sign'],
]

/** A key that quotes may be believed of, with what it signs by. */
export interface AttestationKey {
  readonly publicArea: TpmPublic
  readonly scheme: TpmSignature['scheme']
  readonly hash: HashAlgorithm
}

/**
 * Whether a public area is that of an attestation key, and has the Name that was enrolled. Faults: `tpm.encoding`,
 * `tpm.name-hash`, `quote.ak-name`, `quote.ak-attributes`, `quote.ak-scheme`.
 */
export function checkAttestationKey(enrolled: EnrolledKey, digest: Digest): Result<AttestationKey> {
  const decoded = decodePublic(enrolled.publicArea, 'attestation key')
  if (!decoded.ok) return decoded
  const name = nameOf(digest, enrolled.publicArea, decoded.value.nameHashId)
  if (!name.ok) return name
  if (!equalBytes(name.value, enrolled.name)) {
    return fail('quote.ak-name', `attestation key: expected the Name ${toHex(enrolled.name)}, got ${toHex(name.value)}`)
  }
  const { attributes, key } = decoded.value
  const lacking = NEEDED.filter(([attribute]) => (attributes & attribute) === 0).map(([, attribute]) => attribute)
  if (lacking.length > 0 || (attributes & DECRYPT) !== 0) {
    const expected = NEEDED.map(([, attribute]) => attribute).join(', ')
    const came = `0x${attributes.toString(16)}${lacking.length > 0 ? ` without ${lacking.join(', ')}` : ' with decrypt'}`
    return fail('quote.ak-attributes', `attestation key: expected ${expected} and not decrypt, got ${came}`)
  }
  const hash = hashOf(key.scheme?.hashId ?? 0)
  const scheme = schemeOf(key)
  if (scheme === undefined || hash === undefined) {
    const came = key.scheme === undefined ? 'none' : `0x${key.scheme.id.toString(16)}`
    return fail(
      'quote.ak-scheme',
      `attestation key: expected ECDSA or RSASSA with SHA-2, got scheme ${came} of ${key.type}`,
    )
  }
  return ok({ publicArea: decoded.value, scheme, hash })
}

function schemeOf(key: TpmPublic['key']): TpmSignature['scheme'] | undefined {
  if (key.type === 'ecc' && key.scheme?.id === TPM_ALG_ECDSA) return 'ecdsa'
  return key.type === 'rsa' && key.scheme?.id === TPM_ALG_RSASSA ? 'rsassa' : undefined
}
