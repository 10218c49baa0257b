import { fail, ok, type Result } from '../../src/core/fault.ts'

/** `8F-AB`, `45`: how a packet is called in faults. */
export function packetName(id: number, subcode?: number): string {
  return subcode === undefined ? two(id) : `${two(id)}-${two(subcode)}`
}

/** The data of a packet, big-endian, if it has one of the lengths that are known of it. Fault: `tsip.length`. */
export function sizedData(name: string, data: Uint8Array, ...lengths: readonly number[]): Result<DataView> {
  if (lengths.includes(data.length)) return ok(new DataView(data.buffer, data.byteOffset, data.byteLength))
  return fail('tsip.length', `${name}: expected ${lengths.join(' or ')} bytes of data, got ${data.length}`)
}

/** `length` characters from `offset` on; what is not printable, or lies past the end, is left out. */
export function asciiAt(data: Uint8Array, offset: number, length: number): string {
  return [...data.subarray(offset, offset + length)]
    .filter((byte) => byte >= 0x20 && byte <= 0x7e)
    .map((byte) => String.fromCharCode(byte))
    .join('')
}

function two(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
