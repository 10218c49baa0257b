import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { parseIdentity, parseIntegers, parseStatusBytes, parseTimeTag, parseVolts, setSteering } from './protocol.ts'
import { BIT, bitsOf, describeBit, STATUS_BITS } from './status-bits.ts'

test('the recorded replies read as they were meant', () => {
  assert.deepEqual(unwrap(parseIdentity('PRS10_3.56_SN_107831')), { firmware: '3.56', serial: '107831' })
  assert.deepEqual(unwrap(parseStatusBytes('0,0,0,0,4,0')), [0, 0, 0, 0, 4, 0])
  assert.equal(unwrap(parseTimeTag('999999990')), -10)
  assert.equal(unwrap(parseTimeTag('13')), 13)
  assert.equal(unwrap(parseTimeTag('-1')), undefined)
  assert.equal(unwrap(parseTimeTag('499999999')), 499_999_999)
  assert.equal(unwrap(parseTimeTag('500000000')), -500_000_000)
  assert.deepEqual(unwrap(parseIntegers('-245', 1, -2000, 2000)), [-245])
  assert.deepEqual(unwrap(parseIntegers('2246,2048', 2, 0, 4095)), [2246, 2048])
  assert.equal(unwrap(parseVolts('0.728')), 0.728)
})

test('4 in ST5 is the third bit: the unit follows its input', () => {
  assert.deepEqual(bitsOf([0, 0, 0, 0, 4, 0]), [BIT.following])
  assert.equal(describeBit(BIT.following).text, 'follows its input')
  assert.deepEqual(bitsOf([16, 0, 0, 2, 128, 128]), [4, BIT.lockDisabled, BIT.noInputPulse, BIT.reset])
  assert.deepEqual(
    STATUS_BITS.map((row) => row.length),
    [8, 8, 8, 8, 8, 8],
  )
})

test('what has not the form is a fault that says what was expected and what came', () => {
  for (const text of [
    '0,0,0,0,4',
    '0,0,0,0,4,256',
    '0,0,0,0,4,',
    'ST = 0,0,0,0,4,0',
    '',
    ' 0,0,0,0,4,0',
    '0,0,0,0,4,-1',
  ]) {
    const { code, message } = faultOf(parseStatusBytes(text))
    assert.equal(code, 'prs10.reply')
    assert.equal(message, `expected six bytes like 0,0,0,0,4,0, got ${JSON.stringify(text)}`)
  }
  for (const text of ['1000000000', '-2', '1.5', '', '0x10', '1e3']) assert.ok(!parseTimeTag(text).ok, text)
  for (const text of ['PRS10_3.56', 'PRS10_3.56_SN_', 'prs10_3.56_SN_1']) assert.ok(!parseIdentity(text).ok, text)
})

test('no text makes a parser throw, and what it takes is within its range', () => {
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^[-\d,.]{0,30}$/))
  fc.assert(
    fc.property(text, (given) => {
      const bytes = parseStatusBytes(given)
      if (bytes.ok) assert.ok(bytes.value.length === 6 && bytes.value.every((byte) => byte >= 0 && byte <= 255))
      const tag = parseTimeTag(given)
      if (tag.ok && tag.value !== undefined) assert.ok(Math.abs(tag.value) <= 500_000_000)
      const numbers = parseIntegers(given, 2, 0, 4095)
      if (numbers.ok) assert.equal(numbers.value.length, 2)
      parseIdentity(given)
      const volts = parseVolts(given)
      if (volts.ok) assert.ok(Number.isFinite(volts.value))
    }),
  )
})

test('steering is a whole number of parts and is not answered', () => {
  const request = setSteering(-123)
  assert.equal(request.command, 'SF -123')
  assert.equal(request.replyLines, 0)
})
