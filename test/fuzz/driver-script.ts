import { concatBytes } from '../../src/core/bytes.ts'
import { divCeil } from '../../src/core/integer.ts'
import { NS_PER_MICROSECOND } from '../../src/core/time.ts'

/**
 * What an instrument says and when, as bytes that can be mutated: records of a pause, a length and so many bytes. Every byte
 * string is a script, so that a changed length only cuts the stream differently.
 */
export interface Spoken {
  readonly pauseNs: bigint
  readonly bytes: Uint8Array
}

const HEADER_BYTES = 5
/** Rounded up: an answer that comes before its question was never asked for. */
const PAUSE_UNIT_NS = 10n * NS_PER_MICROSECOND
const PAUSE_UNITS_MAX = 0xffffff

export function encodeScript(spoken: readonly Spoken[]): Uint8Array {
  return concatBytes(
    ...spoken.flatMap(({ pauseNs, bytes }) => {
      const pause = Math.min(PAUSE_UNITS_MAX, Number(divCeil(pauseNs, PAUSE_UNIT_NS)))
      return [Uint8Array.of(pause >> 16, pause >> 8, pause, bytes.length >> 8, bytes.length), bytes]
    }),
  )
}

export function decodeScript(script: Uint8Array): readonly Spoken[] {
  const spoken: Spoken[] = []
  for (let at = 0; at + HEADER_BYTES <= script.length; ) {
    const [high = 0, middle = 0, low = 0, lengthHigh = 0, lengthLow = 0] = script.subarray(at, at + HEADER_BYTES)
    const from = at + HEADER_BYTES
    at = from + (lengthHigh << 8) + lengthLow
    const pauseNs = BigInt((high << 16) + (middle << 8) + low) * PAUSE_UNIT_NS
    spoken.push({ pauseNs, bytes: script.subarray(from, at) })
  }
  return spoken
}
