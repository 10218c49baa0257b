import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenBucket } from './token-bucket.ts'

test('a burst passes at once, then one event for each token that time brings', () => {
  const bucket = createTokenBucket(10, 3)
  const taken = [5_000, 5_000, 5_000, 5_000, 5_099, 5_100, 5_101].map((nowMs) => bucket.take(nowMs))
  assert.deepEqual(taken, [true, true, true, false, false, true, false])
})

test('a long pause brings back no more than the burst', () => {
  const bucket = createTokenBucket(10, 2)
  bucket.take(0)
  bucket.take(0)
  assert.deepEqual(
    [60_000, 60_000, 60_000].map((nowMs) => bucket.take(nowMs)),
    [true, true, false],
  )
})
