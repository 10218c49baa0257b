import { randomBytes as systemRandomBytes } from 'node:crypto'

/** Bytes of the operating system's random source. */
export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(systemRandomBytes(count))
}

/** An integer in [0, 2^32) of the same source. */
export function randomUint32(): number {
  return systemRandomBytes(4).readUInt32BE()
}
