import { utf8 } from './bytes.ts'

/**
 * Bytes that one reservation serves several encodings from: a new array for each of them costs more than what is written. An
 * encoding that is kept keeps all of them, so they are not many more than the longest that are common.
 */
const RESERVED_BYTES = 16 * 1024

/** Major types of RFC 8949 section 3.1, in the upper three bits of a head. */
const UNSIGNED = 0x00
const NEGATIVE = 0x20
const BYTES = 0x40
const TEXT = 0x60
const ARRAY = 0x80
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
/** Not part of the subset: it stands for what cannot be encoded, and no reader takes it. */
const UNDEFINED = 0xf7

const ASCII_LAST = 0x7f
const TWO_TO_32 = 0x1_0000_0000

/**
 * Writes canonical CBOR (RFC 8949 4.2.1): every length and integer in its shortest form. Only what our formats are made
 * of: integers of 64 bits, byte strings, text, arrays, true, false, null.
 */
export class CborWriter {
  private bytes = new Uint8Array(RESERVED_BYTES)
  private view = new DataView(this.bytes.buffer)
  private start = 0
  private at = 0

  /** What was written since the last call. Nothing is ever written there again. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(this.start, this.at)
    this.start = this.at
    return taken
  }

  /** Drops what was written since the last `take`. */
  reset(): void {
    this.at = this.start
  }

  /** Anything but a safe integer has no encoding. */
  number(value: number): void {
    if (!Number.isSafeInteger(value)) this.simple(UNDEFINED)
    else if (value >= 0) this.head(UNSIGNED, value)
    else this.head(NEGATIVE, -1 - value)
  }

  /** Anything beyond 64 bits and a sign has no encoding. */
  bigint(value: bigint): void {
    const argument = value < 0n ? -1n - value : value
    const major = value < 0n ? NEGATIVE : UNSIGNED
    if (argument < 0x1_0000_0000n) {
      this.head(major, Number(argument))
    } else if (argument <= 0xffff_ffff_ffff_ffffn) {
      this.reserve(9)
      this.bytes[this.at] = major | 27
      this.view.setBigUint64(this.at + 1, argument)
      this.at += 9
    } else this.simple(UNDEFINED)
  }

  byteString(value: Uint8Array): void {
    this.head(BYTES, value.length)
    this.raw(value)
  }

  text(value: string): void {
    const before = this.at
    this.head(TEXT, value.length)
    this.reserve(value.length)
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > ASCII_LAST) {
        this.at = before
        const encoded = utf8(value)
        this.head(TEXT, encoded.length)
        this.raw(encoded)
        return
      }
      this.bytes[this.at + i] = unit
    }
    this.at += value.length
  }

  /** Opens an array; its items follow. */
  array(length: number): void {
    this.head(ARRAY, length)
  }

  boolean(value: boolean): void {
    this.simple(value ? TRUE : FALSE)
  }

  null(): void {
    this.simple(NULL)
  }

  private simple(byte: number): void {
    this.reserve(1)
    this.bytes[this.at] = byte
    this.at += 1
  }

  private raw(value: Uint8Array): void {
    this.reserve(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  private head(major: number, argument: number): void {
    this.reserve(9)
    const { bytes, at } = this
    if (argument < 24) {
      bytes[at] = major | argument
      this.at = at + 1
    } else if (argument < 0x100) {
      bytes[at] = major | 24
      bytes[at + 1] = argument
      this.at = at + 2
    } else if (argument < 0x1_0000) {
      bytes[at] = major | 25
      this.view.setUint16(at + 1, argument)
      this.at = at + 3
    } else if (argument < TWO_TO_32) {
      bytes[at] = major | 26
      this.view.setUint32(at + 1, argument)
      this.at = at + 5
    } else {
      bytes[at] = major | 27
      this.view.setUint32(at + 1, Math.floor(argument / TWO_TO_32))
      this.view.setUint32(at + 5, argument % TWO_TO_32)
      this.at = at + 9
    }
  }

  /** Room for `length` more bytes; what is being written moves along when the reservation is used up. */
  private reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const written = this.bytes.subarray(this.start, this.at)
    this.bytes = new Uint8Array(Math.max(RESERVED_BYTES, 2 * (written.length + length)))
    this.view = new DataView(this.bytes.buffer)
    this.bytes.set(written)
    this.start = 0
    this.at = written.length
  }
}
