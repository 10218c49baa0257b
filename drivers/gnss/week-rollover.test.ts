import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { addRollovers, floorOf, rolloversBefore, shiftCalendar } from './week-rollover.ts'

const utc = (year: number, month: number, day: number, second = 0): UtcTime => ({
  year,
  month,
  day,
  hour: 23,
  minute: 59,
  second,
  nanosecond: 0,
})

function tai(time: UtcTime) {
  const result = utcToTai(EMBEDDED_LEAP_TABLE, time)
  assert.ok(result.ok)
  return result.value
}

describe('week rollover', () => {
  const floor = floorOf(EMBEDDED_LEAP_TABLE, '2025-01-01')

  test('says how many times 1024 weeks are missing', () => {
    assert.deepEqual(
      [utc(2025, 1, 2), utc(2006, 5, 30), utc(1986, 10, 15), utc(2024, 12, 30)].map((time) =>
        rolloversBefore(tai(time), floor),
      ),
      [0, 1, 2, 1],
    )
    assert.equal(rolloversBefore(tai(utc(1986, 10, 15)), floorOf(EMBEDDED_LEAP_TABLE, null)), 0)
  })

  test('adds them by GPS time, which has no leap seconds, and by the calendar, which has', () => {
    assert.equal(
      addRollovers(tai(utc(2006, 5, 30)), 1) - tai(utc(2026, 1, 13)),
      -4_000_000_000n,
      '14 leap seconds after 18',
    )
    const shifted = shiftCalendar(EMBEDDED_LEAP_TABLE, utc(2006, 5, 30, 58), 1)
    assert.deepEqual(shifted.ok && shifted.value, utc(2026, 1, 13, 58))
    const back = shiftCalendar(EMBEDDED_LEAP_TABLE, utc(2026, 1, 13, 58), -1)
    assert.deepEqual(back.ok && back.value, utc(2006, 5, 30, 58))
  })

  test('shifts no date that is none, nor to where the leap table begins', () => {
    assert.equal(shiftCalendar(EMBEDDED_LEAP_TABLE, utc(2026, 2, 30), -1).ok, false)
    assert.equal(shiftCalendar(EMBEDDED_LEAP_TABLE, utc(1985, 1, 1), -1).ok, false)
    assert.deepEqual(shiftCalendar(EMBEDDED_LEAP_TABLE, utc(1, 1, 1), 0), { ok: true, value: utc(1, 1, 1) })
  })
})
