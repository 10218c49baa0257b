import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEntry, sampleMembership, sampleReading } from '../../test/support/proposals.ts'
import { bootstrapRegion, type PeerClock } from './bootstrap.ts'
import type { Observer } from './frame-intervals.ts'

const MEMBERSHIP = sampleMembership(4)
const QUARTER_NS = 250_000_000n

/** Everybody's clocks read the same; all T − R are 0. */
function peers(bound: bigint): PeerClock[] {
  return [1, 2, 3].map((member) => ({ member, reading: sampleReading(member, 0n, { tai: 0n, bound }) }))
}

function own(bound: bigint): Observer {
  const ranging = [1, 2, 3].map((peer) => sampleEntry(peer, 0n, 0n))
  return { member: 0, reading: sampleReading(0, 0n, { tai: 0n, bound }), ranging }
}

test('a member that has heard a quorum of clocks knows where T stands', () => {
  assert.deepEqual(bootstrapRegion(own(5n), peers(10n), MEMBERSHIP), { ok: true, value: { lo: -10n, hi: 10n } })
  assert.ok(bootstrapRegion(own(5n), peers(10n).slice(1), MEMBERSHIP).ok)
})

test('with fewer than q finite intervals it waits, and says for whom', () => {
  const result = bootstrapRegion({ ...own(5n), reading: sampleReading(0, 0n) }, peers(10n).slice(1), MEMBERSHIP)
  assert.ok(!result.ok)
  assert.equal(result.fault.code, 'agreement.intervals')
  assert.match(result.fault.message, /at least 3 members, got 2 \(itself: no node clock, member 1: not heard of\)/)
})

test('a region of a quarter epoch is too wide to number epochs by, a narrower one is not', () => {
  const wide = bootstrapRegion(own(QUARTER_NS / 2n), peers(QUARTER_NS / 2n), MEMBERSHIP)
  assert.ok(!wide.ok)
  assert.equal(wide.fault.code, 'bootstrap.too-wide')
  assert.ok(bootstrapRegion(own(QUARTER_NS / 2n - 1n), peers(QUARTER_NS / 2n - 1n), MEMBERSHIP).ok)
})

test('one liar neither keeps a member from starting nor leads it astray', () => {
  const liar = { member: 3, reading: sampleReading(3, 0n, { tai: 10n ** 18n, bound: 0n }) }
  const result = bootstrapRegion(own(5n), [...peers(10n).slice(0, 2), liar], MEMBERSHIP)
  assert.deepEqual(result, { ok: true, value: { lo: -5n, hi: 5n } })
})

test('clocks that disagree are no region', () => {
  const apart = [1, 2, 3].map((member) => ({
    member,
    reading: sampleReading(member, 0n, { tai: BigInt(member) * 10n ** 9n, bound: 1n }),
  }))
  const result = bootstrapRegion(own(1n), apart, MEMBERSHIP)
  assert.ok(!result.ok)
  assert.equal(result.fault.code, 'agreement.no-region')
})

test('a reading out of range, or of a stranger, counts as not heard of', () => {
  const negative = { member: 1, reading: sampleReading(1, 0n, { tai: 0n, bound: -1n }) }
  const stranger = { member: 7, reading: sampleReading(7, 0n, { tai: 0n, bound: 1n }) }
  const result = bootstrapRegion(own(5n), [negative, stranger, ...peers(10n).slice(2)], MEMBERSHIP)
  assert.ok(!result.ok)
  assert.match(result.fault.message, /got 2 \(member 1: not heard of, member 2: not heard of\)/)
})

test('the newest reading of a member counts', () => {
  const older = { member: 1, reading: sampleReading(1, 0n, { tai: 0n, bound: 10n }) }
  const newer = { member: 1, reading: sampleReading(1, 0n, { tai: 0n, bound: 7n }) }
  const others = peers(10n).slice(1, 2)
  assert.deepEqual(bootstrapRegion(own(5n), [older, newer, ...others], MEMBERSHIP), {
    ok: true,
    value: { lo: -7n, hi: 7n },
  })
})
