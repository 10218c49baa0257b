import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutDate } from './check-across.ts'

test('an instrument that has pulses and no date is a frequency source and nothing else', () => {
  assert.deepEqual(withoutDate('sources[1].role', 'prs10', 'frequency'), [])
  for (const role of ['time', 'label'] as const) {
    assert.deepEqual(withoutDate('sources[1].role', 'prs10', role), [
      `sources[1].role: expected frequency, as prs10 has pulses but no date, got ${role}`,
    ])
  }
})
