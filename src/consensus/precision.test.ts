import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleBoot, sampleEntry, sampleReading } from '../../test/support/proposals.ts'
import type { AgreedFrame } from './agreed-frame.ts'
import { achievedPrecisionNs } from './precision.ts'
import type { RangingEntry } from './proposal.ts'

/** A frame whose chosen point is `point`; undefined: it has no region. */
function frame(member: number, point: bigint | undefined, ranging: readonly RangingEntry[]): AgreedFrame {
  const region =
    point === undefined ? undefined : ({ lo: point, hi: point, point, method: 'multi-round', survivors: 1 } as const)
  return { observer: { member, reading: sampleReading(member, 0n), ranging }, intervals: [], region }
}

function row(...phi: readonly (readonly [number, bigint])[]): RangingEntry[] {
  return phi.map(([peer, phiNs]) => sampleEntry(peer, phiNs, 0n))
}

const READINGS = [0, 1, 2, 3].map((member) => sampleReading(member, 0n))

test('the (f+1)-th largest residual of the (f+1)-th worst frame is reported', () => {
  // Points 100, 200, 300, 400. Residual of r about s: |φ + x_s − x_r|.
  const frames = [
    frame(0, 100n, row([1, -95n], [2, -200n], [3, -310n])), // 5, 0, 10 → 5
    frame(1, 200n, row([0, 100n], [2, -103n], [3, -250n])), // 0, 3, 50 → 3
    frame(2, 300n, row([0, 200n], [1, 107n], [3, -108n])), // 0, 7, 8 → 7
    frame(3, 400n, row([0, 999n], [1, 999n], [2, 999n])), // 699, 799, 899 → 799: a liar's row
  ]
  assert.equal(achievedPrecisionNs(frames, READINGS, 1), 7n)
  // f = 0: the largest of all.
  assert.equal(achievedPrecisionNs(frames, READINGS, 0), 899n)
})

test('entries of another segment or boot, and of members without a region, leave no residual', () => {
  const stale = { ...sampleEntry(1, 5_000n, 0n), segment: 1 }
  const rebooted = { ...sampleEntry(1, 5_000n, 0n), bootId: sampleBoot(9) }
  for (const entry of [stale, rebooted]) {
    const frames = [frame(0, 0n, [entry, sampleEntry(2, 4n, 0n)]), frame(1, 0n, []), frame(2, 0n, [])]
    assert.equal(achievedPrecisionNs(frames, READINGS, 0), 4n)
  }
  const frames = [frame(0, 0n, row([1, 5_000n], [2, 4n])), frame(1, undefined, row([0, 7_000n])), frame(2, 0n, [])]
  assert.equal(achievedPrecisionNs(frames, READINGS, 0), 4n)
})

test('entries about members that are not listed leave no residual', () => {
  const readings = [READINGS[0], undefined, READINGS[2]]
  const frames = [frame(0, 0n, row([1, 5_000n], [2, 4n])), frame(2, 0n, [])]
  assert.equal(achievedPrecisionNs(frames, readings, 0), 4n)
})

test('with fewer than f + 1 residuals a frame has no say, and with fewer than f + 1 such frames nobody has', () => {
  const frames = [
    frame(0, 0n, row([1, 10n], [2, 20n])),
    frame(1, 0n, row([0, 30n], [2, 40n])),
    frame(2, 0n, row([0, 1_000n])),
  ]
  assert.equal(achievedPrecisionNs(frames, READINGS, 1), 10n)
  assert.equal(achievedPrecisionNs(frames.with(1, frame(1, 0n, [])), READINGS, 1), undefined)
  assert.equal(achievedPrecisionNs([frame(0, 0n, [])], READINGS, 0), undefined)
  assert.equal(achievedPrecisionNs([], READINGS, 0), undefined)
})
