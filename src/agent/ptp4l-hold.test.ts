import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { createQualityHold } from './ptp4l-hold.ts'
import type { AnnouncedQuality } from './ptp4l-settings.ts'

const GOOD: AnnouncedQuality = { grade: 'locked', clockAccuracy: 0x23 }
const COARSE: AnnouncedQuality = { grade: 'locked', clockAccuracy: 0x25 }
const HELD: AnnouncedQuality = { grade: 'holdover', clockAccuracy: 0x23 }

function second(number: bigint) {
  return monoNs(number * NS_PER_SECOND)
}

test('worse is announced at once, and better after ten seconds of it', () => {
  const hold = createQualityHold()
  assert.deepEqual(hold.settle(GOOD, second(0n)), GOOD)
  assert.deepEqual(hold.settle(HELD, second(1n)), HELD)
  assert.deepEqual(hold.settle(GOOD, second(2n)), HELD)
  assert.deepEqual(hold.settle(GOOD, second(10n)), HELD)
  assert.deepEqual(hold.settle(GOOD, second(11n)), GOOD)
})

test('the worst of each counts, so that nothing flaps between two numbers', () => {
  const hold = createQualityHold()
  hold.settle(HELD, second(0n))
  assert.deepEqual(hold.settle(COARSE, second(1n)), { grade: 'holdover', clockAccuracy: 0x25 })
  for (let at = 2n; at < 30n; at++) {
    const settled = hold.settle(at % 2n === 0n ? GOOD : COARSE, second(at))
    assert.equal(settled.clockAccuracy, 0x25)
  }
})

test('a crowd of looks keeps what is worst of them while it is young', () => {
  const hold = createQualityHold()
  for (let at = 0n; at < 1_000n; at++) hold.settle(GOOD, monoNs(at))
  assert.deepEqual(hold.settle(HELD, monoNs(1_000n)), HELD)
})
