import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { monoNs } from '../../src/core/time.ts'
import { alarmsOfBits } from './alarm-bits.ts'
import { describeIdentity, type Identity } from './identity.ts'
import { commandKey, parseReport, reportKey } from './protocol.ts'
import { encodeSurvey } from './settings.ts'

const AT = monoNs(0n)

function packet(hex: string) {
  const [id = 0, ...data] = Uint8Array.fromHex(hex)
  return { kind: 'packet', id, data: Uint8Array.from(data), firstByteAt: AT, lastByteAt: AT } as const
}

function report(hex: string) {
  const parsed = parseReport(packet(hex))
  return parsed.ok ? parsed.value : parsed.fault.message
}

describe('TSIP reports', () => {
  test('say who the receiver is, as a RES SMT 360 did', () => {
    const hexes = [
      '4501050403120356020612',
      '1c8101010500040307e20a526573534d5420333630',
      '1c83473a41300b0407e30d0bcf0a526573534d5420333630',
      '8f42000000000000000000017df3000000010000',
    ]
    let identity: Identity = {}
    for (const hex of hexes) {
      const said = report(hex)
      assert.ok(typeof said === 'object' && said.type === 'identity', hex)
      identity = { ...identity, ...said.identity }
    }
    assert.deepEqual(identity, {
      application: '1.5 2018-04-03',
      core: '3.86 2018-02-06',
      product: 'ResSMT 360',
      firmware: '1.5.0 2018-04-03',
      hardwareCode: 3023,
      serial: '1195000112',
      production: '97779',
    })
    const line = 'ResSMT 360, firmware 1.5.0 2018-04-03, hardware 3023, serial 1195000112, production 97779'
    assert.equal(describeIdentity(identity), line)
    assert.equal(describeIdentity({}), undefined)
  })

  test('say how they are set, as a RES SMT 360 did', () => {
    assert.deepEqual(report('8fa500450000'), { type: 'broadcast-mask', mask: { mask0: 0x45, mask1: 0 } })
    const survey = report('8fa90101000007d042c8000042c80000')
    assert.ok(typeof survey === 'object' && survey.type === 'survey')
    assert.equal(survey.survey.fixes, 2000)
    assert.equal(encodeSurvey(survey.survey, 0x8f).toHex(), '8fa90101000007d042c8000042c80000')
    assert.deepEqual(report('8fa203'), { type: 'time-scale', scale: { bits: 3 } })
  })

  test('say how many satellites they use, in the two forms that were recorded', () => {
    assert.deepEqual(report('6dad0000000000000000000000003f800000100e1d031a17161f2019'), {
      type: 'satellites',
      used: 10,
    })
    assert.deepEqual(report('6c0d0000000000000000000000003f800000021851'), { type: 'satellites', used: 2 })
  })

  test('name the command that is refused', () => {
    assert.deepEqual(report('138e20'), { type: 'refusal', of: '8E-20' })
    assert.deepEqual(report('1328130e'), { type: 'refusal', of: '28' })
    assert.equal(commandKey(Uint8Array.of(0x8e, 0x20)), '8E-20')
    assert.equal(reportKey(packet('8fab00')), '8F-AB')
  })

  test('are faults when they have not their length, and never throw', () => {
    assert.equal(report('45010203'), '45: expected 10 bytes of data, got 3')
    const wrongMonth = report('4501050d03120356020612')
    assert.ok(typeof wrongMonth === 'string')
    assert.match(wrongMonth, /^45: expected two versions with their dates, got 1 5 13/)
    const ids = [0x8f, 0x45, 0x1c, 0x6c, 0x6d, 0x13, 0x41]
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.uint8Array({ maxLength: 80 }), (id, data) => {
        const parsed = parseReport({ kind: 'packet', id, data, firstByteAt: AT, lastByteAt: AT })
        assert.ok(parsed.ok || parsed.fault.code.startsWith('tsip.'))
      }),
      { numRuns: 2000 },
    )
  })
})

test('every alarm bit has a name or is told by its number', () => {
  assert.deepEqual([...alarmsOfBits(0, 0x80).keys()], [], 'a leap second to come is no alarm')
  assert.deepEqual(
    [...alarmsOfBits(0x10, 0x0a).keys()],
    ['tsip.oscillator-rail', 'tsip.antenna-open', 'tsip.not-tracking'],
  )
  assert.equal(alarmsOfBits(0xffff, 0xffff).size, 5 + 12 + 1)
  assert.match(alarmsOfBits(0x20, 0x8000).get('tsip.unknown-bit') ?? '', /: critical 5, minor 15\.$/)
})
