import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attemptsAfterLink, backOffCapMs, backOffMs, barMs, strikesAfterLink } from './back-off.ts'

test('the wait doubles up to the cap, half of it by chance', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => [
    backOffMs(attempt, 2_000, 0),
    backOffMs(attempt, 2_000, 0.5),
  ])
  assert.deepEqual(waits, [
    [50, 75],
    [100, 150],
    [200, 300],
    [400, 600],
    [800, 1200],
    [1000, 1500],
    [1000, 1500],
    [1000, 1500],
  ])
})

test('no attempt waits longer than the cap or less than half the first wait', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, n, unit) => {
        const waitMs = backOffMs(attempt, backOffCapMs(n), unit)
        assert(waitMs >= 50 && waitMs <= backOffCapMs(n))
      },
    ),
  )
})

test('the cap grows with the cluster', () => {
  assert.deepEqual([4, 20, 31, 100].map(backOffCapMs), [2_000, 2_000, 3_100, 10_000])
})

test('only a link that lasted as long as the cap makes the failed attempts before it forgotten', () => {
  assert.deepEqual(
    [0, 1_999, 2_000, 60_000].map((upForMs) => attemptsAfterLink(5, upForMs, 2_000)),
    [5, 5, 0, 0],
  )
})

test('a member that sends what it must not stays out for longer each time, up to a minute', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 1_000].map(barMs),
    [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000],
  )
  assert.equal(strikesAfterLink(3, 599_999), 3)
  assert.equal(strikesAfterLink(3, 600_000), 0)
})
