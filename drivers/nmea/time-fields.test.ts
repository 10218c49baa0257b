import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseLongDate, parseShortDate, parseTimeOfDay } from './time-fields.ts'

describe('NMEA time fields', () => {
  test('read every nanosecond exactly', () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(59), fc.nat(60), fc.nat(999_999_999), (hour, minute, second, nanosecond) => {
        const two = (value: number): string => String(value).padStart(2, '0')
        const field = `${two(hour)}${two(minute)}${two(second)}.${String(nanosecond).padStart(9, '0')}`
        assert.deepEqual(parseTimeOfDay(field, 'time'), { ok: true, value: { hour, minute, second, nanosecond } })
      }),
    )
  })

  test('read decimals of any length up to nine, and none', () => {
    const nanosecondOf = (field: string): number | undefined => {
      const parsed = parseTimeOfDay(field, 'time')
      return parsed.ok ? parsed.value?.nanosecond : undefined
    }
    assert.equal(nanosecondOf('000231'), 0)
    assert.equal(nanosecondOf('000231.'), 0)
    assert.equal(nanosecondOf('000231.4'), 400_000_000)
    assert.equal(nanosecondOf('000231.099'), 99_000_000)
    assert.equal(nanosecondOf('000231.0000000001'), undefined)
  })

  test('keep the sixtieth second', () => {
    const parsed = parseTimeOfDay('235960.00', 'time')
    assert.deepEqual(parsed, { ok: true, value: { hour: 23, minute: 59, second: 60, nanosecond: 0 } })
  })

  test('take empty fields as no time and no date', () => {
    assert.deepEqual(parseTimeOfDay('', 'time'), { ok: true, value: undefined })
    assert.deepEqual(parseShortDate('', 'date'), { ok: true, value: undefined })
    assert.deepEqual(parseLongDate('', '', '', 'date'), { ok: true, value: undefined })
  })

  test('put two-digit years into 1980 to 2079', () => {
    const yearOf = (field: string): number | undefined => {
      const parsed = parseShortDate(field, 'date')
      return parsed.ok ? parsed.value?.year : undefined
    }
    assert.deepEqual(['010180', '220899', '010100', '160126', '311279'].map(yearOf), [1980, 1999, 2000, 2026, 2079])
  })

  test('refuse what has not the form, with the place, what was expected and what came', () => {
    // The recorded Telit HE910 after the week rollover of 2019: its year became -1.
    assert.deepEqual(parseShortDate('2208-1', 'GPRMC field 9 (date)'), {
      ok: false,
      fault: { code: 'nmea.field', message: 'GPRMC field 9 (date): expected ddmmyy, got "2208-1"' },
    })
    for (const field of ['12345', '1234567', '12:34:56', '-10000', '12345a', ' 123456']) {
      assert.ok(!parseTimeOfDay(field, 'time').ok, field)
    }
    for (const [day, month, year] of [
      ['31', '12', ''],
      ['31', '12', '26'],
      ['', '12', '2026'],
      ['3a', '12', '2026'],
    ] as const) {
      assert.ok(!parseLongDate(day, month, year, 'date').ok, `${day},${month},${year}`)
    }
  })
})
