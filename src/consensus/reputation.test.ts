import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextReputationPpm } from './reputation.ts'

const GOOD = { outlier: false, listed: true, absent: false, suspected: false }
const OUTLIER = { outlier: true, listed: true, absent: false, suspected: false }
const ABSENT = { outlier: false, listed: false, absent: true, suspected: false }
const SUSPECTED = { ...GOOD, suspected: true }
const LEFT_OUT = { outlier: false, listed: false, absent: false, suspected: false }

test('an outlier loses half, an absent member a tenth, both rounded down and not below the floor', () => {
  assert.equal(nextReputationPpm(1_000_000, OUTLIER), 500_000)
  assert.equal(nextReputationPpm(100_001, OUTLIER), 50_000)
  assert.equal(nextReputationPpm(12_000, OUTLIER), 10_000)
  assert.equal(nextReputationPpm(10_000, OUTLIER), 10_000)
  assert.equal(nextReputationPpm(1_000_000, ABSENT), 900_000)
  assert.equal(nextReputationPpm(100_001, ABSENT), 90_000)
  assert.equal(nextReputationPpm(10_500, ABSENT), 10_000)
})

test('a suspected member loses a tenth where it would have gained, half when it is an outlier too', () => {
  assert.equal(nextReputationPpm(1_000_000, SUSPECTED), 900_000)
  assert.equal(nextReputationPpm(10_500, SUSPECTED), 10_000)
  assert.equal(nextReputationPpm(1_000_000, { ...OUTLIER, suspected: true }), 500_000)
  assert.equal(
    nextReputationPpm(500_000, { ...LEFT_OUT, suspected: true }),
    500_000,
    'while it is left out it is not judged',
  )
})

test('a good member gains a twentieth and one, up to the top', () => {
  assert.equal(nextReputationPpm(500_000, GOOD), 525_001)
  assert.equal(nextReputationPpm(10_001, GOOD), 10_502)
  assert.equal(nextReputationPpm(960_000, GOOD), 1_000_000)
  assert.equal(nextReputationPpm(1_000_000, GOOD), 1_000_000)
})

test('a member that is left out and not absent neither gains nor loses', () => {
  assert.equal(nextReputationPpm(500_000, LEFT_OUT), 500_000)
})

test('nothing lifts a proven liar from zero', () => {
  for (const conduct of [GOOD, OUTLIER, ABSENT, SUSPECTED, LEFT_OUT]) assert.equal(nextReputationPpm(0, conduct), 0)
})
