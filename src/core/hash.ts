import { sha256 as nobleSha256, sha384 as nobleSha384 } from '@noble/hashes/sha2.js'
import { assert } from './assert.ts'
import { concatBytes, equalBytes, utf8 } from './bytes.ts'

/** The two hash functions of the product (FIPS 180-4). */
export interface Sha2 {
  sha384(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
}

/** Without a builtin, so that it is there wherever this runs. */
const NOBLE: Sha2 = { sha384: nobleSha384, sha256: nobleSha256 }
const SAMPLE = utf8('a hash function that is not SHA-2 is no hash function')

let sha2 = NOBLE

/** A process that has a faster SHA-2 brings it, before anything else. One that gives anything else is a broken invariant. */
export function bringSha2(faster: Sha2): void {
  if (sha2 === faster) return
  for (const name of ['sha384', 'sha256'] as const) {
    assert(equalBytes(faster[name](SAMPLE), NOBLE[name](SAMPLE)), `expected a ${name} that agrees with ours`)
  }
  sha2 = faster
}

/** SHA-384 (FIPS 180-4), 48 bytes: digests of messages, blocks and memberships. */
export function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  return sha2.sha384(joined(parts))
}

/** SHA-256 (FIPS 180-4), 32 bytes: log leaves and tiles, as RFC 6962 and C2SP require. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return sha2.sha256(joined(parts))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : concatBytes(...parts)
}
