import { hash } from 'node:crypto'
import type { Sha2 } from '../core/hash.ts'

/** SHA-2 of the platform's OpenSSL: several times as fast as the one that needs no platform. */
export const NATIVE_SHA2: Sha2 = {
  sha384: (bytes) => Uint8Array.fromHex(hash('sha384', bytes, 'hex')),
  sha256: (bytes) => Uint8Array.fromHex(hash('sha256', bytes, 'hex')),
}
