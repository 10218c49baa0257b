import { assert } from '../core/assert.ts'
import { utf8 } from '../core/bytes.ts'

/** ML-DSA-87 (FIPS 204 table 2): the sizes of everything, in bytes. The seed is ξ of its algorithm 1. */
export const SEED_BYTES = 32
export const PUBLIC_KEY_BYTES = 2592
export const SIGNATURE_BYTES = 4627

/** FIPS 204 algorithm 2: a context string is at most 255 bytes. */
const CONTEXT_BYTES_MAX = 255

/** One private key, ready to sign. Signing is hedged: the same message gets another signature each time. */
export interface Signer {
  /** The raw public key, 2,592 bytes. */
  readonly publicKey: Uint8Array
  /** A signature of 4,627 bytes over `message` under `context` (at most 255 bytes of UTF-8). */
  sign(context: string, message: Uint8Array): Uint8Array
}

/**
 * Checks signatures. Whatever is wrong with a key, a message or a signature from elsewhere, the answer is false; a key
 * or a signature of any other length is refused before any work. `context` is the caller's own: one that is too long
 * asserts.
 */
export interface Verifier {
  /** Off the event loop where the implementation can. The bytes may be reused as soon as the call has returned. */
  verify(publicKey: Uint8Array, context: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  verifySync(publicKey: Uint8Array, context: string, message: Uint8Array, signature: Uint8Array): boolean
}

/** One implementation of ML-DSA-87. */
export interface MlDsa87 {
  /** For people: `OpenSSL 3.5.8`, `@noble/post-quantum`. */
  readonly name: string
  readonly verifier: Verifier
  /** The signer of a seed of 32 bytes. */
  createSigner(seed: Uint8Array): Signer
}

/** The context string as the bytes that are signed. */
export function contextBytes(context: string): Uint8Array {
  const bytes = utf8(context)
  assert(
    bytes.length <= CONTEXT_BYTES_MAX,
    `signature context: expected at most ${CONTEXT_BYTES_MAX} bytes, got ${bytes.length}`,
  )
  return bytes
}

/** The check that comes before any work on bytes from elsewhere. */
export function hasRightLengths(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && signature.length === SIGNATURE_BYTES
}

export function assertSeedLength(seed: Uint8Array): void {
  assert(seed.length === SEED_BYTES, `ML-DSA-87 seed: expected ${SEED_BYTES} bytes, got ${seed.length}`)
}
