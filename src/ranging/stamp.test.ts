import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stamp } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, monoNs, rangingNs } from '../core/time.ts'
import { coarsestKind, type RangingClock, stampOn } from './stamp.ts'

const clock: RangingClock = {
  bootId: new Uint8Array(16),
  segment: 0,
  boundPpb: 0n,
  at: (mono) => rangingNs(mono + mono / 10_000n),
}
const stamp = (at: bigint, errorNs: bigint): Stamp => ({ at: monoNs(at), errorNs, kind: 'kernel' })

test('the error of a stamp is carried over at the rate of the clock, on the side where it is larger', () => {
  assert.deepEqual(stampOn(clock, stamp(1_000_000n, 20_000n)), {
    ok: true,
    value: { rangingNs: 1_000_100n, errorNs: 20_002n, kind: 'kernel' },
  })
  const later = stampOn(clock, stamp(9_999n, 1n))
  const earlier = stampOn(clock, stamp(10_000n, 1n))
  assert.deepEqual(later.ok && [later.value.rangingNs, later.value.errorNs], [9_999n, 2n])
  assert.deepEqual(earlier.ok && [earlier.value.rangingNs, earlier.value.errorNs], [10_001n, 2n])
})

test('a stamp that may be off by more than a second, or lies beyond all instants, is a fault', () => {
  const codes = [
    stamp(0n, 1_000_000_000n),
    stamp(0n, -1n),
    stamp(INSTANT_LIMIT_NS, 0n),
    stamp(-INSTANT_LIMIT_NS, 0n),
  ].map((wrong) => stampOn(clock, wrong))
  assert.ok(codes.every((result) => !result.ok && result.fault.code === 'ranging.stamp'))
  assert.ok(stampOn(clock, stamp(0n, 999_000_000n)).ok)
})

test('several stamps are worth what the coarsest of them is', () => {
  assert.equal(coarsestKind([{ kind: 'hardware' }, { kind: 'kernel' }]), 'kernel')
  assert.equal(coarsestKind([{ kind: 'hardware' }, { kind: 'user' }]), 'user')
  assert.equal(coarsestKind([{ kind: 'hardware' }]), 'hardware')
})
