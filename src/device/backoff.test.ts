import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'

test('pauses double from 250 ms up to 10 s', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 7, 1_000_000].map((attempt) => backoffMs(attempt, 0))
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
})

test('chance adds up to a quarter', () => {
  assert.equal(backoffMs(1, 0.5), 562.5)
  assert.ok(backoffMs(100, 1 - Number.EPSILON) <= 12_500)
})
