import {
  type HashAlgorithm,
  SHA256,
  SHA384,
  TPM_ALG_AES,
  TPM_ALG_CFB,
  TPM_ALG_ECDSA,
  TPM_ALG_RSASSA,
  TPM_ECC_NIST_P256,
  TPM_ECC_NIST_P384,
} from './tpm-algorithm.ts'
import {
  ADMIN_WITH_POLICY,
  DECRYPT,
  FIXED_PARENT,
  FIXED_TPM,
  NO_DA,
  RESTRICTED,
  SENSITIVE_DATA_ORIGIN,
  SIGN,
  type TpmPublic,
  USER_WITH_AUTH,
} from './tpm-public.ts'

/** What a TPM is asked to make: public areas whose keys it fills in. */

const NONE = new Uint8Array()
const BORN_HERE = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN
const RSA_BITS = 2048
const AES_128 = { id: TPM_ALG_AES, keyBits: 128, mode: TPM_ALG_CFB }
const AES_256 = { id: TPM_ALG_AES, keyBits: 256, mode: TPM_ALG_CFB }

/** TPM2_PolicySecret(TPM_RH_ENDORSEMENT): PolicyA with SHA-256 (TCG EK Credential Profile 2.5, table 20). */
const ENDORSEMENT_POLICY_SHA256 = Uint8Array.fromHex('837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa')
/** PolicyOR of the owner's secret and an authorization in NV: PolicyB with SHA-384 (the same, table 22). */
const ENDORSEMENT_POLICY_SHA384 = Uint8Array.fromHex(
  'b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12',
)

/** Template L-1: the endorsement key that nearly every TPM has a certificate for. */
export const ENDORSEMENT_RSA_2048: TpmPublic = {
  nameHashId: SHA256.id,
  attributes: BORN_HERE | ADMIN_WITH_POLICY | RESTRICTED | DECRYPT,
  authPolicy: ENDORSEMENT_POLICY_SHA256,
  key: {
    type: 'rsa',
    symmetric: AES_128,
    scheme: undefined,
    keyBits: RSA_BITS,
    exponent: 0,
    modulus: new Uint8Array(RSA_BITS / 8),
  },
}

/** Template H-3. */
export const ENDORSEMENT_ECC_P384: TpmPublic = {
  nameHashId: SHA384.id,
  attributes: BORN_HERE | USER_WITH_AUTH | ADMIN_WITH_POLICY | RESTRICTED | DECRYPT,
  authPolicy: ENDORSEMENT_POLICY_SHA384,
  key: eccKey(TPM_ECC_NIST_P384, { symmetric: AES_256, scheme: undefined }),
}

const STORAGE = BORN_HERE | USER_WITH_AUTH | NO_DA | RESTRICTED | DECRYPT

/**
 * The key that sealed objects lie under. What it keeps is encrypted by AES-256, which a quantum computer leaves as strong as
 * AES-128 is today; its ECC part only matters for what is brought in from outside.
 */
export const STORAGE_P384: TpmPublic = {
  nameHashId: SHA384.id,
  attributes: STORAGE,
  authPolicy: NONE,
  key: eccKey(TPM_ECC_NIST_P384, { symmetric: AES_256, scheme: undefined }),
}

/** The same for a chip that can no better: the template of the SRK (TCG TPM v2.0 Provisioning Guidance, 7.5.1). */
export const STORAGE_P256: TpmPublic = {
  nameHashId: SHA256.id,
  attributes: STORAGE,
  authPolicy: NONE,
  key: eccKey(TPM_ECC_NIST_P256, { symmetric: AES_128, scheme: undefined }),
}

const ATTESTATION = BORN_HERE | USER_WITH_AUTH | RESTRICTED | SIGN

/** An attestation key: signs what the TPM itself has composed, and nothing that only looks so. */
export const ATTESTATION_ECDSA_P256: TpmPublic = {
  nameHashId: SHA256.id,
  attributes: ATTESTATION,
  authPolicy: NONE,
  key: eccKey(TPM_ECC_NIST_P256, { symmetric: undefined, scheme: { id: TPM_ALG_ECDSA, hashId: SHA256.id } }),
}

export const ATTESTATION_RSASSA_2048: TpmPublic = {
  nameHashId: SHA256.id,
  attributes: ATTESTATION,
  authPolicy: NONE,
  key: {
    type: 'rsa',
    symmetric: undefined,
    scheme: { id: TPM_ALG_RSASSA, hashId: SHA256.id },
    keyBits: RSA_BITS,
    exponent: 0,
    modulus: NONE,
  },
}

/** Data that only `authPolicy` opens: without userWithAuth there is no password beside it. */
export function sealedTemplate(nameHash: HashAlgorithm, authPolicy: Uint8Array): TpmPublic {
  return {
    nameHashId: nameHash.id,
    attributes: FIXED_TPM | FIXED_PARENT | NO_DA,
    authPolicy,
    key: { type: 'keyed-hash', scheme: undefined, unique: NONE },
  }
}

function eccKey(
  curveId: number,
  { symmetric, scheme }: Pick<Extract<TpmPublic['key'], { type: 'ecc' }>, 'symmetric' | 'scheme'>,
): TpmPublic['key'] {
  return { type: 'ecc', symmetric, scheme, curveId, kdf: undefined, x: NONE, y: NONE }
}
