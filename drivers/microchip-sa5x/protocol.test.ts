import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checksum, encodeCommand, errorNumber, parseAnswer, twoHex } from './protocol.ts'

test('the checksums of the manual: {device?|27} and [=sa5x|62]', () => {
  assert.equal(checksum('device?'), 0x27)
  assert.equal(checksum('=sa5x'), 0x62)
})

test('a command has its number behind its name, and its checksum last', () => {
  assert.equal(encodeCommand('set,DigitalTuning,-7', 5), '{set#05,DigitalTuning,-7|2B}')
  assert.equal(encodeCommand('swrev?', 255), '{swrev?#FF|79}')
})

test('an answer is read when its checksum is right', () => {
  assert.deepEqual(parseAnswer('[#05=-7|01]'), { ok: true, value: { sequence: 5, value: '-7' } })
  const wrong = parseAnswer('[#05=-7|02]')
  assert.ok(!wrong.ok && wrong.fault.code === 'sa5x.checksum')
  for (const line of ['[=1]', '[#05=1]', '#05=1|2A', '', '[!3]']) {
    const none = parseAnswer(line)
    assert.ok(!none.ok && none.fault.code === 'sa5x.answer', line)
  }
})

test('an error is read with and without number and checksum', () => {
  assert.equal(errorNumber('[!1]'), 1)
  assert.equal(errorNumber('[#05!100|36]'), 100)
  assert.equal(errorNumber('[#05=1|2A]'), undefined)
})

test('property: what is encoded is read again, and one changed character is found out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 255 }), fc.integer(), fc.nat(), fc.nat(93), (sequence, value, place, by) => {
      const covered = `#${twoHex(sequence)}=${value}`
      const line = `[${covered}|${twoHex(checksum(covered))}]`
      assert.deepEqual(parseAnswer(line), { ok: true, value: { sequence, value: String(value) } })
      const at = place % line.length
      const other = String.fromCharCode(0x21 + ((line.charCodeAt(at) - 0x21 + by + 1) % 94))
      const changed = parseAnswer(line.slice(0, at) + other + line.slice(at + 1))
      if (other.toUpperCase() !== line[at]?.toUpperCase()) assert.ok(!changed.ok, changed.ok ? line : '')
    }),
    { numRuns: 500 },
  )
})

test('property: any line is read or refused, none throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (line) => {
      parseAnswer(line)
      errorNumber(line)
    }),
  )
})
