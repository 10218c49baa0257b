import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { createScpiFramer, type ScpiFrame } from './framing.ts'

const AT = monoNs(5n)

function frames(text: string, lineLengthMax = 100): readonly ScpiFrame[] {
  return createScpiFramer(lineLengthMax).receive(Uint8Array.from(Buffer.from(text, 'latin1')), AT)
}

/** Lines as their text, prompts as their code, defects behind a slash. */
function shown(list: readonly ScpiFrame[]): readonly (string | number)[] {
  return list.map((frame) =>
    frame.type === 'prompt' ? frame.errorCode : frame.line.text + (frame.line.defect ? `/${frame.line.defect}` : ''),
  )
}

test('a reply is a line and then a prompt without a line end', () => {
  assert.deepEqual(shown(frames('LOCK\r\nscpi > ')), ['LOCK', 0])
})

test('the prompt carries the signed code of the newest error', () => {
  assert.deepEqual(shown(frames('E-113> ')), [-113])
  assert.deepEqual(shown(frames('E+12> ')), [12])
})

test('only the two forms of the prompt are prompts', () => {
  for (const text of ['scpi> ', 'SCPI > ', 'E113> ', 'E-113 > ', '>> Locked to GPS']) {
    assert.deepEqual(shown(frames(`${text}\r\n`)), [text])
  }
})

test('the space of the prompt may come at the head of the next exchange', () => {
  assert.deepEqual(shown(frames('scpi > *IDN?\r\n')), [0, '*IDN?'])
})

test('the spaces that belong to a line stay', () => {
  assert.deepEqual(shown(frames('scpi >   18  79   2\r\n')), [0, '  18  79   2'])
  assert.deepEqual(shown(frames('   Holdover  \r\n')), ['   Holdover  '])
})

test('lines end in CRLF, CR or LF, and empty ones count', () => {
  assert.deepEqual(shown(frames('a\r\n\r\nb\rc\nd\r\n')), ['a', '', 'b', 'c', 'd'])
})

test('what a prompt cuts off is marked', () => {
  assert.deepEqual(shown(frames('LOCscpi > ')), ['LOC/unterminated', 0])
})

test('a byte that is not printable ASCII marks its line', () => {
  assert.deepEqual(shown(frames('LO\xc3K\r\nOK\r\n')), ['LO\ufffdK/not-ascii', 'OK'])
})

test('a line of any length is kept to the limit and marked', () => {
  assert.deepEqual(shown(frames(`${'x'.repeat(5000)}\r\nscpi > `, 10)), ['xxxxxxxxxx/overlong', 0])
})

test('lines are numbered and stamped with the reads that brought their first and last byte', () => {
  const framer = createScpiFramer(100)
  framer.receive(utf8('a\r\nLO'), monoNs(1n))
  const [frame] = framer.receive(utf8('CK\r'), monoNs(2n))
  const line = { text: 'LOCK', number: 2, firstByteAt: 1n, lastByteAt: 2n, defect: undefined }
  assert.deepEqual(frame, { type: 'line', line })
})

test('an unfinished line shows and can be forgotten', () => {
  const framer = createScpiFramer(100)
  framer.receive(utf8('scpi > '), AT)
  assert.ok(!framer.hasUnfinishedLine())
  framer.receive(utf8('LO'), AT)
  assert.ok(framer.hasUnfinishedLine())
  framer.clear()
  assert.deepEqual(shown(framer.receive(utf8('CK\r\n'), AT)), ['CK'])
})

test('the frames do not depend on how the stream is cut', () => {
  const piece = fc.constantFrom(
    'LOCK',
    '+3',
    '\r\n',
    '\r',
    '\n',
    'scpi >',
    ' ',
    'E-230>',
    'E-',
    '>',
    '\xff',
    'x'.repeat(30),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat({ max: 7 }), { minLength: 1 }), (pieces, cuts) => {
      const bytes = Uint8Array.from(Buffer.from(pieces.join(''), 'latin1'))
      const framer = createScpiFramer(40)
      const cut: ScpiFrame[] = []
      let start = 0
      for (let i = 0; start < bytes.length; i++) {
        const end = start + 1 + (cuts[i % cuts.length] ?? 0)
        cut.push(...framer.receive(bytes.subarray(start, end), AT))
        start = end
      }
      assert.deepEqual(cut, createScpiFramer(40).receive(bytes, AT))
    }),
  )
})
