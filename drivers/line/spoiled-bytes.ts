import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import type { Prng } from '../../src/core/prng.ts'
import type { LineFault } from './line-faults.ts'

/** What of the instrument's bytes the host gets to see, while some of the line's faults are on. */
export interface SpoiledBytes {
  /** One write of the instrument, spoiled. */
  pass(bytes: Uint8Array): Uint8Array
  /** A fault is switched on: whatever state it keeps begins anew. */
  begin(): void
}

const GARBAGE_BYTES_MAX = 16
/** A bell, a name that no instrument has, and a prompt that none shows. */
export const BANNER = utf8('\r\n\u0007Concentrator 9 port 3 restarted\r\n# ')

export function createSpoiledBytes(faults: ReadonlySet<LineFault>, prng: Prng): SpoiledBytes {
  /** Of a message without end: what it goes on with. */
  let filler: number | undefined

  const pass = (bytes: Uint8Array): Uint8Array => {
    if (faults.has('line-silence') || faults.has('line-unplugged') || bytes.length === 0) return new Uint8Array(0)
    const half = bytes.length >> 1
    if (faults.has('line-endless-message')) {
      if (filler !== undefined) return new Uint8Array(bytes.length).fill(filler)
      filler = bytes[half] ?? 0
      return bytes.map((byte, index) => (index < half ? byte : (filler ?? 0)))
    }
    if (faults.has('line-half-message')) return bytes.subarray(0, half)
    if (!faults.has('line-garbage') || prng.nextBelow(2) === 0) return bytes
    const at = prng.nextBelow(bytes.length + 1)
    return concatBytes(
      bytes.subarray(0, at),
      randomBytes(prng, 2 + prng.nextBelow(GARBAGE_BYTES_MAX)),
      bytes.subarray(at),
    )
  }
  return {
    pass,
    begin: () => {
      filler = undefined
    },
  }
}

export function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.nextBelow(256))
}
