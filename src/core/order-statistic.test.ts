import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { selectInPlace } from './order-statistic.ts'

const finite = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }))

test('what is selected is what stands there after sorting, and splits the rest', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 300 }), fc.nat(), (values, seed) => {
      const rank = seed % values.length
      const sorted = Float64Array.from(values).sort()
      const own = [...values]
      const selected = selectInPlace(own, rank)
      assert.ok(selected === sorted[rank])
      assert.ok(own.slice(0, rank).every((value) => value <= selected))
      assert.ok(own.slice(rank + 1).every((value) => value >= selected))
      assert.deepEqual(Float64Array.from(own).sort(), sorted)
    }),
  )
})

test('values that are sorted, or all the same, take no longer than others', () => {
  for (const values of [Array.from({ length: 100_000 }, (_, at) => at), Array.from({ length: 100_000 }, () => 7)]) {
    assert.equal(selectInPlace([...values], 50_000), values[50_000])
    assert.equal(selectInPlace(values.toReversed(), 50_000), values[50_000])
  }
})

test('there is nothing in nothing, and a rank beyond the end is the last', () => {
  assert.equal(selectInPlace([], 0), 0)
  assert.equal(selectInPlace([3, 1, 2], 9), 3)
  assert.equal(selectInPlace([3, 1, 2], -1), 1)
})
