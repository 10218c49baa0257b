import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleBoot, sampleEntry, sampleReading } from '../../test/support/proposals.ts'
import { frameIntervals, type Observer } from './frame-intervals.ts'
import type { ClockReading, RangingEntry } from './proposal.ts'

/** Member 0 looks at member 1, about which it has one ranging entry (or none). */
function seen(own: ClockReading, peer: ClockReading | undefined, ...ranging: RangingEntry[]) {
  const observer: Observer = { member: 0, reading: own, ranging }
  return frameIntervals(observer, [own, peer])
}

const OWN = sampleReading(0, 1_000n, { tai: 5_600n, bound: 9n }, { rangingRatePpb: 1_000n })
const PEER = sampleReading(1, 5_000n, { tai: 5_500n, bound: 7n }, { rangingRatePpb: 2_000n })

test('its own interval is a ± ε, with no ranging in its uncertainty', () => {
  // a = 5600 − 1000.
  assert.deepEqual(seen(OWN, undefined).present, [{ member: 0, lo: 4_591n, hi: 4_609n, uncertaintyNs: 9n }])
})

test('a peer says φ + a ± (u + ε + w), w from both oscillators over the age and the peer alone between the marks', () => {
  // Age 1 s at 1000 + 2000 ppb: 3000 ns. δ = |1000 + 4100 − 5000| + 20 + 3000 = 3120 ns, at 2000 ppb 0.00624 ns.
  // w = ⌈3000.00624⌉ = 3001. Centre 4100 + 500, half-width 20 + 7 + 3001.
  const { present } = seen(OWN, PEER, sampleEntry(1, 4_100n, 20n, { ageNs: 1_000_000_000n }))
  assert.deepEqual(present[1], { member: 1, lo: 4_600n - 3_028n, hi: 4_600n + 3_028n, uncertaintyNs: 27n })
})

test('time between the marks ages the peer alone, whichever mark came first', () => {
  // The peer's mark is 1 s before (R = 4,000,000,000 on its clock) or after its reading at the observer's mark.
  for (const peerRanging of [4_000_000_000n, 6_000_000_000n]) {
    const own = sampleReading(0, 2_000_000_000n, undefined, { rangingRatePpb: 50_000n })
    const peer = sampleReading(1, peerRanging, { tai: peerRanging, bound: 0n }, { rangingRatePpb: 200n })
    // φ = 3 s, u = 0: δ = 1 s, w = 200 ns, a = 0.
    const { present } = seen(own, peer, sampleEntry(1, 3_000_000_000n, 0n))
    assert.deepEqual(present, [{ member: 1, lo: 2_999_999_800n, hi: 3_000_000_200n, uncertaintyNs: 0n }])
  }
})

test('the uncertainty of the ranging is itself part of the time between the marks', () => {
  // R_0 + φ = R_1, but u = 10^9 ns: the marks may be 1 s apart, in which 5 ppb make 5 ns.
  const peer = sampleReading(1, 0n, { tai: 0n, bound: 0n }, { rangingRatePpb: 5n })
  const { present } = seen(sampleReading(0, 0n), peer, sampleEntry(1, 0n, 1_000_000_000n))
  assert.deepEqual(present[0], { member: 1, lo: -1_000_000_005n, hi: 1_000_000_005n, uncertaintyNs: 1_000_000_000n })
})

test('what is missing is named with its reason', () => {
  const entry = sampleEntry(1, 4_100n, 20n)
  const cases: readonly [string, ClockReading | undefined, readonly RangingEntry[]][] = [
    ['not heard of', undefined, [entry]],
    ['no node clock', { ...PEER, nodeClock: undefined }, [entry]],
    ['no ranging entry', PEER, []],
    ['no ranging entry', PEER, [{ ...entry, peer: 2 }]],
    ['ranged in another boot or segment', { ...PEER, segment: 1 }, [entry]],
    ['ranged in another boot or segment', { ...PEER, bootId: sampleBoot(77) }, [entry]],
    ['ranged in another boot or segment', PEER, [{ ...entry, segment: 3 }]],
  ]
  for (const [reason, peer, ranging] of cases) {
    const { present, missing } = seen(OWN, peer, ...ranging)
    assert.deepEqual([present.length, missing], [1, [{ member: 1, reason }]])
  }
  assert.deepEqual(seen({ ...OWN, nodeClock: undefined }, PEER, entry).missing, [
    { member: 0, reason: 'no node clock' },
  ])
})

test('an interval counts up to ±2^62 ns and is missing beyond', () => {
  const limit = 2n ** 62n
  const at = (tai: bigint, bound: bigint): ClockReading => sampleReading(0, 0n, { tai, bound })
  assert.deepEqual(seen(at(0n, limit), undefined).present.length, 1)
  assert.deepEqual(seen(at(1n, limit), undefined).missing[0], { member: 0, reason: 'beyond ±2^62 ns' })
  assert.deepEqual(seen(at(-1n, limit), undefined).missing[0], { member: 0, reason: 'beyond ±2^62 ns' })
  const peer = sampleReading(1, 0n, { tai: 0n, bound: 0n })
  assert.deepEqual(seen(OWN, peer, sampleEntry(1, limit, 0n)).present.length, 2)
  assert.deepEqual(seen(OWN, peer, sampleEntry(1, limit, 1n)).missing[0], { member: 1, reason: 'beyond ±2^62 ns' })
})
