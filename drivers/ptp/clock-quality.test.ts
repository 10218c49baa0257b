import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accuracyCode, claimedAccuracyNs, meaningOfClass, meaningOfTimeSource } from './clock-quality.ts'

test('the accuracies of the standard are rounded up to whole nanoseconds', () => {
  const codes = [0x16, 0x17, 0x1d, 0x1e, 0x21, 0x23, 0x29, 0x2f, 0x30, 0x31, 0x32, 0xfe]
  assert.deepEqual(codes.map(claimedAccuracyNs), [
    'unknown',
    1n,
    1n,
    3n,
    100n,
    1_000n,
    1_000_000n,
    1_000_000_000n,
    10_000_000_000n,
    'unlimited',
    'unknown',
    'unknown',
  ])
})

test('an accuracy is claimed by the smallest number that keeps it', () => {
  assert.equal(accuracyCode(0n), 0x1d)
  assert.equal(accuracyCode(100n), 0x21)
  assert.equal(accuracyCode(101n), 0x22)
  assert.equal(accuracyCode(10_000_000_001n), 0x31)
  for (let code = 0x1d; code <= 0x30; code++) {
    const claimed = claimedAccuracyNs(code)
    assert.ok(typeof claimed === 'bigint')
    // 2.5 ns are kept by 2 and not by 3.
    const kept = code === 0x1e ? claimed - 1n : claimed
    assert.equal(accuracyCode(kept), code)
    assert.equal(accuracyCode(kept + 1n), code + 1)
  }
})

test('only a clock with a reference is locked, and what is not known is not believed', () => {
  const locked = Array.from({ length: 256 }, (_, code) => code).filter(
    (code) => meaningOfClass(code).quality === 'locked',
  )
  assert.deepEqual(locked, [6, 13])
  assert.deepEqual(
    [7, 14, 135, 140, 165].map((code) => meaningOfClass(code).quality),
    Array(5).fill('holdover'),
  )
  assert.deepEqual(
    [0, 52, 187, 248, 255].map((code) => meaningOfClass(code).quality),
    Array(5).fill('unlocked'),
  )
})

test('what a clock follows says what it depends on', () => {
  assert.equal(meaningOfTimeSource(0x20).dependsOn, 'sky')
  assert.equal(meaningOfTimeSource(0xa0).dependsOn, 'own')
  assert.equal(meaningOfTimeSource(0x00).dependsOn, 'unknown')
})
