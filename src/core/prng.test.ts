import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrng } from './prng.ts'

function draw<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next)
}

describe('prng', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const [first, again, other] = [createPrng(7), createPrng(7), createPrng(8)]
    const numbers = draw(50, first.nextUint32)
    assert.deepEqual(draw(50, again.nextUint32), numbers)
    assert.notDeepEqual(draw(50, other.nextUint32), numbers)
  })

  it('stays within its ranges and reaches all of a small one', () => {
    const prng = createPrng(0)
    for (const value of draw(1_000, prng.nextUint32)) {
      assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 32)
    }
    for (const value of draw(1_000, prng.nextUnit)) assert.ok(value >= 0 && value < 1)
    assert.deepEqual(new Set(draw(200, () => prng.nextBelow(5))), new Set([0, 1, 2, 3, 4]))
    assert.deepEqual(new Set(draw(20, () => prng.nextBelow(1))), new Set([0]))
  })

  it('spreads evenly', () => {
    const prng = createPrng(11)
    const counts = Array.from({ length: 16 }, () => 0)
    for (const value of draw(16_000, () => prng.nextBelow(16))) counts[value] = (counts[value] ?? 0) + 1
    // Chi-squared with 15 degrees of freedom exceeds 45 once in ten thousand; the seed is fixed.
    const chiSquared = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
    assert.ok(chiSquared < 45, `${chiSquared}`)
  })

  it('deviates normally: mean 0, deviation 1, a twentieth beyond 1.96', () => {
    const prng = createPrng(3)
    const values = draw(20_000, prng.nextNormal)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    const beyond = values.filter((value) => Math.abs(value) > 1.96).length / values.length
    assert.ok(Math.abs(mean) < 0.03, `${mean}`)
    assert.ok(Math.abs(variance - 1) < 0.05, `${variance}`)
    assert.ok(Math.abs(beyond - 0.05) < 0.01, `${beyond}`)
  })
})
