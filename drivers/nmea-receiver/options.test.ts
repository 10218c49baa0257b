import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseOptions } from './options.ts'

function messageOf(input: unknown): string {
  const parsed = parseOptions(input, 'sources[2].options')
  return parsed.ok ? 'accepted' : parsed.fault.message.replace('sources[2].options', '…')
}

describe('NMEA receiver options', () => {
  test('need not be given', () => {
    const parsed = parseOptions({}, 'options')
    assert.ok(parsed.ok)
    const { emulator, ...driver } = parsed.value
    assert.deepEqual(driver, {
      names: 'preceding-pulse',
      timescale: 'utc',
      ptntaTimescale: 'gps',
      weekRollover: 'report',
      floorDate: '2025-01-01',
      allowMissingChecksum: false,
      silenceSeconds: 5,
    })
    assert.equal(emulator.firstByteAfterPulseMs, 60)
    assert.equal(emulator.coldStartSeconds, 1)
  })

  test('can switch the floor date off', () => {
    const parsed = parseOptions({ floorDate: null }, 'options')
    assert.equal(parsed.ok ? parsed.value.floorDate : undefined, null)
  })

  test('say where they are wrong, what was expected and what came', () => {
    assert.equal(messageOf({ silenceSeconds: 1 }), '….silenceSeconds: expected an integer from 2 to 3600, got 1')
    assert.equal(messageOf({ silenceSeconds: '5' }), '….silenceSeconds: expected an integer from 2 to 3600, got "5"')
    assert.equal(messageOf({ allowMissingChecksum: 1 }), '….allowMissingChecksum: expected true or false, got 1')
    assert.equal(messageOf({ names: 'next' }), '….names: expected one of preceding-pulse, following-pulse, got "next"')
    for (const [floorDate, expected] of [
      ['2025-02-30', 'a date like 2025-01-01, or null'],
      ['yesterday', 'a date like 2025-01-01, or null'],
      ['1979-12-31', 'a date since 1980-01-06, where GPS time begins, or null'],
    ]) {
      assert.equal(messageOf({ floorDate }), `….floorDate: expected ${expected}, got "${floorDate}"`)
    }
    assert.equal(
      messageOf({ emulator: { sentences: ['RMC', 'RMX'] } }),
      '….emulator.sentences[1]: expected one of RMC, ZDA, GGA, GSA, GSV, got "RMX"',
    )
    assert.equal(
      messageOf({ emulator: { talker: 'PX' } }),
      '….emulator.talker: expected two capital letters, the first not P, got "PX"',
    )
    assert.match(
      messageOf({ emulator: { speed: 1 } }),
      /^….emulator.speed: expected one of dialect, .*, got an unknown key$/,
    )
  })
})
