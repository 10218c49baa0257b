import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dateAfter1970, daysSince1970, exists } from './civil-date.ts'

test('days count as the calendar of the language does, far into both directions', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (days) => {
      const date = new Date(days * 86_400_000)
      const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
      assert.deepEqual(dateAfter1970(days), civil)
      assert.equal(daysSince1970(civil), days)
      assert.ok(exists(civil))
    }),
  )
})

test('dates that the calendar does not have do not exist', () => {
  for (const [year, month, day] of [
    [2026, 2, 29],
    [1900, 2, 29],
    [2026, 4, 31],
    [2026, 13, 1],
    [2026, 0, 1],
    [2026, 1, 0],
  ] as const) {
    assert.ok(!exists({ year, month, day }), `${year}-${month}-${day}`)
  }
  for (const [year, month, day] of [
    [2000, 2, 29],
    [2024, 2, 29],
    [1972, 6, 30],
  ] as const) {
    assert.ok(exists({ year, month, day }), `${year}-${month}-${day}`)
  }
})
