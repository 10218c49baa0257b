import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { createStream, type StreamPart } from './stream.ts'

const SENTENCE = Buffer.from(formatSentence(['GPZDA', '120000.00', '15', '01', '2026', '+00', '00'])).toString('latin1')
const TRACE = '08-07-31 373815 60685 -32.08 -2.22E-11 14 10 6 0x54\r\n'

function read(text: string): {
  readonly said: string
  readonly sentences: readonly string[]
  readonly traces: readonly string[]
} {
  return sorted(createStream().receive(utf8(text), monoNs(0n)))
}

function sorted(parts: readonly StreamPart[]) {
  const said = parts.map((part) => (part.type === 'conversation' ? Buffer.from(part.bytes).toString('latin1') : ''))
  return {
    said: said.join(''),
    sentences: parts.flatMap((part) =>
      part.type === 'sentence' && part.piece.kind === 'sentence' ? [part.piece.text] : [],
    ),
    traces: parts.flatMap((part) => (part.type === 'trace' ? [part.text] : [])),
  }
}

test('a sentence is taken out wherever it comes, its line end with it', () => {
  const plain = 'scpi > 2026,1,15\r\nscpi > 12,0,0\r\nscpi > '
  for (let place = 0; place <= plain.length; place++) {
    const { said, sentences } = read(plain.slice(0, place) + SENTENCE + plain.slice(place))
    assert.equal(said, plain)
    assert.deepEqual(sentences, [SENTENCE.trim()])
  }
})

test('a trace line is taken out at the beginning of a line, behind a prompt too', () => {
  for (const before of ['', 'scpi > ', 'scpi >', '1\r\n', '0x0\r\nscpi > ']) {
    const { said, traces } = read(`${before}${TRACE}12,0,0\r\nscpi > `)
    assert.equal(said, `${before}12,0,0\r\nscpi > `)
    assert.deepEqual(traces, [TRACE.trim()])
  }
})

test('an answer that begins like a trace line is said all the same', () => {
  for (const answer of ['12,0,0\r\n', '1\r\n', '08-07-3\r\n', '2026,1,15\r\n', '19\r\nscpi > ', '-32.08\r\n']) {
    assert.equal(read(answer).said, answer)
  }
})

test('what follows a dollar that begins no sentence is lost up to the line end, and no farther', () => {
  assert.equal(read('scpi > $%&/\r\n1\r\nscpi > ').said, 'scpi > 1\r\nscpi > ')
  const endless = read(`$${'A'.repeat(255)}1\r\nscpi > `)
  assert.equal(endless.said, '1\r\nscpi > ')
})

test('it makes no difference how the bytes were cut, and none are invented', () => {
  const piece = fc.oneof(
    fc.constantFrom(SENTENCE, TRACE, 'scpi > ', '1\r\n', '2026,9,2\r\n', '$', '\r\n', '08-07-31 '),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const bytes = utf8(pieces.join(''))
      const whole = sorted(createStream().receive(bytes, monoNs(0n)))
      const stream = createStream()
      const single = sorted([...bytes].flatMap((byte) => [...stream.receive(Uint8Array.of(byte), monoNs(0n))]))
      assert.deepEqual(single, whole)
      assert.ok(whole.said.length <= bytes.length)
    }),
  )
})
