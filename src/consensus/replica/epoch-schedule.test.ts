import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sampleMembership } from '../../../test/support/proposals.ts'
import { monoNs, NS_PER_SECOND, plus, taiNs } from '../../core/time.ts'
import { epochAt, epochMarkTai, markAt, monoAt, proposalWaitNs, taiAt, targetEpoch } from './epoch-schedule.ts'
import type { EpochClock } from './types.ts'

const GENESIS = taiNs(1_000n * NS_PER_SECOND)
const MS = 1_000_000n

/** One epoch a second; at local instant 0 it is the genesis, on an oscillator without error. */
const membership = sampleMembership(4, { genesisTai: GENESIS })
const clock: EpochClock = { monoNs: monoNs(0n), taiNs: GENESIS, ratePpb: 0n }

const clocks = fc.record({
  monoNs: fc.bigInt(-(10n ** 18n), 10n ** 18n).map(monoNs),
  taiNs: fc.bigInt(0n, 2n * 10n ** 18n).map(taiNs),
  ratePpb: fc.bigInt(-1_000_000n, 1_000_000n),
})
const periods = fc.bigInt(100_000_000n, 60_000_000_000n)

test('an epoch lasts from its mark to the instant before the next one', () => {
  assert.equal(epochAt(membership, clock, monoNs(7n * NS_PER_SECOND)), 7)
  assert.equal(epochAt(membership, clock, monoNs(8n * NS_PER_SECOND - 1n)), 7)
  assert.equal(epochAt(membership, clock, monoNs(8n * NS_PER_SECOND)), 8)
})

test('before the genesis it is epoch 0, however long before', () => {
  assert.equal(epochAt(membership, clock, monoNs(-1n)), 0)
  assert.equal(epochAt(membership, clock, monoNs(-1_000n * NS_PER_SECOND)), 0)
})

test('the clock runs at the rate of its oscillator, both ways from its reading', () => {
  const fast: EpochClock = { ...clock, ratePpb: 1_000_000n }
  assert.equal(taiAt(fast, monoNs(NS_PER_SECOND)), plus(GENESIS, NS_PER_SECOND + MS))
  assert.equal(taiAt(fast, monoNs(-NS_PER_SECOND)), plus(GENESIS, -NS_PER_SECOND - MS))
})

test('a wake at a mark is never early, and at most 2 ns late, whatever the rate', () => {
  fc.assert(
    fc.property(clocks, fc.bigInt(-(10n ** 15n), 10n ** 15n), (any, ahead) => {
      const wanted = plus(any.taiNs, ahead)
      const shown = taiAt(any, monoAt(any, wanted))
      assert.ok(shown >= wanted && shown <= wanted + 2n, `wanted ${wanted}, shown ${shown}`)
      assert.ok(taiAt(any, plus(monoAt(any, wanted), -1n)) < wanted)
    }),
  )
})

test('at the mark of an epoch it is that epoch, and just before it is the one before', () => {
  fc.assert(
    fc.property(clocks, periods, fc.integer({ min: 1, max: 1_000_000 }), (any, epochPeriodNs, epoch) => {
      const some = sampleMembership(1, { genesisTai: GENESIS, epochPeriodNs })
      const mark = markAt(some, any, epoch)
      assert.equal(epochAt(some, any, mark), epoch)
      assert.equal(epochAt(some, any, plus(mark, -1n)), epoch - 1)
      assert.equal(epochMarkTai(some, epoch), GENESIS + BigInt(epoch) * epochPeriodNs)
    }),
  )
})

test('a block takes the present epoch, and past 0.7 of it the next one, whose readings are fresh', () => {
  assert.equal(targetEpoch(membership, clock, 3, monoNs(7n * NS_PER_SECOND)), 7)
  assert.equal(targetEpoch(membership, clock, 3, monoNs(7_700n * MS)), 7)
  assert.equal(targetEpoch(membership, clock, 3, monoNs(7_700n * MS + 1n)), 8)
})

test('a leader waits for what was sent 50 ms after the mark for 50 ms more, and never to 0.7 of an epoch', () => {
  assert.equal(proposalWaitNs(membership), 100n * MS)
  fc.assert(
    fc.property(periods, (epochPeriodNs) => {
      assert.ok(proposalWaitNs(sampleMembership(1, { epochPeriodNs })) * 10n < epochPeriodNs * 7n)
    }),
  )
})

test('a block never takes the epoch of its parent again, nor one before it', () => {
  assert.equal(targetEpoch(membership, clock, 7, monoNs(7n * NS_PER_SECOND)), 8)
  assert.equal(targetEpoch(membership, clock, 12, monoNs(7n * NS_PER_SECOND)), 13)
  fc.assert(
    fc.property(clocks, fc.nat(10 ** 9), fc.bigInt(0n, 10n ** 18n), (any, parent, now) => {
      assert.ok(targetEpoch(membership, any, parent, monoNs(now)) > parent)
    }),
  )
})
