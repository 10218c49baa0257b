import { assert } from '../core/assert.ts'
import { concatBytes } from '../core/bytes.ts'

const U16_MAX = 0xffff

/** Byte strings as a TPM reads them: big-endian, without padding (TPM 2.0 Library, part 2, clause 5). */

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

export function u16(value: number): Uint8Array {
  assert(value >= 0 && value <= U16_MAX, `expected 16 bits, got ${value}`)
  return Uint8Array.of(value >> 8, value)
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

/** A TPM2B: u16 length, then the parts. */
export function sized(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = concatBytes(...parts)
  return concatBytes(u16(bytes.length), bytes)
}

/** An empty TPM2B. */
export const EMPTY: Uint8Array = Uint8Array.of(0, 0)
