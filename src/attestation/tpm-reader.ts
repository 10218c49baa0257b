import { fail, ok, type Result } from '../core/fault.ts'

/**
 * Reads what a TPM wrote: big-endian, without padding (TPM 2.0 Library, part 2, clause 5). The first thing that does not fit
 * ends the reading: what is read after it is zeros, and `end` gives the fault `tpm.encoding`. So a decoder is a list of
 * reads, and one that stops too early cannot be forgotten: bytes that are left over are a fault as well.
 */
export class TpmReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly what: string
  private at = 0
  private problem: string | undefined

  /** `what` names the thing in the fault: `quote`, `public area`. */
  constructor(bytes: Uint8Array, what: string) {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.what = what
  }

  /** Everything so far was there and allowed. */
  get intact(): boolean {
    return this.problem === undefined
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  u8(): number {
    const at = this.skip(1)
    return at === undefined ? 0 : this.view.getUint8(at)
  }

  u16(): number {
    const at = this.skip(2)
    return at === undefined ? 0 : this.view.getUint16(at)
  }

  u32(): number {
    const at = this.skip(4)
    return at === undefined ? 0 : this.view.getUint32(at)
  }

  u64(): bigint {
    const at = this.skip(8)
    return at === undefined ? 0n : this.view.getBigUint64(at)
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    const at = this.skip(length)
    return at === undefined ? new Uint8Array() : this.bytes.subarray(at, at + length)
  }

  /** A TPM2B: u16 length, then that many bytes, at most `lengthMax`. */
  sized(lengthMax: number): Uint8Array {
    const length = this.u16()
    if (length > lengthMax) this.refuse(`at most ${lengthMax} bytes in a sized buffer`, `${length}`)
    return this.take(length)
  }

  rest(): Uint8Array {
    return this.take(this.left)
  }

  /** The value just read is none of those that are allowed here. */
  refuse(expected: string, came: string): void {
    this.problem ??= `${this.what}: expected ${expected}, got ${came} before byte ${this.at}`
  }

  /** The value that was put together, if every read had its bytes and none are left. Fault: `tpm.encoding`. */
  end<T>(value: T): Result<T> {
    if (this.problem === undefined && this.left > 0) this.refuse('its end', `${this.left} more bytes`)
    return this.problem === undefined ? ok(value) : fail('tpm.encoding', this.problem)
  }

  private skip(length: number): number | undefined {
    if (this.problem !== undefined) return undefined
    if (length > this.left) {
      this.problem = `${this.what}: expected ${length} bytes from byte ${this.at}, got ${this.left}`
      return undefined
    }
    const at = this.at
    this.at += length
    return at
  }
}
