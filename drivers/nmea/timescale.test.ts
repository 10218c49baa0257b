import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { dateAfter1970, daysSince1970, exists } from '../../src/core/civil-date.ts'
import { type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { aheadOfUtcNs, readingToTai, type Timescale, taiToReading, weekOf } from './timescale.ts'

function at(text: string): UtcTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[-T:]/).map(Number)
  return { year, month, day, hour, minute, second, nanosecond: 0 }
}

function tai(text: string, scale: Timescale): bigint {
  const result = readingToTai(at(text), scale, EMBEDDED_LEAP_TABLE)
  assert.ok(result.ok)
  return result.value
}

describe('time scales of receivers', () => {
  test('begin where GPS time began', () => {
    assert.deepEqual(weekOf(at('1980-01-06T00:00:00')), { week: 0, secondOfWeek: 0 })
    assert.deepEqual(weekOf(at('2010-10-25T22:25:04')), { week: 1607, secondOfWeek: 167_104 })
    assert.equal(tai('1980-01-06T00:00:00', 'gps'), tai('1980-01-06T00:00:00', 'utc'))
  })

  test('are apart by the leap seconds and by three hours', () => {
    assert.equal(tai('2026-01-15T12:00:18', 'gps'), tai('2026-01-15T12:00:00', 'utc'))
    assert.equal(tai('2026-01-15T15:00:00', 'glonass'), tai('2026-01-15T12:00:00', 'utc'))
    assert.equal(tai('2026-01-16T01:00:00', 'glonass'), tai('2026-01-15T22:00:00', 'utc'))
    assert.equal(tai('2017-01-01T02:59:60', 'glonass'), tai('2016-12-31T23:59:60', 'utc'))
    assert.equal(aheadOfUtcNs('gps', 37), 18n * NS_PER_SECOND)
  })

  test('read back what they tell', () => {
    const second = fc.bigInt({ min: 400_000_000n, max: 3_000_000_000n })
    fc.assert(
      fc.property(second, fc.constantFrom<Timescale>('utc', 'gps', 'glonass'), (seconds, scale) => {
        const instant = taiNs(seconds * NS_PER_SECOND)
        const reading = taiToReading(instant, scale, EMBEDDED_LEAP_TABLE)
        assert.ok(reading.ok)
        assert.deepEqual(readingToTai(reading.value, scale, EMBEDDED_LEAP_TABLE), { ok: true, value: instant })
      }),
    )
  })

  test('refuse dates and times that they have not', () => {
    const refused = (text: string, scale: Timescale): boolean => !readingToTai(at(text), scale, EMBEDDED_LEAP_TABLE).ok
    assert.ok(refused('2016-12-31T23:59:60', 'gps'))
    assert.ok(refused('2026-02-29T00:00:00', 'gps'))
    assert.ok(refused('2026-02-29T05:00:00', 'glonass'))
    assert.ok(refused('2026-01-15T24:00:00', 'gps'))
    assert.ok(refused('2016-12-31T23:59:60', 'glonass'))
  })

  test('count days as the leap table does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3650, max: 40_000 }), (days) => {
        const date = dateAfter1970(days)
        assert.ok(exists(date))
        assert.equal(daysSince1970(date), days)
        const noon = utcToTai(EMBEDDED_LEAP_TABLE, { ...date, hour: 12, minute: 0, second: 0, nanosecond: 0 })
        assert.ok(noon.ok)
      }),
    )
    assert.equal(exists({ year: 2026, month: 13, day: 1 }), false)
  })
})
