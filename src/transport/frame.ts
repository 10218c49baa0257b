import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'

/**
 * A frame is its payload's length as u32 big-endian, then the payload: 1 byte to 1 MiB. What the payload means is no
 * business of this folder.
 */
export const FRAME_PAYLOAD_BYTES_MAX = 1 << 20
export const FRAME_HEADER_BYTES = 4

/** Header and payload in one buffer, so that one write sends both. Fault: `frame.length`. */
export function encodeFrame(payload: Uint8Array): Result<Uint8Array> {
  const bad = lengthFault(payload.length, FRAME_PAYLOAD_BYTES_MAX)
  if (bad !== undefined) return bad
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length)
  new DataView(frame.buffer).setUint32(0, payload.length)
  frame.set(payload, FRAME_HEADER_BYTES)
  return ok(frame)
}

/** Takes a byte stream in chunks of any size and gives payloads back, whatever the chunking. */
export interface FrameDecoder {
  /** Hands over the next chunk; only after `next` has returned undefined, so that at most one chunk waits here. */
  push(chunk: Uint8Array): void
  /**
   * The next payload, a copy of its own; undefined when more bytes are needed. A length of 0 or beyond
   * `payloadBytesMax` is the fault `frame.length`, after which the stream has lost its frames: close it.
   */
  next(payloadBytesMax?: number): Result<Uint8Array | undefined>
}

export function createFrameDecoder(): FrameDecoder {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  let chunk: Uint8Array = new Uint8Array()
  let target: Uint8Array = header
  let filled = 0

  /** Moves bytes from the chunk to the target; true when the target is full. */
  const fill = (): boolean => {
    const taken = chunk.subarray(0, target.length - filled)
    target.set(taken, filled)
    filled += taken.length
    chunk = chunk.subarray(taken.length)
    return filled === target.length
  }

  return {
    push: (bytes) => {
      assert(chunk.length === 0, 'a chunk is pushed only after next() has asked for more')
      chunk = bytes
    },
    next: (payloadBytesMax = FRAME_PAYLOAD_BYTES_MAX) => {
      if (target === header) {
        if (!fill()) return ok(undefined)
        const length = new DataView(header.buffer).getUint32(0)
        const bad = lengthFault(length, payloadBytesMax)
        if (bad !== undefined) return bad
        target = new Uint8Array(length)
        filled = 0
      }
      if (!fill()) return ok(undefined)
      const payload = target
      target = header
      filled = 0
      return ok(payload)
    },
  }
}

function lengthFault(length: number, max: number): Result<never> | undefined {
  if (length >= 1 && length <= max) return undefined
  return fail('frame.length', `frame: expected a payload of 1 to ${max} bytes, got ${length}`)
}
