import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { unwrap } from '../../test/support/results.ts'
import { encodePrimaryTiming, type PrimaryTiming, parsePrimaryTiming } from './primary-timing.ts'
import { encodeSupplementalTiming, parseSupplementalTiming, type SupplementalTiming } from './supplemental-timing.ts'

const NO_FLAGS = { utcTime: false, utcPulse: false, timeNotSet: false, noUtcInfo: false, timeFromUser: false }

describe('8F-AB', () => {
  test('reads what a Resolution SMTx sent in GPS time', () => {
    assert.deepEqual(unwrap(parsePrimaryTiming(Uint8Array.fromHex('ab00011cb80825001200300e14160c07e3'))), {
      timeOfWeek: 72_888,
      week: 2085,
      utcOffsetSeconds: 18,
      flags: NO_FLAGS,
      calendar: { year: 2019, month: 12, day: 22, hour: 20, minute: 14, second: 48 },
    })
  })

  test('reads what a Thunderbolt sent in UTC: its time of week is of GPS time', () => {
    // Posted to time-nuts on 2014-03-25, with its DLE doubled there.
    assert.deepEqual(
      unwrap(parsePrimaryTiming(Uint8Array.fromHex('ab0003928806f90010032c01111903 07de'.replace(' ', '')))),
      {
        timeOfWeek: 234_120,
        week: 1785,
        utcOffsetSeconds: 16,
        flags: { ...NO_FLAGS, utcTime: true, utcPulse: true },
        calendar: { year: 2014, month: 3, day: 25, hour: 17, minute: 1, second: 44 },
      },
    )
  })

  test('refuses other lengths, and weeks and seconds that do not exist', () => {
    const message = (hex: string): string => {
      const parsed = parsePrimaryTiming(Uint8Array.fromHex(hex))
      return parsed.ok ? 'accepted' : parsed.fault.message
    }
    assert.equal(message('ab00'), '8F-AB: expected 17 bytes of data, got 2')
    assert.match(message('ab00093a800825001200300e14160c07e3'), /expected a time of week below 604800 s, got 604800$/)
    assert.match(message('ab00011cb8ffff001200300e14160c07e3'), /expected a week up to 5999, got 65535$/)
  })

  test('is read as it was written', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    const timing: fc.Arbitrary<PrimaryTiming> = fc.record({
      timeOfWeek: fc.integer({ min: 0, max: 604_799 }),
      week: fc.integer({ min: 0, max: 5999 }),
      utcOffsetSeconds: fc.integer({ min: -32_768, max: 32_767 }),
      flags: fc.record({
        utcTime: fc.boolean(),
        utcPulse: fc.boolean(),
        timeNotSet: fc.boolean(),
        noUtcInfo: fc.boolean(),
        timeFromUser: fc.boolean(),
      }),
      calendar: fc.record({
        year: fc.integer({ min: 0, max: 65_535 }),
        month: byte,
        day: byte,
        hour: byte,
        minute: byte,
        second: byte,
      }),
    })
    fc.assert(
      fc.property(timing, (value) => {
        assert.deepEqual(unwrap(parsePrimaryTiming(encodePrimaryTiming(value).subarray(1))), structuredClone(value))
      }),
    )
  })
})

const LOCKED: SupplementalTiming = {
  receiverMode: 7,
  discipliningMode: 0,
  surveyPercent: 100,
  holdoverSeconds: 70_000,
  criticalAlarms: 0x10,
  minorAlarms: 0x1202,
  decodingStatus: 8,
  discipliningActivity: 5,
  pulseIndication: 1,
  pulseReference: 0,
  pulseOffsetNs: -68.5,
  clockOffsetPpb: -215.125,
  dacValue: 0x86c37,
  dacVolts: 0.25,
  temperatureCelsius: 32.25,
  latitudeRadians: 0.7691,
  longitudeRadians: -2.1173,
  altitudeMetres: 1116.8,
  quantizationErrorNs: -10.625,
  reserved: 0,
}

describe('8F-AC', () => {
  test('is read as it was written', () => {
    assert.deepEqual(unwrap(parseSupplementalTiming(encodeSupplementalTiming(LOCKED).subarray(1))), LOCKED)
  })

  test('refuses what no receiver can mean, for nothing else protects it from a damaged byte', () => {
    const wrongs: readonly Partial<SupplementalTiming>[] = [
      { receiverMode: 8 },
      { discipliningMode: 11 },
      { surveyPercent: 101 },
      { quantizationErrorNs: Number.NaN },
      { pulseOffsetNs: Number.POSITIVE_INFINITY },
      { clockOffsetPpb: 2e6 },
      { temperatureCelsius: 1000 },
      { dacVolts: -200 },
      { latitudeRadians: 3 },
      { longitudeRadians: Number.NaN },
      { altitudeMetres: 1e9 },
    ]
    for (const wrong of wrongs) {
      const parsed = parseSupplementalTiming(encodeSupplementalTiming({ ...LOCKED, ...wrong }).subarray(1))
      assert.ok(!parsed.ok, JSON.stringify(wrong))
      assert.match(parsed.fault.message, /^8F-AC: expected .+, got /)
    }
  })

  test('never throws, and what it accepts stands for itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 68, maxLength: 68 }), (data) => {
        const parsed = parseSupplementalTiming(data)
        if (parsed.ok) assert.deepEqual(encodeSupplementalTiming(parsed.value).subarray(2), data.subarray(1))
      }),
      { numRuns: 2000 },
    )
  })
})
