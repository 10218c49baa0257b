import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** A timestamp on the wire: seconds in 48 bits, nanoseconds in 32 (IEEE 1588-2019, 5.3.3). */
export const TIMESTAMP_BYTES = 10

const NS_PER_SECOND = 1_000_000_000
const SECONDS_END = 2n ** 48n

/**
 * The ns since the epoch of the timescale that the clock keeps: TAI only if it says so. Fault `ptp.timestamp`:
 * nanoseconds that are more than a second.
 */
export function readTimestamp(bytes: Uint8Array, at: number): Result<bigint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const ns = view.getUint32(at + 6)
  if (ns >= NS_PER_SECOND) return fail('ptp.timestamp', `expected nanoseconds below ${NS_PER_SECOND}, got ${ns}`)
  const seconds = view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2)
  return ok(BigInt(seconds) * BigInt(NS_PER_SECOND) + BigInt(ns))
}

export function writeTimestamp(bytes: Uint8Array, at: number, timestampNs: bigint): void {
  const seconds = timestampNs / BigInt(NS_PER_SECOND)
  assert(timestampNs >= 0n && seconds < SECONDS_END, `a timestamp from 0 to 2^48 s, got ${timestampNs} ns`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  view.setUint16(at, Number(seconds >> 32n))
  view.setUint32(at + 2, Number(seconds & 0xffffffffn))
  view.setUint32(at + 6, Number(timestampNs % BigInt(NS_PER_SECOND)))
}
