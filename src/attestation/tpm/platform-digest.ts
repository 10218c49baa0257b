import { createHash } from 'node:crypto'
import type { HashName } from '../tpm-algorithm.ts'

/** Digests by the platform's OpenSSL, for the pure side. */
export function platformDigest(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name)
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
