import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  around,
  clamp,
  contains,
  coveredSpan,
  errorBound,
  hull,
  type Interval,
  intersect,
  interval,
  meets,
  midpoint,
  shift,
  widen,
} from './interval.ts'

const point = fc.bigInt({ min: -20n, max: 20n })
const anyInterval = fc.tuple(point, point).map(([a, b]) => (a <= b ? interval(a, b) : interval(b, a)))

/** The span by trying every point. With integer ends the extremes of a covered set are integers. */
function spanByTrying(intervals: readonly Interval[], votes: number): Interval | undefined {
  const covered: bigint[] = []
  for (let at = -21n; at <= 21n; at++) {
    if (intervals.filter((i) => contains(i, at)).length >= votes) covered.push(at)
  }
  const lo = covered[0]
  const hi = covered.at(-1)
  return lo === undefined || hi === undefined ? undefined : { lo, hi }
}

describe('interval', () => {
  it('finds the same covered span as trying every point', () => {
    fc.assert(
      fc.property(fc.array(anyInterval, { maxLength: 9 }), fc.integer({ min: 1, max: 10 }), (intervals, votes) => {
        assert.deepEqual(coveredSpan(intervals, votes), spanByTrying(intervals, votes))
      }),
      { numRuns: 1_000 },
    )
  })

  it('keeps the truth when no more than the others are wrong', () => {
    const honest = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 9n })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(honest, fc.array(anyInterval, { maxLength: 4 }), point, (widths, liars, truth) => {
        const right = widths.map(([below, above]) => interval(truth - below, truth + above))
        const span = coveredSpan([...liars, ...right], right.length)
        assert.ok(span !== undefined && contains(span, truth))
      }),
    )
  })

  it('spans covered points that lie apart', () => {
    assert.deepEqual(coveredSpan([interval(0n, 1n), interval(5n, 6n)], 1), interval(0n, 6n))
  })

  it('counts endpoints that touch as overlap', () => {
    assert.deepEqual(coveredSpan([interval(0n, 3n), interval(3n, 7n)], 2), interval(3n, 3n))
    assert.deepEqual(intersect(interval(0n, 3n), interval(3n, 7n)), interval(3n, 3n))
    assert.ok(meets(interval(0n, 3n), interval(3n, 7n)))
    assert.ok(!meets(interval(0n, 3n), interval(4n, 7n)))
    assert.equal(intersect(interval(0n, 3n), interval(4n, 7n)), undefined)
  })

  it('has no covered span without enough intervals', () => {
    assert.equal(coveredSpan([], 1), undefined)
    assert.equal(coveredSpan([interval(0n, 1n)], 2), undefined)
    assert.throws(() => coveredSpan([interval(0n, 1n)], 0), { name: 'InvariantError' })
  })

  it('agrees with itself: hull holds both, intersection is in both', () => {
    fc.assert(
      fc.property(anyInterval, anyInterval, point, (a, b, at) => {
        const both = intersect(a, b)
        assert.equal(both !== undefined, meets(a, b))
        assert.equal(both !== undefined && contains(both, at), contains(a, at) && contains(b, at))
        if (contains(a, at) || contains(b, at)) assert.ok(contains(hull(a, b), at))
      }),
    )
  })

  it('bounds the error of serving any point by the farther end', () => {
    fc.assert(
      fc.property(anyInterval, point, (i, served) => {
        const bound = errorBound(served, i)
        assert.deepEqual(intersect(around(clamp(served, i), errorBound(clamp(served, i), i)), i), i)
        assert.ok(served - i.lo <= bound && i.hi - served <= bound)
        assert.ok(contains(i, clamp(served, i)))
      }),
    )
  })

  it('rounds the midpoint down below zero too', () => {
    assert.equal(midpoint(interval(-3n, 0n)), -2n)
    assert.equal(midpoint(interval(0n, 3n)), 1n)
  })

  it('moves and widens, and dies of what would narrow or turn round', () => {
    assert.deepEqual(shift(interval(1n, 2n), -5n), interval(-4n, -3n))
    assert.deepEqual(widen(interval(1n, 2n), 3n), interval(-2n, 5n))
    assert.throws(() => widen(interval(1n, 2n), -1n), { name: 'InvariantError' })
    assert.throws(() => interval(2n, 1n), { name: 'InvariantError' })
    assert.throws(() => around(0n, -1n), { name: 'InvariantError' })
  })
})
