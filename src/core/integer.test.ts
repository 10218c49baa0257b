import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { abs, compare, divCeil, divFloor, driftNs, max, min } from './integer.ts'

const dividend = fc.bigInt({ min: -(1n << 80n), max: 1n << 80n })
const divisor = fc.bigInt({ min: 1n, max: 1n << 64n })

describe('integer', () => {
  it('divides downwards and upwards whatever the sign', () => {
    assert.deepEqual([divFloor(7n, 2n), divFloor(-7n, 2n), divFloor(-8n, 2n)], [3n, -4n, -4n])
    assert.deepEqual([divCeil(7n, 2n), divCeil(-7n, 2n), divCeil(8n, 2n)], [4n, -3n, 4n])
  })

  it('encloses the quotient as closely as integers can', () => {
    fc.assert(
      fc.property(dividend, divisor, (a, b) => {
        const [floor, ceil] = [divFloor(a, b), divCeil(a, b)]
        assert.ok(floor * b <= a && a < (floor + 1n) * b)
        assert.ok((ceil - 1n) * b < a && a <= ceil * b)
      }),
    )
  })

  it('dies of a divisor that is not positive', () => {
    for (const b of [0n, -1n]) {
      assert.throws(() => divFloor(1n, b), { name: 'InvariantError' })
      assert.throws(() => divCeil(1n, b), { name: 'InvariantError' })
    }
  })

  it('orders bigints beyond the range of numbers', () => {
    const big = 1n << 70n
    assert.deepEqual([big + 1n, -big, 3n, big].sort(compare), [-big, 3n, big, big + 1n])
    assert.equal(compare(big, big), 0)
    assert.equal(max(big, big + 1n), big + 1n)
    assert.equal(min(-big, big), -big)
    assert.equal(abs(-big), big)
  })

  it('rounds drift up, in both directions of time', () => {
    assert.equal(driftNs(1n, 1n), 1n)
    assert.equal(driftNs(1_000_000_000n, 200n), 200n)
    assert.equal(driftNs(-1_000_000_001n, 200n), 201n)
    assert.equal(driftNs(0n, 50_000n), 0n)
  })
})
