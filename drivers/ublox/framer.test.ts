import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, plus } from '../../src/core/time.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { encodeFrame, nameOf, PAYLOAD_BYTES_MAX, UBX } from './frame.ts'
import { createUbloxFramer, type UbloxPiece } from './framer.ts'

const AT = monoNs(1_000_000_000n)
const FRAME = encodeFrame(
  UBX.timTp,
  Uint8Array.from({ length: 16 }, (_, index) => index),
)
const SENTENCE = formatSentence(['GNRMC', '193334.00', 'A'])

function later(milliseconds: number): MonoNs {
  return plus(AT, BigInt(milliseconds) * NS_PER_MILLISECOND)
}

/** Payloads copied: they are valid until the next call only. */
function shown(pieces: readonly UbloxPiece[]): unknown[] {
  return pieces.map((piece) => (piece.kind === 'frame' ? { ...piece, payload: [...piece.payload] } : piece))
}

function cutAll(bytes: Uint8Array, chunkBytes = bytes.length): unknown[] {
  const framer = createUbloxFramer()
  const pieces: unknown[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    pieces.push(...shown(framer.push(bytes.subarray(at, at + chunkBytes), AT)))
  }
  return [...pieces, ...shown(framer.giveUp())]
}

const kinds = (pieces: readonly unknown[]): string[] => pieces.map((piece) => (piece as UbloxPiece).kind)

describe('UBX framer', () => {
  test('encodes as recorded, and names messages', () => {
    const recorded = 'b5620d01100048e1f90400000000e6530000b3050300380e'
    assert.equal(encodeFrame(0x0d01, Uint8Array.fromHex(recorded.slice(12, -4))).toHex(), recorded)
    assert.deepEqual([nameOf(UBX.timTp), nameOf(0x0161)], ['TIM-TP', '01-61'])
  })

  test('parts frames and sentences that take turns, whatever the chunks', () => {
    const bytes = concatBytes(SENTENCE, FRAME, FRAME, SENTENCE, utf8('noise'), FRAME)
    const whole = cutAll(bytes)
    assert.deepEqual(kinds(whole), ['sentence', 'frame', 'frame', 'sentence', 'frame', 'noise'])
    for (const size of [1, 2, 7, 23]) assert.deepEqual(cutAll(bytes, size), whole)
  })

  test('leaves a sentence whole that a frame comes into, and a frame whose payload looks like a sentence', () => {
    const half = Math.floor(SENTENCE.length / 2)
    assert.deepEqual(kinds(cutAll(concatBytes(SENTENCE.subarray(0, half), FRAME, SENTENCE.subarray(half)))), [
      'frame',
      'sentence',
    ])
    const posing = encodeFrame(UBX.monVer, concatBytes(SENTENCE, FRAME, SENTENCE))
    assert.deepEqual(kinds(cutAll(posing)), ['frame'])
  })

  test('finds the frames behind a torn one', () => {
    assert.deepEqual(kinds(cutAll(concatBytes(FRAME.subarray(0, 10), FRAME, FRAME))), [
      'checksum',
      'frame',
      'frame',
      'noise',
    ])
    const endless = Uint8Array.of(0xb5, 0x62, 1, 7, 0xff, 0x0f)
    const behind = cutAll(concatBytes(endless, FRAME, SENTENCE, FRAME))
    assert.deepEqual(kinds(behind), ['cut-frame', 'frame', 'noise', 'sentence', 'frame'])
  })

  test('takes a length beyond the limit for noise at once', () => {
    const length = PAYLOAD_BYTES_MAX + 1
    const framer = createUbloxFramer()
    framer.push(Uint8Array.of(0xb5, 0x62, 1, 7, length & 0xff, length >> 8), AT)
    assert.deepEqual(kinds(framer.push(FRAME, AT)), ['frame'])
  })

  test('says when the first and the last byte of a frame came', () => {
    const framer = createUbloxFramer()
    framer.push(FRAME.subarray(0, 3), AT)
    framer.push(FRAME.subarray(3, 9), later(1))
    const [piece] = framer.push(FRAME.subarray(9), later(2))
    assert.ok(piece?.kind === 'frame')
    assert.deepEqual([piece.firstByteAt, piece.lastByteAt], [AT, later(2)])
  })

  test('says so too of a frame that was held back behind a torn one', () => {
    const framer = createUbloxFramer()
    framer.push(FRAME.subarray(0, 12), AT)
    framer.push(FRAME.subarray(0, 3), later(1))
    const pieces = framer.push(FRAME.subarray(3), later(2))
    const piece = pieces.find((it) => it.kind === 'frame')
    assert.ok(piece?.kind === 'frame')
    assert.deepEqual([piece.firstByteAt, piece.lastByteAt], [later(1), later(2)])
  })

  test('gives a frame up that rests in its midst, by waiting or by what comes next', () => {
    const framer = createUbloxFramer()
    framer.push(FRAME.subarray(0, 12), AT)
    assert.equal(framer.giveUpAt(), later(500))
    assert.deepEqual(kinds(framer.push(FRAME, later(501))), ['cut-frame', 'frame'])
    assert.deepEqual(kinds(framer.giveUp()), ['noise'])
    assert.equal(framer.giveUpAt(), undefined)
  })

  test('takes any bytes in any chunks, forgets none and holds few', () => {
    const parts = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(FRAME),
      fc.constant(SENTENCE),
      fc.constant(FRAME.subarray(0, 9)),
      fc.constant(Uint8Array.of(0xb5, 0x62)),
      fc.constant(Uint8Array.of(0xb5, 0x62, 5, 1, 0x10, 0x10)),
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), fc.integer({ min: 1, max: 60 }), (all, chunkBytes) => {
        const bytes = concatBytes(...all)
        const pieces = cutAll(bytes, chunkBytes)
        assert.deepEqual(pieces, cutAll(bytes))
        assert.ok(pieces.length <= bytes.length)
      }),
      { numRuns: 300 },
    )
  })
})
