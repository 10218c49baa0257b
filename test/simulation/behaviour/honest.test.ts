import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../../support/behaviour-watch.ts'

/** Everything that the world does to honest members, for long: see there. */
for (const n of [4, 7, 10]) {
  test(`n = ${n}: over 10,000 noisy epochs nobody honest is suspected of anything`, () => {
    const watched = watch({ n, seed: 10 + n, epochs: 10_000 })
    assert.ok(watched.epochs > 9_900)
    assert.deepEqual(watched.suspected, [])
    assert.deepEqual(watched.inconsistencies, [])
  })
}

test('hardware of a lower class, whose bound is 250 times that of the others, inflates nothing', () => {
  assert.deepEqual(watch({ n: 4, seed: 20, epochs: 1_000, weak: [2] }).suspected, [])
})
