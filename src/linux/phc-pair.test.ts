import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, realtimeNs } from '../core/time.ts'
import { pairByCrossStamp, pairBySandwich } from './phc-pair.ts'

const BEFORE = { monoNs: monoNs(1_000n), shownNs: realtimeNs(9_000_000n), bracketNs: 100n }
const AFTER = { monoNs: monoNs(11_000n), shownNs: realtimeNs(9_010_040n), bracketNs: 120n }

test('the narrowest sandwich is taken, and everything unknown is in the bracket', () => {
  const pair = pairBySandwich(
    '/dev/ptp0',
    BEFORE,
    [
      { realtimeBeforeNs: 9_001_000n, phcNs: 5n, realtimeAfterNs: 9_003_000n },
      { realtimeBeforeNs: 9_004_000n, phcNs: 77n, realtimeAfterNs: 9_004_600n },
    ],
    AFTER,
  )
  assert.ok(pair.ok)
  assert.deepEqual(pair.value, { monoNs: 1_000n + 4_300n, shownNs: 77n, bracketNs: 600n + 100n + 80n })
})

test('without a sandwich, or with a system clock that was set meanwhile, there is no pair', () => {
  const none = pairBySandwich('/dev/ptp0', BEFORE, [{ realtimeBeforeNs: 5n, phcNs: 1n, realtimeAfterNs: 4n }], AFTER)
  assert.ok(!none.ok)
  assert.equal(none.fault.code, 'phc.sandwich')
  const sandwich = { realtimeBeforeNs: 9_001_000n, phcNs: 5n, realtimeAfterNs: 9_003_000n }
  const after = { ...AFTER, shownNs: realtimeNs(10_000_000n) }
  const set = pairBySandwich('/dev/ptp0', BEFORE, [sandwich], after)
  assert.ok(!set.ok)
  assert.equal(set.fault.code, 'clock.realtime-stepped')
})

test('clocks latched by the hardware need no system clock', () => {
  assert.deepEqual(pairByCrossStamp({ phcNs: 5n, monoNs: 9n }), { monoNs: 9n, shownNs: 5n, bracketNs: 200n })
})
