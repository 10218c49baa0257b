import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { createTsipFramer, DATA_BYTES_MAX, encodePacket, NOISE_BYTES_MAX, type TsipPiece } from './framing.ts'

const AT = monoNs(5n)

function pieces(...chunks: readonly Uint8Array[]): readonly TsipPiece[] {
  const framer = createTsipFramer()
  return [...chunks.flatMap((chunk) => framer.push(chunk, AT)), ...framer.flush()]
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(' ', ''))
}

/** How many bytes of the line a piece stands for. */
function wireLength(piece: TsipPiece): number {
  if (piece.kind !== 'packet') return piece.bytes
  return encodePacket(concatBytes(Uint8Array.of(piece.id), piece.data)).length
}

const body = fc.tuple(
  fc.integer({ min: 0, max: 255 }).filter((id) => id !== 0x10 && id !== 0x03),
  fc.uint8Array({ maxLength: DATA_BYTES_MAX }),
)

describe('TSIP framing', () => {
  test('brings every packet back, however it was cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }), (bodies, chunkBytes) => {
        const line = concatBytes(...bodies.map(([id, data]) => encodePacket(concatBytes(Uint8Array.of(id), data))))
        const chunks = Array.from({ length: Math.ceil(line.length / chunkBytes) }, (_, index) =>
          line.subarray(index * chunkBytes, (index + 1) * chunkBytes),
        )
        const expected = bodies.map(([id, data]) => ({ kind: 'packet', id, data, firstByteAt: AT, lastByteAt: AT }))
        assert.deepEqual(pieces(...chunks), expected)
      }),
    )
  })

  test('puts every byte into one piece, and keeps no more than its limits', () => {
    const hostile = fc
      .array(fc.constantFrom(0x10, 0x03, 0x8f, 0x00), { maxLength: 3000 })
      .map((it) => Uint8Array.from(it))
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 2000 }), hostile), { maxLength: 4 }), (chunks) => {
        const framer = createTsipFramer()
        const found: TsipPiece[] = []
        let came = 0
        for (const chunk of chunks) {
          found.push(...framer.push(chunk, AT))
          came += chunk.length
          assert.equal(
            found.reduce((sum, piece) => sum + wireLength(piece), framer.pendingBytes()),
            came,
          )
          assert.ok(framer.pendingBytes() <= NOISE_BYTES_MAX + 2 * DATA_BYTES_MAX + 4)
        }
        found.push(...framer.flush())
        assert.equal(framer.pendingBytes(), 0)
        assert.equal(
          found.reduce((sum, piece) => sum + wireLength(piece), 0),
          came,
        )
      }),
    )
  })

  test('begins at a DLE in the midst of noise, and takes the end of a packet for no beginning', () => {
    assert.deepEqual(pieces(bytes('41 10 03 10 45 01 10 03')), [
      { kind: 'noise', bytes: 3 },
      { kind: 'packet', id: 0x45, data: bytes('01'), firstByteAt: AT, lastByteAt: AT },
    ])
  })

  test('gives a packet up when another one begins in it', () => {
    assert.deepEqual(pieces(bytes('10 8f ab 00 10 45 01 10 03')), [
      { kind: 'cut', id: 0x8f, bytes: 4 },
      { kind: 'packet', id: 0x45, data: bytes('01'), firstByteAt: AT, lastByteAt: AT },
    ])
  })

  test('stamps a packet with the chunks of its first and its last byte', () => {
    const framer = createTsipFramer()
    framer.push(bytes('10'), monoNs(1n))
    framer.push(bytes('45 01 10'), monoNs(2n))
    const [packet] = framer.push(bytes('03'), monoNs(3n))
    assert.ok(packet?.kind === 'packet')
    assert.deepEqual([packet.firstByteAt, packet.lastByteAt], [1n, 3n])
  })
})
