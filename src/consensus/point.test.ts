import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { around, type Interval } from '../core/interval.ts'
import type { MemberInterval } from './frame-intervals.ts'
import { choosePoint, type PointRules } from './point.ts'

const EVERYWHERE: Interval = { lo: -(10n ** 9n), hi: 10n ** 9n }

/** Members 0, 1, 2, … at these midpoints, so wide that all meet any region; uncertainty 1 ns, so that all weigh the same. */
function at(...mids: readonly (number | bigint)[]): MemberInterval[] {
  return mids.map((mid, member) => ({ member, ...around(BigInt(mid), 10n ** 9n), uncertaintyNs: 1n }))
}

function rules(changes: Partial<PointRules> = {}): PointRules {
  return { f: 0, targetPrecisionNs: 1_000n, reputationPpm: Array<number>(100).fill(1_000_000), ...changes }
}

test('the f lowest and the f highest are dropped, and the mean of the rest is the point', () => {
  const { point, method, survivors } = choosePoint(at(10, 1_000_000, 20, -900_000), EVERYWHERE, rules({ f: 1 }))
  assert.deepEqual({ point, method, survivors }, { point: 15n, method: 'multi-round', survivors: 2 })
})

test('of equal midpoints the lower member counts as lower', () => {
  // Sorted: 0@0, 0@1, 30@2, 30@3. Dropped: member 0 and member 3; member 1 has no weight, so the point is member 2's.
  const reputationPpm = [1_000_000, 0, 1_000_000, 1_000_000]
  assert.equal(choosePoint(at(0, 0, 30, 30), EVERYWHERE, rules({ f: 1, reputationPpm })).point, 30n)
})

test('weight is reputation times precision, and precision is full up to the target', () => {
  const [near, far] = at(0, 30)
  const pair = (nearNs: bigint, farNs: bigint): MemberInterval[] => [
    { ...near!, uncertaintyNs: nearNs },
    { ...far!, uncertaintyNs: farNs },
  ]
  // 10^6 : 500,000 ppm → (0 × 2 + 30 × 1) / 3.
  assert.equal(choosePoint(pair(1_000n, 2_000n), EVERYWHERE, rules()).point, 10n)
  // Below the target nothing is gained: 1 : 1.
  assert.equal(choosePoint(pair(0n, 1_000n), EVERYWHERE, rules()).point, 15n)
  // A target of 1 ns: no uncertainty counts as 1 ns, and 2 ns are worth half.
  assert.equal(choosePoint(pair(0n, 1n), EVERYWHERE, rules({ targetPrecisionNs: 1n })).point, 15n)
  assert.equal(choosePoint(pair(1n, 2n), EVERYWHERE, rules({ targetPrecisionNs: 1n })).point, 10n)
  // Half the reputation against half the precision: 1 : 1.
  assert.equal(choosePoint(pair(1_000n, 2_000n), EVERYWHERE, rules({ reputationPpm: [500_000, 1_000_000] })).point, 15n)
})

test('without any weight the mean is unweighted', () => {
  const coarse = at(0, 30).map((interval) => ({ ...interval, uncertaintyNs: 10n ** 9n + 1n }))
  assert.equal(choosePoint(coarse, EVERYWHERE, rules()).point, 15n)
  assert.equal(choosePoint(at(0, 30), EVERYWHERE, rules({ reputationPpm: [0, 0] })).point, 15n)
})

test('means round down on both sides of zero', () => {
  assert.equal(choosePoint(at(-1, 0), EVERYWHERE, rules()).point, -1n)
  assert.equal(choosePoint(at(0, 1), EVERYWHERE, rules()).point, 0n)
})

test('a spread beyond the target drops what is farther than 3 MAD + 1 ns from the median, and tries again', () => {
  // Mean 21, spread 79. Median 2, deviations 0 1 1 2 98, MAD 1, limit 4: 100 goes. Mean ⌊6/4⌋ = 1, spread 2.
  const target = rules({ targetPrecisionNs: 5n })
  const { point, method, survivors } = choosePoint(at(0, 1, 2, 3, 100), EVERYWHERE, target)
  assert.deepEqual({ point, method, survivors }, { point: 1n, method: 'multi-round', survivors: 4 })
})

test('a deviation of exactly 3 MAD + 1 ns stays', () => {
  // Median 10 (the lower one), deviations 0 0 1 1 d: MAD 1, limit 4.
  const target = rules({ targetPrecisionNs: 1n })
  assert.equal(choosePoint(at(9, 10, 10, 11, 14), EVERYWHERE, target).survivors, 5)
  assert.equal(choosePoint(at(9, 10, 10, 11, 15), EVERYWHERE, target).survivors, 4)
})

test('the median of an even count is the lower middle value', () => {
  // Median 0, deviations 0 0 40 41, MAD 0, limit 1: both upper ones go. From the upper middle nothing would.
  const { point, survivors } = choosePoint(at(0, 0, 40, 41), EVERYWHERE, rules({ targetPrecisionNs: 3n }))
  assert.deepEqual({ point, survivors }, { point: 0n, survivors: 2 })
})

test('three survivors are enough to tell which one is outlying', () => {
  // Median 1, deviations 0 1 99, MAD 1, limit 4.
  const { point, method, survivors } = choosePoint(at(0, 1, 100), EVERYWHERE, rules({ targetPrecisionNs: 2n }))
  assert.deepEqual({ point, method, survivors }, { point: 0n, method: 'multi-round', survivors: 2 })
})

test('it is best effort when nothing is left to drop, and when fewer than three remain', () => {
  const target = rules({ targetPrecisionNs: 1n })
  // Median 10, MAD 10, limit 31.
  const three = choosePoint(at(0, 10, 20), EVERYWHERE, target)
  assert.deepEqual([three.method, three.point, three.survivors], ['best-effort', 10n, 3])
  const two = choosePoint(at(0, 1_000), EVERYWHERE, target)
  assert.deepEqual([two.method, two.point, two.survivors], ['best-effort', 500n, 2])
})

test('the spread may be the target itself, and not more', () => {
  assert.equal(choosePoint(at(0, 20), EVERYWHERE, rules({ targetPrecisionNs: 10n })).method, 'multi-round')
  assert.equal(choosePoint(at(0, 20), EVERYWHERE, rules({ targetPrecisionNs: 9n })).method, 'best-effort')
})

test('after five rounds it is best effort with what the fifth round had', () => {
  const powersOfThree = (count: number): bigint[] => Array.from({ length: count }, (_, power) => 3n ** BigInt(power))
  const target = rules({ targetPrecisionNs: 5n })
  // 18 powers: the rounds keep 10, 6, 4 and 3 of them; the fifth has 1, 3, 9 with mean 4 and spread 5.
  const fifth = choosePoint(at(...powersOfThree(18)), EVERYWHERE, target)
  assert.deepEqual([fifth.method, fifth.point, fifth.survivors], ['multi-round', 4n, 3])
  // 19 powers: they keep 11, 7, 5 and 4; the fifth has 1, 3, 9, 27 with spread 17, and there is no sixth.
  const late = choosePoint(at(...powersOfThree(19)), EVERYWHERE, target)
  assert.deepEqual([late.method, late.point, late.survivors], ['best-effort', 10n, 4])
})

test('only intervals that meet the region have a say, after the trimming', () => {
  const region: Interval = { lo: 95n, hi: 100n }
  const ends = [
    [0n, 1n],
    [0n, 100n],
    [60n, 61n],
    [90n, 200n],
    [95n, 300n],
  ] as const
  const intervals = ends.map(([lo, hi], member) => ({ member, lo, hi, uncertaintyNs: 1n }))
  // f = 2 leaves [60, 61] alone, which misses the region: the region's midpoint ⌊195/2⌋.
  assert.deepEqual(choosePoint(intervals, region, rules({ f: 2 })), {
    ...region,
    point: 97n,
    method: 'midpoint',
    survivors: 0,
  })
  // f = 1 leaves midpoints 50, 60 and 145, of which 60 misses: mean 97.
  const wide = choosePoint(intervals, region, rules({ f: 1 }))
  assert.deepEqual([wide.point, wide.survivors], [97n, 2])
})

test('the point is clamped to the region', () => {
  const intervals = [
    { member: 0, lo: 0n, hi: 10n, uncertaintyNs: 1n },
    { member: 1, lo: 10n, hi: 30n, uncertaintyNs: 1n },
  ]
  // Midpoints 5 and 20, mean 12; both intervals meet both regions.
  assert.equal(choosePoint(intervals, { lo: 10n, hi: 10n }, rules()).point, 10n)
  assert.equal(choosePoint(intervals, { lo: 10n, hi: 40n }, rules()).point, 12n)
  assert.equal(choosePoint(intervals, { lo: 0n, hi: 11n }, rules()).point, 11n)
})

test('whatever the weights, the point lies in the region', () => {
  const one = fc.record({
    mid: fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
    half: fc.bigInt({ min: 0n, max: 500_000n }),
    uncertaintyNs: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    reputation: fc.nat({ max: 1_000_000 }),
  })
  const region = fc
    .tuple(fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), fc.bigInt({ min: 0n, max: 1_000_000n }))
    .map(([lo, width]) => ({ lo, hi: lo + width }))
  fc.assert(
    fc.property(fc.array(one, { minLength: 3, maxLength: 9 }), region, (all, { lo, hi }) => {
      const intervals = all.map(({ mid, half, uncertaintyNs }, member) => ({
        member,
        ...around(mid, half),
        uncertaintyNs,
      }))
      const reputationPpm = all.map(({ reputation }) => reputation)
      const { point } = choosePoint(intervals, { lo, hi }, rules({ f: 1, reputationPpm }))
      assert.ok(lo <= point && point <= hi)
    }),
  )
})
