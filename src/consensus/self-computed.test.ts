import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEntry, sampleMembership, sampleProposal, sampleReading } from '../../test/support/proposals.ts'
import type { ListedProposal } from './agreement.ts'
import type { Observer } from './frame-intervals.ts'
import { selfComputedRegion } from './self-computed.ts'

const MEMBERSHIP = sampleMembership(4)

/** Members 0 … 2 are listed; T − R is 1,000 ns for each of them and member 3 ranges them exactly. */
const LISTED: readonly ListedProposal[] = [0, 1, 2].map((member) => ({
  member,
  attestationDigest: undefined,
  proposal: sampleProposal(sampleReading(member, 50n, { tai: 1_050n, bound: BigInt(10 * (member + 1)) }), []),
}))
const ROW = [0, 1, 2].map((peer) => sampleEntry(peer, 7n, 3n))
const OWN: Observer = { member: 3, reading: sampleReading(3, 43n), ranging: ROW }

test('a member that is not listed finds its own region from the listed proposals and its row', () => {
  // About T − R_3 each says 7 + 1000 ± (3 + ε): ±13, ±23, ±33. Two of three: ±23.
  assert.deepEqual(selfComputedRegion(LISTED, OWN, MEMBERSHIP), { ok: true, value: { lo: 984n, hi: 1_030n } })
})

test('its own interval counts beside the listed ones', () => {
  // It says 1000 ± 1 itself: of [999, 1001], 1007 ± 13, ± 23 and ± 33 three cover [994, 1020].
  const own = { ...OWN, reading: sampleReading(3, 43n, { tai: 1_043n, bound: 1n }) }
  assert.deepEqual(selfComputedRegion(LISTED, own, MEMBERSHIP), { ok: true, value: { lo: 994n, hi: 1_020n } })
})

test('with fewer than q intervals it says who is missing and why', () => {
  const listed = LISTED.slice(0, 2)
  const result = selfComputedRegion(listed, { ...OWN, ranging: ROW.slice(1) }, MEMBERSHIP)
  assert.ok(!result.ok)
  assert.equal(result.fault.code, 'agreement.intervals')
  assert.equal(
    result.fault.message,
    'expected intervals of at least 3 members, got 1 (member 0: no ranging entry, member 2: not heard of, itself: no node clock)',
  )
})

test('intervals that do not overlap often enough are no region', () => {
  const apart = LISTED.map(({ member, proposal, ...rest }) => ({
    ...rest,
    member,
    proposal: { ...proposal, ...sampleReading(member, 50n, { tai: BigInt(1_000_000 * member), bound: 1n }) },
  }))
  const result = selfComputedRegion(apart, OWN, MEMBERSHIP)
  assert.ok(!result.ok)
  assert.equal(result.fault.code, 'agreement.no-region')
  assert.equal(result.fault.message, 'expected 2 of 3 intervals to overlap, but fewer do')
})
