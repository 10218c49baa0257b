import type { LineSettings } from '../driver.ts'

/**
 * What a UART set to `to` reads of bytes that one set to `from` sends back to back: the levels on the wire are sampled in
 * the middle of each bit that the reader expects. As a tty hands them over without INPCK, bytes whose parity or stop bit
 * is wrong come as they were sampled. A low stop bit is waited out before the next start bit is looked for (a 16550 takes
 * it for one); after the last byte the line is idle. Bits that a word has no room for are lost.
 */
export function readAcross(bytes: Uint8Array, from: LineSettings, to: LineSettings): Uint8Array {
  if (isSame(from, to)) return from.dataBits === 8 ? bytes : bytes.map((byte) => byte & 0x7f)
  const levels = levelsOf(bytes, from)
  /** How long one of the reader's bits is, in bits of the sender. */
  const bitLength = from.baudRate / to.baudRate
  const parityBits = to.parity === 'none' ? 0 : 1
  const read: number[] = []
  let at = 0
  for (let edge = nextLow(levels, at); edge !== undefined; edge = nextLow(levels, at)) {
    const sample = (bit: number): number => levels[Math.floor(edge + (bit + 0.5) * bitLength)] ?? 1
    if (sample(0) === 1) {
      // Shorter than half a bit: noise to the reader.
      at = nextHigh(levels, edge)
      continue
    }
    let byte = 0
    for (let bit = 0; bit < to.dataBits; bit++) byte |= sample(1 + bit) << bit
    read.push(byte)
    const stopBit = 1 + to.dataBits + parityBits
    at = nextHigh(levels, Math.floor(edge + (stopBit + 0.5) * bitLength))
  }
  return Uint8Array.from(read)
}

function isSame(one: LineSettings, other: LineSettings): boolean {
  return one.baudRate === other.baudRate && one.parity === other.parity && one.dataBits === other.dataBits
}

/** Start bit 0, the data with its lowest bit first, parity if any, stop bit 1: one level a bit. */
function levelsOf(bytes: Uint8Array, { parity, dataBits }: LineSettings): Uint8Array {
  const levels: number[] = []
  for (const byte of bytes) {
    levels.push(0)
    let ones = 0
    for (let bit = 0; bit < dataBits; bit++) {
      const level = (byte >> bit) & 1
      levels.push(level)
      ones += level
    }
    if (parity !== 'none') levels.push(parity === 'odd' ? 1 - (ones % 2) : ones % 2)
    levels.push(1)
  }
  return Uint8Array.from(levels)
}

function nextLow(levels: Uint8Array, from: number): number | undefined {
  const at = levels.indexOf(0, from)
  return at < 0 ? undefined : at
}

function nextHigh(levels: Uint8Array, from: number): number {
  const at = levels.indexOf(1, from)
  return at < 0 ? levels.length : at
}
