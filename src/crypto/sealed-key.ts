import {
  blobCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'

export const KEY_PURPOSES = ['signing', 'tls'] as const
export type KeyPurpose = (typeof KEY_PURPOSES)[number]

/** The storage keys of a TPM that a seed can lie under: curve, cipher and hash. */
export const SEAL_PARENTS = ['ecc-p384-aes256-sha384', 'ecc-p256-aes128-sha256'] as const
export type SealParent = (typeof SEAL_PARENTS)[number]

/** A seed that one TPM alone gives back, and only while its registers are as they were when it was sealed. */
export interface SealedKey {
  readonly format: 'quorumtime-sealed-key-1'
  readonly purpose: KeyPurpose
  /** SHA-384 by which the membership knows the key: of the public signing key, or of the TLS key's SubjectPublicKeyInfo. */
  readonly keyHash: Uint8Array
  /** Bank and numbers of the registers, ascending. */
  readonly bank: 'sha256' | 'sha384' | 'sha512'
  readonly registers: readonly number[]
  readonly parent: SealParent
  /** TPMT_PUBLIC, in which the policy stands. */
  readonly publicArea: Uint8Array
  /** TPM2B_PRIVATE without its length. */
  readonly privateArea: Uint8Array
}

const KEY_HASH_BYTES = 48
const AREA_BYTES_MAX = 1_024
const REGISTER_MAX = 23

const sealedKeyCodec: Codec<SealedKey> = refinedCodec(
  recordCodec<SealedKey>({
    format: literalCodec('quorumtime-sealed-key-1'),
    purpose: choiceCodec(KEY_PURPOSES),
    keyHash: bytesCodec(KEY_HASH_BYTES),
    bank: choiceCodec(['sha256', 'sha384', 'sha512']),
    registers: listCodec(uintCodec(REGISTER_MAX), REGISTER_MAX + 1, 1),
    parent: choiceCodec(SEAL_PARENTS),
    publicArea: blobCodec(AREA_BYTES_MAX),
    privateArea: blobCodec(AREA_BYTES_MAX),
  }),
  ({ registers }) =>
    registers.every((register, index) => index === 0 || (registers[index - 1] ?? 0) < register)
      ? undefined
      : 'registers in ascending order, each once',
)

export function encodeSealedKey(key: SealedKey): Uint8Array {
  return encode(sealedKeyCodec, key)
}

/** `where` names the bytes in the fault. */
export function decodeSealedKey(bytes: Uint8Array, where: string): Result<SealedKey> {
  return decode(sealedKeyCodec, bytes, where)
}
