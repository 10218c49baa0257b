import { sha256 as nobleSha256, sha384 as nobleSha384 } from '@noble/hashes/sha2.js'

/** SHA-384 (FIPS 180-4), 48 bytes: digests of messages, blocks and memberships. */
export function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha384.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA-256 (FIPS 180-4), 32 bytes: log leaves and tiles, as RFC 6962 and C2SP require. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}
