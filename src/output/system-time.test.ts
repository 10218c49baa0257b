import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { interval } from '../core/interval.ts'
import type { LeapTable } from '../core/leap.ts'
import { monoNs, NS_PER_SECOND, realtimeNs, taiNs } from '../core/time.ts'
import { movedNs, systemTimeOf, withinLimits } from './system-time.ts'

const DAY = 86_400n
/** A second is inserted at the end of day 100 and one left out at the end of day 200. */
const TABLE: LeapTable = {
  entries: [
    { sinceUtcSecond: 0n, taiMinusUtcSeconds: 10 },
    { sinceUtcSecond: 100n * DAY, taiMinusUtcSeconds: 11 },
    { sinceUtcSecond: 200n * DAY, taiMinusUtcSeconds: 10 },
  ],
  expiresAtUtcSecond: 300n * DAY,
  origin: 'test',
}

/** The system's clock shows UTC plus `aheadNs` while TAI is known within ± `boundNs`. */
function timeAt(taiSeconds: bigint, aheadNs = 0n, boundNs = 500n, bracketNs = 80n) {
  const tai = taiSeconds * NS_PER_SECOND
  return systemTimeOf(
    {
      coarseNs: 1n,
      pair: { monoNs: monoNs(5n), shownNs: realtimeNs(tai - 10n * NS_PER_SECOND + aheadNs), bracketNs },
    },
    { taiNs: taiNs(tai), interval: interval(tai - boundNs, tai + boundNs), origin: 'certified' },
    TABLE,
  )
}

test('the offset is UTC less the system clock; its own error is the offset and the bound together', () => {
  const time = unwrap(timeAt(DAY, 2_000n))
  assert.deepEqual([time.offsetNs, time.uncertaintyNs, time.errorNs], [-2_000n, 540n, 2_540n])
  assert.equal(time.leap, 'none')
})

test('wherever the truth is in the interval, the error bound covers it', () => {
  const ns = fc.bigInt(-2_000_000_000n, 2_000_000_000n)
  fc.assert(
    fc.property(ns, ns, ns, ns, fc.bigInt(0n, 10_000n), (shown, a, b, served, bracketNs) => {
      const [lo, hi] = a < b ? [a, b] : [b, a]
      const base = DAY * NS_PER_SECOND
      const time = unwrap(
        systemTimeOf(
          {
            coarseNs: 1n,
            pair: { monoNs: monoNs(5n), shownNs: realtimeNs(base - 10n * NS_PER_SECOND + shown), bracketNs },
          },
          { taiNs: taiNs(base + served), interval: interval(base + lo, base + hi), origin: 'certified' },
          TABLE,
        ),
      )
      for (const truth of [lo, hi]) {
        assert.ok(shown - truth <= time.errorNs && truth - shown <= time.errorNs)
        const offset = truth - shown
        assert.ok(offset <= time.offsetNs + time.uncertaintyNs && offset >= time.offsetNs - time.uncertaintyNs)
      }
    }),
  )
})

test('a leap second is announced on its day, and nothing is said while one goes on', () => {
  const inserted = 100n * DAY + 10n
  assert.equal(unwrap(timeAt(inserted - DAY - 60n)).leap, 'none')
  assert.equal(unwrap(timeAt(inserted - DAY + 60n)).leap, 'insert')
  assert.equal(unwrap(timeAt(inserted - 10n)).steadyNs, 9n * NS_PER_SECOND)
  for (const second of [-1n, 0n, 1n]) assert.equal(faultOf(timeAt(inserted + second)).code, 'output.leap-second')
  const after = unwrap(timeAt(inserted + 2n))
  assert.deepEqual([after.leap, after.offsetNs], ['none', -NS_PER_SECOND])
  assert.equal(unwrap(timeAt(200n * DAY - 60n)).leap, 'delete')
  assert.equal(faultOf(timeAt(200n * DAY + 10n)).code, 'output.leap-second')
  assert.equal(unwrap(timeAt(200n * DAY + 12n)).offsetNs, 0n)
})

test('without a time, or a leap table that reaches to now, nothing is told', () => {
  assert.equal(faultOf(timeAt(300n * DAY + 20n)).code, 'output.leap-table')
  const pair = { monoNs: monoNs(5n), shownNs: realtimeNs(9n), bracketNs: 1n }
  assert.equal(faultOf(systemTimeOf({ coarseNs: 1n, pair }, undefined, TABLE)).code, 'output.no-time')
})

test('programs that are told no bound are told nothing worse than they asked for', () => {
  const limits = { boundNsMax: 600, fallback: false }
  const time = unwrap(timeAt(DAY))
  assert.ok(withinLimits(time, limits).ok)
  assert.equal(faultOf(withinLimits(time, { ...limits, boundNsMax: 500 })).code, 'output.bound')
  const own = { ...time, origin: 'own-hardware' as const }
  assert.equal(faultOf(withinLimits(own, limits)).code, 'output.uncertified')
  assert.ok(withinLimits(own, { ...limits, fallback: true }).ok)
})

test('only a movement beyond both uncertainties is one', () => {
  const before = unwrap(timeAt(DAY, 0n))
  assert.equal(movedNs(before, unwrap(timeAt(DAY, 1_080n))), 0n)
  assert.equal(movedNs(before, unwrap(timeAt(DAY, -1_090n))), 10n)
})
