import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { monoNs, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { type ClockScale, clockErrorOf, promisedNs } from './ptp4l-clock.ts'

const T = 1_800_000_000n * NS_PER_SECOND
const UTC = T - 37n * NS_PER_SECOND

/** [what, shown at the instant at which T is served, offset, scale]. */
const SHOWN: readonly (readonly [string, bigint, bigint, ClockScale | undefined])[] = [
  ['a clock on TAI that is right', T, 0n, 'tai'],
  ['a clock on TAI that is behind', T - 5_000n, 5_000n, 'tai'],
  ['a clock on UTC that is ahead', UTC + 800n, -800n, 'utc'],
  ['a clock on UTC that has not done a leap second', UTC + NS_PER_SECOND, -NS_PER_SECOND, undefined],
  ['a clock on GPS time', T - 19n * NS_PER_SECOND, -18n * NS_PER_SECOND, undefined],
  ['a clock that was never set', 0n, UTC, undefined],
]

for (const [what, shownNs, offsetNs, scale] of SHOWN) {
  test(`${what} counts ${scale ?? 'nothing that is known'}`, () => {
    const shown = { monoNs: monoNs(1_000n), shownNs, bracketNs: 0n }
    const error = clockErrorOf(shown, { monoNs: monoNs(1_000n), taiNs: taiNs(T), boundNs: 100n }, 37)
    assert.equal(error.scale, scale)
    assert.equal(error.offsetNs, offsetNs)
    assert.equal(error.errorNsMax, 100n + (offsetNs < 0n ? -offsetNs : offsetNs))
  })
}

test('while nobody is sure of UTC, a clock that counts it is not known', () => {
  const shown = { monoNs: monoNs(0n), shownNs: UTC, bracketNs: 0n }
  const served = { monoNs: monoNs(0n), taiNs: taiNs(T), boundNs: 100n }
  assert.equal(clockErrorOf(shown, served, undefined).scale, undefined)
})

test('a clock is never farther from the truth than is said, wherever in its window it was read', () => {
  const ns = (max: bigint) => fc.bigInt(0n, max)
  const signed = (max: bigint) => fc.bigInt(-max, max)
  fc.assert(
    fc.property(
      ns(10_000n),
      ns(1_000_000n),
      signed(100_000n),
      ns(50_000n),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (bracketNs, gapNs, clockOffNs, boundNs, at, off) => {
        // At the middle of the window the truth is T; the clock was read somewhere in it.
        const shiftNs = BigInt(Math.round((at - 0.5) * Number(bracketNs)))
        const shown = { monoNs: monoNs(0n), shownNs: T + clockOffNs + shiftNs, bracketNs }
        const servedOffNs = BigInt(Math.trunc(off * Number(boundNs)))
        const served = { monoNs: monoNs(gapNs), taiNs: taiNs(T + gapNs + servedOffNs), boundNs }
        const { errorNsMax, scale } = clockErrorOf(shown, served, 37)
        assert.equal(scale, 'tai')
        assert.ok(errorNsMax >= (clockOffNs < 0n ? -clockOffNs : clockOffNs), `${errorNsMax} ns for ${clockOffNs} ns`)
      },
    ),
  )
})

test('what is promised covers that the clock goes on as it did', () => {
  const error = (offsetNs: bigint, errorNsMax: bigint) => ({
    monoNs: monoNs(0n),
    scale: 'tai' as const,
    offsetNs,
    errorNsMax,
  })
  assert.equal(promisedNs(error(0n, 100n), error(0n, 100n)), 100n)
  assert.equal(promisedNs(error(-500n, 600n), error(400n, 500n)), 1_400n)
  assert.equal(promisedNs(error(0n, 100n), error(50n, 300n)), 550n)
})
