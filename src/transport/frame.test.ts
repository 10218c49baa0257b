import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvariantError } from '../core/assert.ts'
import { concatBytes } from '../core/bytes.ts'
import { createFrameDecoder, encodeFrame, FRAME_PAYLOAD_BYTES_MAX } from './frame.ts'

function frameOf(payload: Uint8Array): Uint8Array {
  const frame = encodeFrame(payload)
  assert(frame.ok)
  return frame.value
}

/** Everything that a stream in these chunks decodes to, and the fault that ended it. */
function decodeAll(chunks: readonly Uint8Array[], max?: number): { payloads: Uint8Array[]; fault: string | undefined } {
  const decoder = createFrameDecoder()
  const payloads: Uint8Array[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (;;) {
      const next = decoder.next(max)
      if (!next.ok) return { payloads, fault: next.fault.code }
      if (next.value === undefined) break
      payloads.push(next.value)
    }
  }
  return { payloads, fault: undefined }
}

/** Cuts bytes at the given places, empty chunks included. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end))
}

test('a frame is the big-endian length and the payload', () => {
  assert.deepEqual(frameOf(Uint8Array.of(7, 8, 9)), Uint8Array.of(0, 0, 0, 3, 7, 8, 9))
  const long = frameOf(new Uint8Array(0x01_02_03))
  assert.deepEqual(long.subarray(0, 4), Uint8Array.of(0, 1, 2, 3))
})

test('any payloads come back whatever the chunking', () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 12 }), fc.array(fc.nat()), (payloads, places) => {
      const stream = concatBytes(...payloads.map(frameOf))
      assert.deepEqual(decodeAll(cutAt(stream, places)), { payloads, fault: undefined })
    }),
  )
})

test('any bytes at all decode to the same payloads and the same fault whatever the chunking', () => {
  const small = fc.uint8Array({ maxLength: 200 })
  const likely = fc
    .array(fc.constantFrom(0, 0, 0, 1, 2, 5, 255), { maxLength: 60 })
    .map((bytes) => Uint8Array.from(bytes))
  fc.assert(
    fc.property(fc.oneof(small, likely), fc.array(fc.nat()), (stream, places) => {
      assert.deepEqual(decodeAll(cutAt(stream, places), 64), decodeAll([stream], 64))
    }),
  )
})

test('a payload is a copy: the chunk it came in may be reused', () => {
  const chunk = frameOf(Uint8Array.of(1, 2, 3))
  const decoder = createFrameDecoder()
  decoder.push(chunk)
  const next = decoder.next()
  chunk.fill(0)
  assert.deepEqual(next, { ok: true, value: Uint8Array.of(1, 2, 3) })
})

test('a length of zero is a fault, after the frames before it', () => {
  const stream = concatBytes(frameOf(Uint8Array.of(1)), new Uint8Array(4))
  assert.deepEqual(decodeAll([stream]), { payloads: [Uint8Array.of(1)], fault: 'frame.length' })
})

test('1 MiB passes, one byte more is a fault as soon as the length is there, on both sides', () => {
  const largest = new Uint8Array(FRAME_PAYLOAD_BYTES_MAX).fill(5)
  assert.deepEqual(decodeAll(cutAt(frameOf(largest), [3, 70_000, 900_000])).payloads, [largest])
  assert.equal(decodeAll([Uint8Array.of(0, 0x10, 0, 1)]).fault, 'frame.length')
  for (const length of [0, FRAME_PAYLOAD_BYTES_MAX + 1]) {
    const refused = encodeFrame(new Uint8Array(length))
    assert(!refused.ok)
    assert.equal(refused.fault.message, `frame: expected a payload of 1 to 1048576 bytes, got ${length}`)
  }
})

test('a smaller limit can be set for the next frame', () => {
  assert.equal(decodeAll([frameOf(new Uint8Array(64))], 64).payloads.length, 1)
  assert.equal(decodeAll([frameOf(new Uint8Array(65))], 64).fault, 'frame.length')
})

test('pushing a chunk before the last one was used up is a broken invariant of the caller', () => {
  const decoder = createFrameDecoder()
  decoder.push(frameOf(Uint8Array.of(1)))
  assert.throws(() => decoder.push(Uint8Array.of(0)), InvariantError)
})
