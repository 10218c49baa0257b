import { type Fault, fail } from './fault.ts'

/** What a read gives in the place of a value; why, the reader knows. */
export const REFUSED: unique symbol = Symbol('refused')
export type Refused = typeof REFUSED

const TWO_TO_32 = 0x1_0000_0000
const PRINTABLE_FIRST = 0x20
const PRINTABLE_LAST = 0x7e

/** Major types of RFC 8949 section 3.1, as the number in the upper three bits of a head. */
const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const SIMPLE = 7
/** A head that is not canonical, or of nothing that our formats are made of. */
const MALFORMED = -1

const FALSE = 20
const TRUE = 21
const NULL = 22

/**
 * Reads canonical CBOR, and nothing else: a length or an integer in a longer form than need be, an indefinite length, a tag,
 * a float or `undefined` is refused. So what a codec reads is byte for byte what it would write.
 *
 * Every read gives the value or `REFUSED`, and then the whole decoding ends. The first refusal is the fault; where it
 * happened is put together on the way out, so that it costs nothing when all is well.
 */
export class CborReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly itemsMax: number
  private items = 0
  private at = 0
  /** Start, major type and argument of the newest head. An argument beyond 2^53 is not exact: `wide` is. */
  private start = 0
  private argument = 0
  private wide = 0n
  private path = ''
  private code = ''
  private problem = ''

  /** With `itemsMax`, more items than that are refused when they come. */
  constructor(bytes: Uint8Array, itemsMax = Number.POSITIVE_INFINITY) {
    this.itemsMax = itemsMax
    // A subclass (Buffer) would give its own kind for every view.
    this.bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** An integer in [min, max], both safe. */
  number(min: number, max: number): number | Refused {
    const major = this.head()
    const value = major === UNSIGNED ? this.argument : -1 - this.argument
    if ((major === UNSIGNED || major === NEGATIVE) && value >= min && value <= max) return value
    return this.refuse(`an integer in [${min}, ${max}]`)
  }

  /** An integer in [lo, hi], both of at most 64 bits and a sign. */
  bigint(lo: bigint, hi: bigint): bigint | Refused {
    const major = this.head()
    if (major === UNSIGNED || major === NEGATIVE) {
      const argument = this.argument < TWO_TO_32 ? BigInt(this.argument) : this.wide
      const value = major === UNSIGNED ? argument : -1n - argument
      if (value >= lo && value <= hi) return value
    }
    return this.refuse(`an integer in [${lo}, ${hi}]`)
  }

  /** A byte string of min to max bytes: a view of the input, not a copy. */
  byteString(min: number, max: number): Uint8Array | Refused {
    const length = this.head() === BYTES ? this.argument : MALFORMED
    if (length < min || length > max) return this.refuse(min === max ? `${min} bytes` : `${min} to ${max} bytes`)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Text of 1 to `max` printable ASCII characters. */
  text(max: number): string | Refused {
    const length = this.head() === TEXT ? this.argument : 0
    if (length < 1 || length > max) return this.refuse(`1 to ${max} printable ASCII characters`)
    let text = ''
    for (const end = this.at + length; this.at < end; this.at++) {
      const character = this.bytes[this.at] ?? 0
      if (character < PRINTABLE_FIRST || character > PRINTABLE_LAST) {
        return this.refuse(`1 to ${max} printable ASCII characters`)
      }
      text += String.fromCharCode(character)
    }
    return text
  }

  /** Opens an array of min to max items and says how many follow. */
  array(min: number, max: number): number | Refused {
    const length = this.head() === ARRAY ? this.argument : MALFORMED
    if (length >= min && length <= max) return length
    return this.refuse(min === max ? `an array of ${min}` : `an array of ${min} to ${max}`)
  }

  boolean(): boolean | Refused {
    const value = this.head() === SIMPLE ? this.argument : MALFORMED
    return value === TRUE || (value === FALSE ? false : this.refuse('true or false'))
  }

  /** Whether null comes next; then it is read. */
  isNull(): boolean {
    if (this.bytes[this.at] !== 0xf6) return false
    this.head()
    return true
  }

  /** Refuses the item that was read last: something else was expected here. */
  refuse(expected: string): Refused {
    if (this.items > this.itemsMax)
      return this.fail('encoding.size', `expected at most ${this.itemsMax} CBOR items, got more`)
    const got = this.describe()
    if (got === undefined) {
      return this.fail('encoding.cbor', `expected canonical CBOR, got something else at byte ${this.start}`)
    }
    return this.fail('encoding.value', `expected ${expected}, got ${got}`)
  }

  /** Refuses a value that breaks a rule between its parts. */
  refuseRule(expected: string): Refused {
    return this.fail('encoding.rule', `expected ${expected}`)
  }

  /** Says where in its parent a refused item stood (`.ageNs`, `[3]`). */
  within(part: string): Refused {
    this.path = part + this.path
    return REFUSED
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.bytes.length - this.at
  }

  /** Why the last read was refused; `what` names the thing that was being read. */
  faultOf(what: string): { readonly ok: false; readonly fault: Fault } {
    return fail(this.code, `${what}${this.items > this.itemsMax ? '' : this.path}: ${this.problem}`)
  }

  private fail(code: string, problem: string): Refused {
    this.code = code
    this.problem = problem
    return REFUSED
  }

  /** Reads a head: its major type, and the argument in `argument`. A string or an array must fit into what is left. */
  private head(): number {
    const { bytes, at } = this
    this.start = at
    this.items += 1
    const first = bytes[at] ?? 0xff
    const major = first >> 5
    const size = first & 31
    this.at = at + 1
    if (size < 24) this.argument = size
    else if (!this.longArgument(size)) return MALFORMED
    if (this.items > this.itemsMax) return MALFORMED
    if (major < BYTES) return major
    if (major === SIMPLE) return first >= 0xf4 && first <= 0xf6 ? SIMPLE : MALFORMED
    return major <= MAP && this.argument <= bytes.length - this.at ? major : MALFORMED
  }

  /** An argument of 1, 2, 4 or 8 bytes; false unless it is all there and needs that many. */
  private longArgument(size: number): boolean {
    const { view, at } = this
    const length = 1 << (size - 24)
    if (size > 27 || at + length > this.bytes.length) return false
    this.at = at + length
    if (size === 24) this.argument = view.getUint8(at)
    else if (size === 25) this.argument = view.getUint16(at)
    else if (size === 26) this.argument = view.getUint32(at)
    else {
      this.argument = view.getUint32(at) * TWO_TO_32 + view.getUint32(at + 4)
      this.wide = view.getBigUint64(at)
    }
    return this.argument >= (SHORTEST[size - 24] ?? 0)
  }

  /** The newest item for people; undefined when it is no item. */
  private describe(): string | undefined {
    this.at = this.start
    this.items -= 1
    switch (this.head()) {
      case UNSIGNED:
        return String(this.argument < TWO_TO_32 ? this.argument : this.wide)
      case NEGATIVE:
        return String(this.argument < TWO_TO_32 ? -1 - this.argument : -1n - this.wide)
      case BYTES:
        return `${this.argument} bytes`
      case TEXT:
        return `text of ${this.argument} characters`
      case ARRAY:
        return `an array of ${this.argument}`
      case MAP:
        return 'a map'
      case SIMPLE:
        return this.argument === NULL ? 'null' : String(this.argument === TRUE)
      default:
        return undefined
    }
  }
}

/** The smallest argument that needs 1, 2, 4, 8 bytes. */
const SHORTEST = [24, 0x100, 0x1_0000, TWO_TO_32]
