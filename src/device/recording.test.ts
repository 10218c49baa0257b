import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, utf8 } from '../core/bytes.ts'
import { monoNs } from '../core/time.ts'
import { createNoteSkipper } from './note-skipper.ts'
import { arrivalsPath, createRecording, parseArrivals } from './recording.ts'
import { openReplay } from './replay.ts'

const folder = mkdtempSync(join(tmpdir(), 'recording-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
function newPath(): string {
  files += 1
  return join(folder, `unit-${files}.log`)
}

const START_AT = monoNs(5_000_000_000n)
const NOTES = { instrument: 'Furuno GT-88', note: 'on the roof\n# bytes follow\n\u0007' }

/** What a replay of it says, with the instants since its start. */
function replay(path: string): Promise<readonly (readonly [bigint, string])[]> {
  const arrivals = parseArrivals(readFileSync(arrivalsPath(path), 'latin1'), path)
  assert.ok(arrivals.ok)
  const heard: (readonly [bigint, string])[] = []
  return new Promise((resolve) => {
    openReplay(
      { path, bytesPerSecond: 960, pace: 'full', arrivals: arrivals.value },
      {
        onBytes: (bytes, at) => heard.push([at, Buffer.from(bytes).toString('latin1')]),
        onState: (event) => event.type === 'down' && resolve(heard),
      },
    )
  })
}

test('what was recorded is played as it came, when it came, without the notes', async () => {
  const path = newPath()
  const created = createRecording(path, NOTES, START_AT)
  assert.ok(created.ok)
  const { heard, sent, bytes, close } = created.value
  assert.ok(sent(utf8('*IDN?\r'), monoNs(START_AT + 1_000n)).ok)
  // An answer that begins like a note is one all the same.
  assert.ok(heard(utf8('#H12\r\n'), monoNs(START_AT + 2_000n)).ok)
  assert.ok(heard(utf8('scpi > '), monoNs(START_AT + 9_000_000_000n)).ok)
  close()
  assert.equal(bytes(), 13)
  assert.deepEqual(await replay(path), [
    [2_000n, '#H12\r\n'],
    [9_000_000_000n, 'scpi > '],
  ])
  const [first, ...rest] = readFileSync(path, 'latin1').split('\n')
  assert.equal(first, '# quorumtime recording 1')
  assert.deepEqual(rest.slice(0, 3), [
    '# instrument: Furuno GT-88',
    '# note: on the roof # bytes follow ',
    '# bytes follow',
  ])
  assert.equal(readFileSync(arrivalsPath(path), 'latin1'), '1000 > 2a49444e3f0d\n2000 < 6\n9000000000 < 7\n')
})

test('what is beyond the arrivals comes as fast as the line was', async () => {
  const path = newPath()
  writeFileSync(path, 'abcdef')
  writeFileSync(arrivalsPath(path), '7 < 2\n')
  assert.deepEqual(await replay(path), [
    [7n, 'ab'],
    [7n + 4_166_667n, 'cdef'],
  ])
})

test('any bytes in any pieces come back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 8 }), async (pieces) => {
      const path = newPath()
      const created = createRecording(path, NOTES, START_AT)
      assert.ok(created.ok)
      for (const [index, piece] of pieces.entries()) {
        assert.ok(created.value.heard(piece, monoNs(START_AT + BigInt(index))).ok)
      }
      created.value.close()
      const heard = await replay(path)
      assert.deepEqual(
        heard.map(([, text]) => text),
        pieces.map((piece) => Buffer.from(piece).toString('latin1')),
      )
      created.value.discard()
      assert.ok(!existsSync(path) && !existsSync(arrivalsPath(path)))
    }),
    { numRuns: 40 },
  )
})

test('nothing that is there is written over', () => {
  for (const there of ['bytes', 'arrivals'] as const) {
    const path = newPath()
    const taken = there === 'bytes' ? path : arrivalsPath(path)
    writeFileSync(taken, 'dear to somebody')
    const refused = createRecording(path, NOTES, START_AT)
    assert.ok(!refused.ok && refused.fault.code === 'record.open')
    assert.match(refused.fault.message, /expected to create it, got EEXIST/)
    assert.equal(readFileSync(taken, 'latin1'), 'dear to somebody')
    assert.equal(existsSync(there === 'bytes' ? arrivalsPath(path) : path), false)
  }
})

test('arrivals that are none are told by their line, and nothing makes the reader throw', () => {
  const wrong = parseArrivals('1 < 5\n0 < 5\n', 'unit.log.arrivals')
  assert.ok(!wrong.ok)
  assert.equal(wrong.fault.message, 'unit.log.arrivals:2: expected an instant after 1, got "0 < 5"')
  fc.assert(fc.property(fc.string(), (text) => typeof parseArrivals(text, 'x').ok === 'boolean'))
  const line = fc.oneof(fc.string(), fc.constantFrom('1 < 2', '3 > 0a', '9 <', '> 1', '1 < -1', '1 > 0'))
  fc.assert(fc.property(fc.array(line), (lines) => typeof parseArrivals(lines.join('\n'), 'x').ok === 'boolean'))
})

test('notes of others end where the first line begins otherwise', () => {
  const log = utf8('# Name: unit\r\n#\n$GPZDA\n# no note\n')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: log.length }), (cut) => {
      const notes = createNoteSkipper()
      const rest = concatBytes(notes.skip(log.subarray(0, cut)), notes.skip(log.subarray(cut)))
      assert.equal(Buffer.from(rest).toString(), '$GPZDA\n# no note\n')
      assert.equal(notes.lines(), 2)
    }),
  )
})
