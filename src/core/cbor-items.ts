/**
 * Whether these bytes hold at most `max` CBOR items, arrays and what stands in them counted one by one. It reads heads
 * alone, so it costs next to nothing: a megabyte of empty arrays makes a decoder build a million objects before a schema
 * gets to see the first. Bytes that break off or are no CBOR count up to there: a decoder gets no further either.
 */
export function hasAtMostItems(bytes: Uint8Array, max: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let items = 0
  for (let at = 0; at < bytes.length; ) {
    items += 1
    if (items > max) return false
    const major = view.getUint8(at) >> 5
    const info = view.getUint8(at) & 0x1f
    const argumentBytes = info < 24 ? 0 : 2 ** (info - 24)
    // 28 and above: reserved, or of no definite length, which canonical CBOR does not have.
    if (argumentBytes > 8 || at + 1 + argumentBytes > bytes.length) return true
    const isString = major === BYTE_STRING || major === TEXT_STRING
    at += 1 + argumentBytes + (isString ? argumentOf(view, at, info) : 0)
  }
  return true
}

const BYTE_STRING = 2
const TEXT_STRING = 3

function argumentOf(view: DataView, at: number, info: number): number {
  if (info < 24) return info
  if (info === 24) return view.getUint8(at + 1)
  if (info === 25) return view.getUint16(at + 1)
  return info === 26 ? view.getUint32(at + 1) : Number(view.getBigUint64(at + 1))
}

/** The unsigned integer that stands first in an array of up to 23 items; undefined when no such array begins here. */
export function readFirstUint(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 2 || view.getUint8(0) < 0x81 || view.getUint8(0) > 0x97) return undefined
  const info = view.getUint8(1)
  const argumentBytes = info < 24 ? 0 : 2 ** (info - 24)
  if (argumentBytes > 8 || 2 + argumentBytes > bytes.length) return undefined
  const value = argumentOf(view, 1, info)
  return Number.isSafeInteger(value) ? value : undefined
}
