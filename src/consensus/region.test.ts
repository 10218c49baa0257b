import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contains, type Interval } from '../core/interval.ts'
import { quorumOf } from './membership.ts'
import { coveredRegion } from './region.ts'

function of(...ends: readonly (readonly [number, number])[]): Interval[] {
  return ends.map(([lo, hi]) => ({ lo: BigInt(lo), hi: BigInt(hi) }))
}

test('of four intervals the region is what three of them cover', () => {
  // Points 10 … 12 are in the first three, 40 … 42 in none but the liar.
  const region = coveredRegion(of([0, 12], [8, 20], [10, 30], [40, 42]), quorumOf(4))
  assert.deepEqual(region, { lo: 10n, hi: 12n })
})

test('touching ends overlap', () => {
  assert.deepEqual(coveredRegion(of([0, 10], [10, 20], [5, 10]), quorumOf(3)), { lo: 10n, hi: 10n })
})

test('the region spans separate points that are covered often enough', () => {
  // n = 4 with three intervals: two votes are enough, at 0 … 1 and at 9 … 10.
  assert.deepEqual(coveredRegion(of([0, 10], [0, 1], [9, 12]), quorumOf(4)), { lo: 0n, hi: 10n })
})

test('there is no region of fewer than q intervals, and none where too few overlap', () => {
  assert.equal(coveredRegion(of([0, 10], [0, 10]), quorumOf(4)), undefined)
  assert.equal(coveredRegion(of([0, 1], [2, 3], [4, 5]), quorumOf(4)), undefined)
  assert.equal(coveredRegion([], quorumOf(1)), undefined)
})

test('at n = 5 three intervals are no quorum although 2f + 1 = 3', () => {
  assert.equal(coveredRegion(of([0, 1], [0, 1], [0, 1]), quorumOf(5)), undefined)
  assert.deepEqual(coveredRegion(of([0, 1], [0, 1], [0, 1], [0, 1]), quorumOf(5)), { lo: 0n, hi: 1n })
})

const some = fc
  .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.nat({ max: 15 })), { minLength: 3, maxLength: 7 })
  .map((pairs) => of(...pairs.map(([lo, width]) => [lo, lo + width] as const)))

test('the region is the hull of the points that at most f intervals miss', () => {
  fc.assert(
    fc.property(some, (intervals) => {
      const quorum = quorumOf(intervals.length)
      const covered: bigint[] = []
      for (let point = -20n; point <= 35n; point++) {
        if (intervals.filter((interval) => !contains(interval, point)).length <= quorum.f) covered.push(point)
      }
      const expected = covered.length === 0 ? undefined : { lo: covered[0]!, hi: covered.at(-1)! }
      assert.deepEqual(coveredRegion(intervals, quorum), expected)
    }),
  )
})

test('taking any intervals away, down to 2f + 1, leaves a region that contains the original one', () => {
  fc.assert(
    fc.property(some, fc.nat(), (intervals, mask) => {
      const { n, f, q } = quorumOf(intervals.length)
      const rest = intervals.filter((_, index) => ((mask >> index) & 1) === 0)
      const region = coveredRegion(intervals, { n, f, q })
      fc.pre(region !== undefined && rest.length >= 2 * f + 1)
      const without = coveredRegion(rest, { n, f, q: 2 * f + 1 })
      assert.ok(without !== undefined && without.lo <= region.lo && region.hi <= without.hi)
    }),
  )
})
