/**
 * Base64 (RFC 4648, 4) from bytes to bytes: a secret that never was a string can be wiped. Undefined for anything but
 * whole groups of four, padded at the end alone, without spare bits.
 */
export function base64Bytes(text: Uint8Array): Uint8Array | undefined {
  if (text.length === 0 || text.length % 4 !== 0) return undefined
  const padding = text.at(-2) === PAD ? 2 : text.at(-1) === PAD ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let [bits, count, at] = [0, 0, 0]
  for (const code of text.subarray(0, text.length - padding)) {
    const value = sextetOf(code)
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[at] = (bits >> count) & 0xff
    at += 1
  }
  return (bits & ((1 << count) - 1)) === 0 ? bytes : undefined
}

const PAD = 0x3d

function sextetOf(code: number): number | undefined {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52
  if (code === 0x2b) return 62
  return code === 0x2f ? 63 : undefined
}
