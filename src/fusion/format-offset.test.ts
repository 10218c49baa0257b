import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatDistance, formatOffset } from './format-offset.ts'

describe('an offset for people', () => {
  const examples: readonly (readonly [bigint, string])[] = [
    [0n, '0 ns'],
    [1n, '+1 ns'],
    [-99n, '−99 ns'],
    [-200n, '−0.2 µs'],
    [300n, '+0.3 µs'],
    [-41_000n, '−41 µs'],
    [41_234n, '+41.2 µs'],
    [99_999n, '+100 µs'],
    [999_999n, '+1 ms'],
    [-20_000_000n, '−20 ms'],
    [619_315_200_000_000_000n, '+619000000 s'],
  ]
  for (const [ns, text] of examples) {
    it(`writes ${ns} ns as ${text}`, () => assert.equal(formatOffset(ns), text))
  }

  it('writes a distance without a sign', () => {
    assert.equal(formatDistance(0n), '0 ns')
    assert.equal(formatDistance(41_000n), '41 µs')
  })

  it('is never off by more than half of its third digit, never a thousand of a unit, and opposite for opposites', () => {
    const sizes: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, µs: 1e3, ns: 1 }
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1n << 62n }), (ns) => {
        const text = formatOffset(ns)
        const [number, unit] = text.slice(1).split(' ')
        const shown = Number(number) * (sizes[unit ?? ''] ?? Number.NaN)
        assert.ok(Math.abs(shown - Number(ns)) <= Number(ns) / 199, text)
        assert.ok(unit === 's' || Number(number) < 1_000, text)
        assert.equal(formatOffset(-ns), text.replace('+', '−'))
      }),
    )
  })
})
