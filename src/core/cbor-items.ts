import { CborReader, REFUSED } from './cbor-reader.ts'

/** The unsigned integer that stands first in an array of up to 23 items; undefined when no such array begins here. */
export function readFirstUint(bytes: Uint8Array): number | undefined {
  const reader = new CborReader(bytes)
  if (reader.array(1, 23) === REFUSED) return undefined
  const first = reader.number(0, Number.MAX_SAFE_INTEGER)
  return first === REFUSED ? undefined : first
}
