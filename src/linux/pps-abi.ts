import { assert } from '../core/assert.ts'
import { NS_PER_SECOND, type RealtimeNs, realtimeNs } from '../core/time.ts'

/**
 * The kernel's side of RFC 2783 (include/uapi/linux/pps.h), the same on x86-64 and aarch64. The size in a request's
 * number is that of a pointer: the header takes the size of one by mistake, and cannot take it back.
 */
export const PPS_GETPARAMS = 0x8008_70a1
export const PPS_SETPARAMS = 0x4008_70a2
export const PPS_GETCAP = 0x8008_70a3
export const PPS_FETCH = 0xc008_70a4

export const PPS_PARAMS_BYTES = 40
export const PPS_DATA_BYTES = 64

export const PPS_CAPTURE_ASSERT = 0x01
export const PPS_CAPTURE_CLEAR = 0x02
/** Instants as seconds and nanoseconds, not in NTP's fixed point. */
export const PPS_TSFMT_TSPEC = 0x1000

const MODE_AT = 4
const SEQUENCE_AT = { assert: 0, clear: 4 } as const
const INSTANT_AT = { assert: 8, clear: 24 } as const
const INSTANT_NANOSECONDS_AT = 8

/** The newest event of one edge. */
export interface PpsEvent {
  /** Counts the events of this edge since the device appeared; wraps at 2^32. 0: none yet. */
  readonly sequence: number
  readonly stampNs: RealtimeNs
}

/** Reads `struct pps_fdata`, as PPS_FETCH leaves it. */
export function readPpsEvent(data: Uint8Array, edge: 'assert' | 'clear'): PpsEvent {
  assert(data.length === PPS_DATA_BYTES, `a struct pps_fdata has ${PPS_DATA_BYTES} bytes`)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const at = INSTANT_AT[edge]
  const seconds = view.getBigInt64(at, true)
  const nanoseconds = BigInt(view.getInt32(at + INSTANT_NANOSECONDS_AT, true))
  return {
    sequence: view.getUint32(SEQUENCE_AT[edge], true),
    stampNs: realtimeNs(seconds * NS_PER_SECOND + nanoseconds),
  }
}

/** `struct pps_kparams` with `mode` in it, everything else as it was. */
export function withMode(params: Uint8Array, mode: number): Uint8Array {
  assert(params.length === PPS_PARAMS_BYTES, `a struct pps_kparams has ${PPS_PARAMS_BYTES} bytes`)
  const changed = Uint8Array.from(params)
  new DataView(changed.buffer).setInt32(MODE_AT, mode, true)
  return changed
}

export function modeOf(params: Uint8Array): number {
  return new DataView(params.buffer, params.byteOffset, params.byteLength).getInt32(MODE_AT, true)
}
