import { createHmac } from 'node:crypto'

/** HMAC-SHA-256 (FIPS 198-1), 32 bytes. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(bytes).digest())
}
