import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatSentence, parseSentence } from './sentence.ts'

const RMC = '$GPRMC,220952.00,A,4742.21,N,01200.75,E,0.0,0.0,181223,0.0,E*5A'

describe('NMEA sentence', () => {
  test('splits a recorded sentence so that fields have the numbers of the manuals', () => {
    const parsed = parseSentence(RMC, false)
    assert.ok(parsed.ok)
    assert.equal(parsed.value.talker, 'GP')
    assert.equal(parsed.value.formatter, 'RMC')
    assert.equal(parsed.value.fields[1], '220952.00')
    assert.equal(parsed.value.fields[9], '181223')
    assert.equal(parsed.value.fields.length, 12)
  })

  test('takes the checksum in small letters', () => {
    assert.ok(parseSentence(RMC.replace('5A', '5a'), false).ok)
  })

  test('gives proprietary and odd addresses no talker', () => {
    for (const [text, address] of [
      ['$PTNTA,20160203131539,2,T4,000000066,+107,3,0,3*18', 'PTNTA'],
      ['$SNRSTAT,1,1,0,0*5D', 'SNRSTAT'],
    ] as const) {
      const parsed = parseSentence(text, false)
      assert.ok(parsed.ok)
      assert.equal(parsed.value.address, address)
      assert.equal(parsed.value.talker, undefined)
      assert.equal(parsed.value.formatter, undefined)
    }
  })

  test('refuses any single wrong character', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: RMC.length - 1 }), fc.integer({ min: 0x20, max: 0x7e }), (index, code) => {
        const character = String.fromCharCode(code)
        fc.pre(character !== '*' && character.toUpperCase() !== RMC[index])
        const parsed = parseSentence(RMC.slice(0, index) + character + RMC.slice(index + 1), false)
        assert.ok(!parsed.ok)
      }),
    )
  })

  test('says which checksum was expected and which came', () => {
    const parsed = parseSentence(RMC.replace('*5A', '*5B'), false)
    assert.deepEqual(parsed.ok ? undefined : parsed.fault, {
      code: 'nmea.checksum',
      message: 'GPRMC: expected checksum 5A for its characters, got "5B"',
    })
  })

  test('refuses a checksum that is cut or followed by more', () => {
    for (const text of [RMC.slice(0, -1), RMC.slice(0, -2), `${RMC}0`, `${RMC} `]) {
      assert.ok(!parseSentence(text, true).ok, text)
    }
  })

  test('takes a sentence without a checksum only where that is configured', () => {
    const bare = RMC.slice(0, RMC.indexOf('*'))
    const refused = parseSentence(bare, false)
    assert.equal(refused.ok ? '' : refused.fault.code, 'nmea.checksum-missing')
    const taken = parseSentence(bare, true)
    assert.equal(taken.ok ? taken.value.fields[9] : '', '181223')
  })

  test('formats what it parses', () => {
    const field = fc.string({ unit: fc.constantFrom(...'0123456789.ANSEW-'.split('')) })
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const text = String.fromCharCode(...formatSentence(['GPRMC', ...fields]))
        assert.ok(text.endsWith('\r\n'))
        const parsed = parseSentence(text.slice(0, -2), false)
        assert.deepEqual(parsed.ok ? parsed.value.fields : undefined, ['GPRMC', ...fields])
      }),
    )
  })
})
