/**
 * The part of CBOR (RFC 8949) that quorumtime uses, from docs/certificate.md alone: integers, byte strings, ASCII text,
 * arrays, false, true and null, each in its one canonical form. Reading throws on anything else.
 */
export type Item = bigint | boolean | null | string | Uint8Array | readonly Item[]

/** Deeper than any format here; beyond it input is refused before the call stack is at risk. */
const DEPTH_MAX = 16

export function readCbor(bytes: Uint8Array): Item {
  let at = 0

  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError(`byte ${at}: expected ${length} more bytes`)
    at += length
    return bytes.subarray(at - length, at)
  }

  /** The number after the initial byte, in as few bytes as it fits into. */
  const argument = (low: number): bigint => {
    if (low < 24) return BigInt(low)
    if (low > 27) throw new RangeError(`byte ${at}: expected a definite length`)
    let value = 0n
    for (const byte of take(1 << (low - 24))) value = (value << 8n) | BigInt(byte)
    const smallest = [24n, 1n << 8n, 1n << 16n, 1n << 32n][low - 24] ?? 0n
    if (value < smallest) throw new RangeError(`byte ${at}: expected the shortest form of ${value}`)
    return value
  }

  const item = (depth: number): Item => {
    if (depth > DEPTH_MAX) throw new RangeError(`byte ${at}: expected at most ${DEPTH_MAX} levels`)
    const initial = take(1)[0] ?? 0
    const major = initial >> 5
    if (major === 7) return simpleValue(initial & 31, at - 1)
    const number = argument(initial & 31)
    if (major === 0) return number
    if (major === 1) return -1n - number
    if (major > 4) throw new RangeError(`byte ${at}: expected no map and no tag`)
    const length = lengthOf(number)
    if (major === 2) return take(length).slice()
    if (major === 3) return asciiText(take(length))
    const items: Item[] = []
    while (items.length < length) items.push(item(depth + 1))
    return items
  }

  const whole = item(0)
  if (at !== bytes.length) throw new RangeError(`byte ${at}: expected the end, got more`)
  return whole
}

function simpleValue(low: number, at: number): boolean | null {
  if (low === 20) return false
  if (low === 21) return true
  if (low === 22) return null
  throw new RangeError(`byte ${at}: expected false, true or null`)
}

/** Longer than any input is as good as infinite, and fits a number. */
function lengthOf(argument: bigint): number {
  return argument > 0xffff_ffffn ? 0xffff_ffff : Number(argument)
}

function asciiText(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) throw new RangeError('expected printable ASCII')
  return Buffer.from(bytes).toString('latin1')
}

export function writeCbor(item: Item): Uint8Array {
  if (item === false || item === true || item === null) {
    return Uint8Array.of(item === null ? 0xf6 : item ? 0xf5 : 0xf4)
  }
  if (typeof item === 'bigint') return item >= 0n ? head(0, item) : head(1, -1n - item)
  if (typeof item === 'string') {
    const text = Uint8Array.from(item, (character) => character.charCodeAt(0))
    return joinBytes(head(3, BigInt(text.length)), text)
  }
  if (item instanceof Uint8Array) return joinBytes(head(2, BigInt(item.length)), item)
  return joinBytes(head(4, BigInt(item.length)), ...item.map(writeCbor))
}

function head(major: number, argument: bigint): Uint8Array {
  const first = major << 5
  if (argument < 24n) return Uint8Array.of(first | Number(argument))
  const size = [1, 2, 4, 8].find((bytes) => argument < 1n << BigInt(8 * bytes))
  if (size === undefined) throw new RangeError(`expected an integer of at most 64 bits, got ${argument}`)
  const bytes = Array.from({ length: size }, (_, index) => Number((argument >> BigInt(8 * (size - 1 - index))) & 0xffn))
  return Uint8Array.of(first | (24 + Math.log2(size)), ...bytes)
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
