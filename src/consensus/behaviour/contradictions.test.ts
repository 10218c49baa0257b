import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accusersNeeded, watchersNeeded, watchersTable } from './accusers.ts'
import { coordinated } from './coordination.ts'
import { deviating } from './deviation.ts'
import { agedNs, ceilOf, FAR_NS, lowerMedianOf, nearNs } from './number-range.ts'
import { type ByHand, observed } from './observations-fixture.ts'
import { inconsistentPairs } from './pair.ts'
import { canBeNamed, disjointTriangles, turn } from './two-faced.ts'

type Sights = NonNullable<ByHand['sights']>

test('a deviation is net of everything that the member does not claim to know, in f + 1 frames of others', () => {
  const region = { lo: -500, hi: 500, point: 0 }
  const clock = { aheadNs: 0, boundNs: 200, locked: true }
  // 100 targets are 100 µs, beside 500 of the region, 200 of its bound, 1,000 of ranging.
  const seen = (byNs: number, frames: number): readonly number[] =>
    deviating(
      observed(4, {
        sights: [
          [0, 3, byNs, 1_000],
          [1, 3, -byNs, 1_000],
          [2, 3, 0, 1_000],
        ],
        clocks: [undefined, undefined, undefined, clock],
        regions: [region, frames > 1 ? region : undefined, region, region],
      }),
      2,
    )
  assert.deepEqual(seen(101_700, 2), [])
  assert.deepEqual(seen(101_701, 2), [3])
  assert.deepEqual(seen(101_701, 1), [], 'one frame may be that of a liar')
})

test('a pair contradicts itself beyond both uncertainties and what its oscillators may do in between', () => {
  const sights = (sum: number): Sights => [
    [0, 1, 10_000, 300],
    [1, 0, sum - 10_000, 200],
  ]
  assert.deepEqual(inconsistentPairs(observed(2, { sights: sights(500) })), [])
  assert.deepEqual(inconsistentPairs(observed(2, { sights: sights(-501) })), [[0, 1]])
  // 2 × 100 ppb over one age there and one back, a second each, and the 10 µs between the marks: 401 ns, rounded up.
  const aged = { ageNs: 10 ** 9, ratePpb: 100 }
  assert.deepEqual(inconsistentPairs(observed(2, { sights: sights(901), ...aged })), [])
  assert.deepEqual(inconsistentPairs(observed(2, { sights: sights(902), ...aged })), [[0, 1]])
  assert.deepEqual(inconsistentPairs(observed(2, { sights: sights(9_000).slice(1) })), [], 'one row alone')
})

/** Everybody else agrees about everything; member 4 shows `faces[r]` to r. */
function faces(...shown: readonly number[]): Sights {
  return shown.flatMap((offset, r) => [
    [r, shown.length, offset, 100] as const,
    ...shown.flatMap((_, s) => (s === r ? [] : [[r, s, 0, 100] as const])),
  ])
}

test('a triangle contradicts itself beyond its three uncertainties and all ageing', () => {
  const count = (shown: number, more: Partial<ByHand> = {}): number =>
    disjointTriangles(observed(3, { sights: faces(0, shown), ...more }), 2, 2).length
  assert.equal(count(300), 0)
  assert.equal(count(301), 1)
  // Three samples a second old at 2 × 100 ppb.
  assert.equal(count(901, { ageNs: 10 ** 9, ratePpb: 100 }), 0)
  assert.equal(count(902, { ageNs: 10 ** 9, ratePpb: 100 }), 1)
})

test('disjoint pairs use nobody twice and stop when there are enough', () => {
  const pairs = (needed: number, ...shown: readonly number[]): string =>
    disjointTriangles(observed(shown.length + 1, { sights: faces(...shown) }), shown.length, needed).join(' ')
  assert.equal(pairs(2, 0, 0, 9_000, 9_000), '0,2,4 1,3,4')
  assert.equal(pairs(1, 0, 0, 9_000, 9_000), '0,2,4')
  assert.equal(pairs(2, 9_000, 0, 0, 0), '0,1,4', 'whatever one observer says makes one pair')
})

test('who can be named, by whom, and whose turn it is', () => {
  assert.deepEqual(
    [2, 3, 4, 5, 7, 10, 31].map((n) => [accusersNeeded(n), watchersNeeded(n), canBeNamed(n, accusersNeeded(n))]),
    [
      [2, 2, false],
      [2, 2, false],
      [2, 2, false],
      [2, 2, true],
      [3, 3, true],
      [4, 4, true],
      [11, 6, true],
    ],
  )
  assert.deepEqual(watchersTable(3), [
    [1, 2],
    [2, 0],
    [0, 1],
  ])
  assert.deepEqual(turn(32, 7), { first: 0, count: 32 })
  assert.deepEqual(turn(1, 7), { first: 0, count: 1 })
  const looked = new Set<number>()
  for (let height = 1; height <= 34; height++) {
    const { first, count } = turn(100, height)
    for (let index = 0; index < count; index++) looked.add((first + index) % 100)
  }
  assert.equal(looked.size, 100)
})

test('coordination is being away to the same side, as far, by more than the target', () => {
  const astray = (...by: readonly number[]): readonly number[] =>
    coordinated(
      by.map((byNs, member) => ({ member, byNs, boundNs: 10 })),
      1_000,
    )
  assert.deepEqual(astray(5_000, 6_020), [0, 1])
  assert.deepEqual(astray(5_000, 6_021), [])
  assert.deepEqual(astray(-1_001, -1_500, 1_001), [0, 1])
  assert.deepEqual(astray(1_000, 1_000), [])
  assert.deepEqual(astray(1_000_000), [])
})

test('numbers stay whole, round outward and saturate', () => {
  assert.deepEqual([ceilOf(7, 2), ceilOf(8, 2), ceilOf(0, 3)], [4, 4, 0])
  assert.equal(ceilOf(9_007_199_000_000_001, 1_000_000_000), 9_007_200)
  assert.deepEqual([agedNs(100, 10 ** 9), agedNs(1, 1), agedNs(2 * 10 ** 9, 2 ** 37)], [100, 1, FAR_NS])
  assert.deepEqual([nearNs(-5n), nearNs(1n << 62n), nearNs(-(1n << 62n))], [-5, FAR_NS, -FAR_NS])
  assert.deepEqual([lowerMedianOf([3, 1, 2, 9]), lowerMedianOf([])], [2, undefined])
})
