import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, realtimeNs } from '../core/time.ts'
import { pairByCrossStamp, pairByRawSandwich, pairBySandwich } from './phc-pair.ts'

const BEFORE = { monoNs: monoNs(1_000n), shownNs: realtimeNs(9_000_000n), bracketNs: 100n }
const AFTER = { monoNs: monoNs(11_000n), shownNs: realtimeNs(9_010_040n), bracketNs: 120n }

test('the narrowest sandwich is taken, and everything unknown is in the bracket', () => {
  const pair = pairBySandwich(
    '/dev/ptp0',
    BEFORE,
    [
      { beforeNs: 9_001_000n, phcNs: 5n, afterNs: 9_003_000n },
      { beforeNs: 9_004_000n, phcNs: 77n, afterNs: 9_004_600n },
    ],
    AFTER,
  )
  assert.ok(pair.ok)
  assert.deepEqual(pair.value, { monoNs: 1_000n + 4_300n, shownNs: 77n, bracketNs: 600n + 100n + 80n })
})

test('without a sandwich, or with a system clock that was set meanwhile, there is no pair', () => {
  const none = pairBySandwich('/dev/ptp0', BEFORE, [{ beforeNs: 5n, phcNs: 1n, afterNs: 4n }], AFTER)
  assert.ok(!none.ok)
  assert.equal(none.fault.code, 'phc.sandwich')
  const sandwich = { beforeNs: 9_001_000n, phcNs: 5n, afterNs: 9_003_000n }
  const after = { ...AFTER, shownNs: realtimeNs(10_000_000n) }
  const set = pairBySandwich('/dev/ptp0', BEFORE, [sandwich], after)
  assert.ok(!set.ok)
  assert.equal(set.fault.code, 'clock.realtime-stepped')
})

test('clocks latched by the hardware need no system clock', () => {
  assert.deepEqual(pairByCrossStamp({ phcNs: 5n, monoNs: 9n }), { monoNs: 9n, shownNs: 5n, bracketNs: 200n })
})

test('between readings of the oscillator itself there is no detour, and what is not of that oscillator is refused', () => {
  const sandwiches = [
    { beforeNs: 2_000n, phcNs: 5n, afterNs: 4_000n },
    { beforeNs: 5_000n, phcNs: 77n, afterNs: 5_600n },
  ]
  const pair = pairByRawSandwich('/dev/ptp0', monoNs(1_000n), sandwiches, monoNs(6_000n))
  assert.ok(pair.ok)
  assert.deepEqual(pair.value, { monoNs: 5_300n, shownNs: 77n, bracketNs: 600n })
  const other = pairByRawSandwich('/dev/ptp0', monoNs(1_000n), sandwiches.slice(1), monoNs(5_500n))
  assert.ok(!other.ok)
  assert.equal(other.fault.code, 'phc.sandwich')
})
