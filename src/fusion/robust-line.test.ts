import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitLine, median, valueAt } from './robust-line.ts'

function points(count: number, ns: (index: number) => number): { readonly atS: number; readonly ns: number }[] {
  return Array.from({ length: count }, (_, index) => ({ atS: index - count + 1, ns: ns(index) }))
}

describe('robust line', () => {
  it('goes through points of a line', () => {
    const line = fitLine(
      points(5, (index) => 7 + 3 * (index - 4)),
      50,
    )
    assert.deepEqual(line, { slopePpb: 3, levelNs: 7 })
    assert.equal(valueAt(line, 2), 13)
  })

  it('is not moved by a fifth of wrong points, few points or many', () => {
    for (const count of [5, 20, 60, 128]) {
      const wrong = points(count, (index) => (index % 5 === 2 ? 1e6 : 3 * index))
      const line = fitLine(wrong, 50)
      assert.ok(Math.abs(line.slopePpb - 3) < 1e-9, `${count}: ${line.slopePpb}`)
      assert.ok(Math.abs(line.levelNs - 3 * (count - 1)) < 1e-6, `${count}: ${line.levelNs}`)
    }
  })

  it('clamps the slope, and has none through one point or points of one instant', () => {
    assert.equal(
      fitLine(
        points(4, (index) => 1_000 * index),
        50,
      ).slopePpb,
      50,
    )
    assert.equal(
      fitLine(
        points(4, (index) => -1_000 * index),
        50,
      ).slopePpb,
      -50,
    )
    assert.deepEqual(fitLine([{ atS: 0, ns: 4 }], 50), { slopePpb: 0, levelNs: 4 })
    assert.deepEqual(
      fitLine(
        [
          { atS: 0, ns: 4 },
          { atS: 0, ns: 8 },
        ],
        50,
      ),
      { slopePpb: 0, levelNs: 6 },
    )
  })

  it('takes the middle, or the mean of the two middle values', () => {
    assert.equal(median([10, 9, 1]), 9)
    assert.equal(median([10, 9, 1, 2]), 5.5)
    assert.equal(median([]), 0)
  })
})
