import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, NS_PER_SECOND, rangingNs } from '../core/time.ts'
import { createLinkClock, type RangingSample } from './link-clock.ts'
import type { RangingClock, SegmentId } from './stamp.ts'

const ownBoot = new Uint8Array(16).fill(1)
const peerBoot = new Uint8Array(16).fill(2)
const clockOf = (segment: number, boundPpb = 0n): RangingClock => {
  return { bootId: ownBoot, segment, boundPpb, at: (mono) => rangingNs(mono + 1_000n) }
}
const peerIn = (segment: number, bootId = peerBoot): SegmentId => ({ bootId, segment })
/** A sample at local instant `mono` seconds, as the clocks above show it. */
const sampleAt = (mono: bigint, uncertaintyNs: bigint, more: Partial<RangingSample> = {}): RangingSample => ({
  at: rangingNs(mono * NS_PER_SECOND + 1_000n),
  phiNs: mono,
  uncertaintyNs,
  roundTripNs: 2n * uncertaintyNs,
  stampKind: 'user',
  own: { bootId: ownBoot, segment: 0 },
  peer: peerIn(0),
  peerRatePpb: 0n,
  ...more,
})
const seconds = (count: bigint) => monoNs(count * NS_PER_SECOND)
const limits = { samplesMax: 8, ageNsMax: 10n * NS_PER_SECOND }

test('between perfect clocks the narrowest sample of the window is kept, however old', () => {
  const link = createLinkClock(limits)
  for (const [mono, uncertaintyNs] of [
    [1n, 500n],
    [2n, 90n],
    [3n, 400n],
  ] as const)
    link.add(sampleAt(mono, uncertaintyNs))
  const entry = link.entry(seconds(9n), clockOf(0))
  assert.deepEqual(entry, { ...peerIn(0), phiNs: 2n, uncertaintyNs: 90n, ageNs: 7_000_000_001n })
})

test('between real clocks a wider but younger sample wins once the older one has aged enough', () => {
  const link = createLinkClock(limits)
  link.add(sampleAt(1n, 90n, { peerRatePpb: 60n }))
  link.add(sampleAt(4n, 400n, { peerRatePpb: 60n }))
  // Three seconds apart: at 100 ppb the older one costs 300 ns more, at 110 ppb 330 ns more, and it is 310 ns narrower.
  assert.equal(link.entry(seconds(5n), clockOf(0, 40n))?.phiNs, 1n)
  assert.equal(link.entry(seconds(5n), clockOf(0, 50n))?.phiNs, 4n)
})

test('the age is the longest true time that the own clock can have taken for what it showed', () => {
  const link = createLinkClock(limits)
  link.add(sampleAt(1n, 90n))
  const ageNs = link.entry(seconds(2n), clockOf(0, 50_000n))?.ageNs
  assert.ok(ageNs !== undefined && ageNs >= 1_000_050_003n && ageNs <= 1_000_050_005n, `got ${ageNs}`)
})

test('a mark before the sample pays for the way back', () => {
  const link = createLinkClock(limits)
  link.add(sampleAt(5n, 90n))
  assert.equal(link.entry(seconds(3n), clockOf(0))?.ageNs, 2_000_000_001n)
})

test('samples beyond the age limit give no entry', () => {
  const link = createLinkClock(limits)
  link.add(sampleAt(1n, 90n))
  assert.notEqual(link.entry(monoNs(11n * NS_PER_SECOND - 1n), clockOf(0)), undefined)
  assert.equal(link.entry(seconds(11n), clockOf(0)), undefined)
})

test('a new segment or boot of either side voids what was measured', () => {
  const filled = () => {
    const link = createLinkClock(limits)
    link.add(sampleAt(1n, 90n))
    return link
  }
  assert.equal(filled().entry(seconds(2n), clockOf(1)), undefined)
  assert.equal(filled().entry(seconds(2n), { ...clockOf(0), bootId: peerBoot }), undefined)
  for (const elsewhere of [peerIn(1), peerIn(0, ownBoot)]) {
    const followed = filled()
    followed.follow(elsewhere)
    assert.equal(followed.entry(seconds(2n), clockOf(0)), undefined)
    const refilled = filled()
    refilled.add(sampleAt(2n, 700n, { peer: elsewhere }))
    assert.equal(refilled.entry(seconds(2n), clockOf(0))?.uncertaintyNs, 700n)
  }
  const same = filled()
  same.follow(peerIn(0))
  assert.notEqual(same.entry(seconds(2n), clockOf(0)), undefined)
})

test('the window is bounded, and tells the smallest and the median round trip', () => {
  const link = createLinkClock(limits)
  assert.equal(link.roundTrips(), undefined)
  for (let i = 1n; i <= 9n; i++) link.add(sampleAt(i, i * 10n))
  assert.deepEqual(link.roundTrips(), { smallestNs: 40n, medianNs: 120n, stampKind: 'user' })
})
