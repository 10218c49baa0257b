import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { createNmeaFramer, type NmeaPiece, NOISE_BYTES_MAX, SENTENCE_CHARACTERS_MAX } from './framer.ts'

const RMC = '$GPRMC,220952.00,A,4742.21,N,01200.75,E,0.0,0.0,181223,0.0,E*5A'

function frame(...chunks: readonly (string | Uint8Array)[]): readonly NmeaPiece[] {
  const framer = createNmeaFramer()
  const pieces = chunks.flatMap((chunk, index) => [
    ...framer.push(typeof chunk === 'string' ? utf8(chunk) : chunk, monoNs(BigInt(index))),
  ])
  return [...pieces, ...framer.flush()]
}

/** Pieces in short: what they are, on which line, and their text or length. */
function brief(pieces: readonly NmeaPiece[]): string[] {
  return pieces.map((piece) => `${piece.line} ${piece.kind} ${piece.kind === 'noise' ? piece.bytes : piece.text}`)
}

describe('NMEA framer', () => {
  test('cuts at CR LF, at LF alone and at CR alone', () => {
    assert.deepEqual(brief(frame('$GPAAA,1*00\r\n$GPBBB,2*00\n$GPCCC,3*00\r$GPDDD,4*00\r\n')), [
      '1 sentence $GPAAA,1*00',
      '2 sentence $GPBBB,2*00',
      '3 sentence $GPCCC,3*00',
      '3 sentence $GPDDD,4*00',
    ])
  })

  test('stamps a sentence with the chunks of its first and its last character', () => {
    const [piece] = frame('\r\n', '$GPRMC,22', '0952*', '5A', '\r\n')
    assert.ok(piece?.kind === 'sentence')
    assert.deepEqual([piece.firstByteAt, piece.lastByteAt], [monoNs(1n), monoNs(3n)])
  })

  test('starts afresh at a sentence injected into another, as the iSync does', () => {
    const spliced = '$GPGSV,4,1,15,02,11,115,36,0$PTNTA,20160203131539,2*18\n5,34,060,48*71\n$GPVTG,,T*2B\n'
    assert.deepEqual(brief(frame(spliced)), [
      '1 cut $GPGSV,4,1,15,02,11,115,36,0',
      '1 sentence $PTNTA,20160203131539,2*18',
      '2 noise 14',
      '3 sentence $GPVTG,,T*2B',
    ])
  })

  test('takes a sentence that lost its line end but has its checksum', () => {
    assert.deepEqual(brief(frame('$GPGSA,A,1*1E$GPVTG,,T*2B')), ['1 sentence $GPGSA,A,1*1E', '1 sentence $GPVTG,,T*2B'])
  })

  test('gathers binary between sentences into one run of noise, line feeds and dollars inside it too', () => {
    const binary = Uint8Array.of(0xb5, 0x62, 0x24, 0x0a, 0x24, 0x41, 0x00, 0x0d, 0x24, 0x24, 0xff)
    const pieces = frame(`${RMC}\r\n`, binary, `${RMC}\r\n`)
    assert.deepEqual(brief(pieces), [`1 sentence ${RMC}`, '2 noise 9', `3 sentence ${RMC}`])
  })

  test('gives a sentence with a byte that is no character up to the noise, to the end of its line', () => {
    assert.deepEqual(brief(frame('$GPRMC,000346\0\0  \r\n$GPVTG,,T*2B\r\n')), ['1 noise 17', '2 sentence $GPVTG,,T*2B'])
  })

  test('passes text before the dollar and sentences without an address as noise', () => {
    assert.deepEqual(brief(frame('hello $GPVTG,,T*2B\r\n$11,23*7E\r\n$GP\r\n$\r\n')), [
      '1 noise 6',
      '1 sentence $GPVTG,,T*2B',
      '2 noise 13',
    ])
  })

  test('reports a sentence over the limit once and skips the rest of its line', () => {
    const longest = `$GPTXT,${'x'.repeat(SENTENCE_CHARACTERS_MAX - 7)}`
    assert.deepEqual(brief(frame(`${longest}\r\n`)), [`1 sentence ${longest}`])
    assert.deepEqual(brief(frame(`${longest}yyyy`, 'y'.repeat(100_000), '\r\n$GPVTG,,T*2B\r\n')), [
      `1 oversize ${longest}`,
      '2 sentence $GPVTG,,T*2B',
    ])
  })

  test('reports endless noise in runs of the limit and holds no more than that', () => {
    const framer = createNmeaFramer()
    const pieces = framer.push(new Uint8Array(10 * NOISE_BYTES_MAX + 5), monoNs(0n))
    assert.deepEqual(brief(pieces), Array<string>(10).fill(`1 noise ${NOISE_BYTES_MAX}`))
    assert.equal(framer.pendingBytes(), 5)
  })

  test('flushes a half sentence as cut, and noise as it is', () => {
    assert.deepEqual(brief(frame('abc\n$GPRMC,2209')), ['1 noise 3', '2 cut $GPRMC,2209'])
  })

  test('gives the same pieces however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(stream(), fc.array(fc.nat(60)), (bytes, cuts) => {
        const framer = createNmeaFramer()
        const pieces: NmeaPiece[] = []
        let start = 0
        for (const length of [...cuts, bytes.length]) {
          pieces.push(...framer.push(bytes.subarray(start, start + length), monoNs(0n)))
          start += length
        }
        assert.deepEqual(brief([...pieces, ...framer.flush()]), brief(frame(bytes)))
      }),
    )
  })

  test('accounts for every byte but line ends, and holds no more than its limits', () => {
    fc.assert(
      fc.property(stream(), (bytes) => {
        const framer = createNmeaFramer()
        const pieces = framer.push(bytes, monoNs(0n))
        assert.ok(framer.pendingBytes() <= SENTENCE_CHARACTERS_MAX + NOISE_BYTES_MAX)
        const all = [...pieces, ...framer.flush()]
        const sizes = all.map((piece) => (piece.kind === 'noise' ? piece.bytes : piece.text.length))
        const expected = bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d).length
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          expected,
        )
      }),
    )
  })
})

/** Streams of what lines are made of, short enough to stay below the sentence limit. */
function stream(): fc.Arbitrary<Uint8Array> {
  const fragment = fc.oneof(
    fc.constantFrom(RMC, '$', '$GP', '\r\n', '\n', '*5A', ',', 'A').map((text) => utf8(text)),
    fc.uint8Array({ maxLength: 8 }),
  )
  return fc.array(fragment, { maxLength: 3 }).map((fragments) => concatBytes(...fragments))
}
