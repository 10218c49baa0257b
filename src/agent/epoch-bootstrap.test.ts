import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEntry, sampleMembership, sampleReading } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { Observer } from '../consensus/frame-intervals.ts'
import { rangingNs } from '../core/time.ts'
import { createEpochBootstrap } from './epoch-bootstrap.ts'

const MEMBERSHIP = sampleMembership(4)

/** Member 0 at R = 100, without hardware; it knows the clocks of 1 … 3 to be 50 ahead of its own, within 5. */
const OWN: Observer = {
  member: 0,
  reading: sampleReading(0, 100n),
  ranging: [1, 2, 3].map((peer) => sampleEntry(peer, 50n, 5n)),
}

function clockOf(member: number, tai: bigint) {
  return sampleReading(member, 150n, { tai, bound: 10n })
}

test('the clocks of a quorum, ranged, say what time it is at the own mark', () => {
  const bootstrap = createEpochBootstrap(MEMBERSHIP)
  for (const member of [1, 2, 3]) bootstrap.heard(member, 1, clockOf(member, 5_000n))
  assert.equal(unwrap(bootstrap.solve(OWN)), 5_000n)
})

test('with fewer than a quorum it says who is missing', () => {
  const bootstrap = createEpochBootstrap(MEMBERSHIP)
  bootstrap.heard(1, 1, clockOf(1, 5_000n))
  bootstrap.heard(2, 1, clockOf(2, 5_000n))
  assert.equal(
    faultOf(bootstrap.solve(OWN)).message,
    'expected intervals of at least 3 members, got 2 (itself: no node clock, member 3: not heard of)',
  )
})

test('clocks that agree too coarsely to number epochs are waited for', () => {
  const bootstrap = createEpochBootstrap(MEMBERSHIP)
  for (const member of [1, 2, 3]) {
    bootstrap.heard(member, 1, sampleReading(member, 150n, { tai: 5_000n, bound: 200_000_000n }))
  }
  assert.equal(faultOf(bootstrap.solve(OWN)).code, 'bootstrap.too-wide')
})

test('a Hello that somebody kept and sends again changes nothing', () => {
  const bootstrap = createEpochBootstrap(MEMBERSHIP)
  for (const member of [1, 2, 3]) bootstrap.heard(member, 2, clockOf(member, 5_000n))
  const kept = { ...clockOf(1, 9_000n), rangingNs: rangingNs(140n) }
  bootstrap.heard(1, 2, kept)
  bootstrap.heard(2, 1, { ...clockOf(2, 9_000n), rangingNs: rangingNs(999n) })
  assert.equal(unwrap(bootstrap.solve(OWN)), 5_000n)
  for (const member of [1, 2, 3]) bootstrap.heard(member, 2, { ...clockOf(member, 6_001n), rangingNs: rangingNs(151n) })
  assert.equal(unwrap(bootstrap.solve(OWN)), 6_000n)
})
