import { assert } from '../core/assert.ts'
import { utf8 } from '../core/bytes.ts'

/** HMAC-SHA-256 (FIPS 198-1): all 32 bytes; injected, because pure folders hold no cryptography. */
export type Mac = (key: Uint8Array, bytes: Uint8Array) => Uint8Array

/** What one TLS session gives to ranging: 32 bytes for each direction, by its exporter (RFC 5705). */
export interface RangingKeys {
  /** Authenticates what this node sends. */
  readonly send: Uint8Array
  /** Authenticates what the peer sends. */
  readonly receive: Uint8Array
}

/** The key of one direction, ready for use. */
export interface PacketKey {
  /** Names the key in the packet, so that a packet of another session is told from a forged one. */
  readonly id: number
  /** The truncated tag of some bytes under the key. */
  tag(bytes: Uint8Array): Uint8Array
}

const KEY_BYTES = 32

/** Half of the MAC: RFC 2104 section 5 allows no less, and a forger gets one try per packet. */
export const TAG_BYTES = 16

/** Both ends compute the id from the key alone, so nothing needs to be negotiated. It tells nothing about the key. */
const ID_LABEL = utf8('quorumtime-ranging-key-id')

export function createPacketKey(secret: Uint8Array, mac: Mac): PacketKey {
  assert(secret.length === KEY_BYTES, `a ranging key has ${KEY_BYTES} bytes, got ${secret.length}`)
  const tag = (bytes: Uint8Array): Uint8Array => {
    const full = mac(secret, bytes)
    assert(full.length >= TAG_BYTES, `the injected MAC must give at least ${TAG_BYTES} bytes, got ${full.length}`)
    return full.subarray(0, TAG_BYTES)
  }
  const named = tag(ID_LABEL)
  return { id: new DataView(named.buffer, named.byteOffset).getUint32(0), tag }
}

/** Compares in a time that depends on the length only: how many bytes of a forged tag were right must not show. */
export function equalTags(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
