/** Identifiers of algorithms (TCG Algorithm Registry, table 3) and curves (table 4). */
export const TPM_ALG_RSA = 0x0001
export const TPM_ALG_HMAC = 0x0005
export const TPM_ALG_AES = 0x0006
export const TPM_ALG_KEYEDHASH = 0x0008
const TPM_ALG_SHA256 = 0x000b
const TPM_ALG_SHA384 = 0x000c
const TPM_ALG_SHA512 = 0x000d
export const TPM_ALG_NULL = 0x0010
export const TPM_ALG_RSASSA = 0x0014
export const TPM_ALG_RSAES = 0x0015
export const TPM_ALG_RSAPSS = 0x0016
export const TPM_ALG_OAEP = 0x0017
export const TPM_ALG_ECDSA = 0x0018
export const TPM_ALG_ECDH = 0x0019
export const TPM_ALG_ECC = 0x0023
export const TPM_ALG_CFB = 0x0043

export const TPM_ECC_NIST_P256 = 0x0003
export const TPM_ECC_NIST_P384 = 0x0004
export const TPM_ECC_NIST_P521 = 0x0005

/** The hash functions that anything is trusted by here. SHA-1 is none of them, although chips have it. */
export type HashName = 'sha256' | 'sha384' | 'sha512'

export interface HashAlgorithm {
  readonly name: HashName
  readonly id: number
  readonly bytes: number
}

export const SHA256: HashAlgorithm = { name: 'sha256', id: TPM_ALG_SHA256, bytes: 32 }
export const SHA384: HashAlgorithm = { name: 'sha384', id: TPM_ALG_SHA384, bytes: 48 }
export const SHA512: HashAlgorithm = { name: 'sha512', id: TPM_ALG_SHA512, bytes: 64 }

/** The longest digest that a TPM of today makes. */
export const DIGEST_BYTES_MAX = 64

/** Undefined for SHA-1 and whatever else is not trusted here. */
export function hashOf(id: number): HashAlgorithm | undefined {
  return [SHA256, SHA384, SHA512].find((hash) => hash.id === id)
}

/** Computes a digest; injected, since the pure side has no SHA-512 of its own and the platform's are faster. */
export type Digest = (name: HashName, ...parts: readonly Uint8Array[]) => Uint8Array
