import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** What may follow the body of any message (IEEE 1588-2019, 14.1). */
export interface Tlv {
  readonly type: number
  /** An even number of bytes. */
  readonly value: Uint8Array
}

/** IEEE 1588-2019, table 52. */
export const TLV_TYPES = {
  management: 0x0001,
  managementErrorStatus: 0x0002,
  organizationExtension: 0x0003,
  requestUnicastTransmission: 0x0004,
  grantUnicastTransmission: 0x0005,
  cancelUnicastTransmission: 0x0006,
  acknowledgeCancelUnicastTransmission: 0x0007,
  pathTrace: 0x0008,
  pad: 0x8008,
} as const

const TLV_HEAD_BYTES = 4

/** All TLVs of `bytes`, which must hold nothing else. Fault `ptp.tlv`. */
export function decodeTlvs(bytes: Uint8Array): Result<readonly Tlv[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const tlvs: Tlv[] = []
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at
    if (left < TLV_HEAD_BYTES) {
      return fail('ptp.tlv', `TLV ${tlvs.length}: expected at least ${TLV_HEAD_BYTES} bytes, got ${left}`)
    }
    const type = view.getUint16(at)
    const length = view.getUint16(at + 2)
    if (length % 2 !== 0 || length > left - TLV_HEAD_BYTES) {
      const expected = `expected an even length up to ${left - TLV_HEAD_BYTES}`
      return fail('ptp.tlv', `TLV ${tlvs.length} of type ${hex(type)}: ${expected}, got ${length}`)
    }
    at += TLV_HEAD_BYTES
    tlvs.push({ type, value: bytes.slice(at, at + length) })
    at += length
  }
  return ok(tlvs)
}

export function tlvsBytes(tlvs: readonly Tlv[]): number {
  return tlvs.reduce((sum, { value }) => sum + TLV_HEAD_BYTES + value.length, 0)
}

/** Writes them one behind the other, from `start` on. */
export function writeTlvs(bytes: Uint8Array, start: number, tlvs: readonly Tlv[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = start
  for (const { type, value } of tlvs) {
    assert(value.length % 2 === 0, `a TLV has an even number of bytes, got ${value.length}`)
    view.setUint16(at, type)
    view.setUint16(at + 2, value.length)
    bytes.set(value, at + TLV_HEAD_BYTES)
    at += TLV_HEAD_BYTES + value.length
  }
}

export function hex(number: number): string {
  return `0x${number.toString(16).padStart(4, '0')}`
}
