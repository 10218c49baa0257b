import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sampleMembership } from '../../../test/support/proposals.ts'
import { between, monoNs, plus, taiNs } from '../../core/time.ts'
import { createCalendar } from './calendar.ts'
import { epochAt, epochMarkTai, markAt, taiAt, targetEpoch } from './epoch-schedule.ts'
import type { EpochClock } from './types.ts'

const GENESIS = taiNs(1_000_000_000_000n)

const clocks: fc.Arbitrary<EpochClock> = fc.record({
  monoNs: fc.bigInt(-(10n ** 12n), 10n ** 12n).map(monoNs),
  taiNs: fc.bigInt(990n * 10n ** 9n, 1_100n * 10n ** 9n).map(taiNs),
  ratePpb: fc.bigInt(-1_000_000n, 1_000_000n),
})

test('says of every instant what the schedule says, in whatever order it is asked', () => {
  const instants = fc.array(fc.bigInt(-(2n * 10n ** 10n), 10n ** 11n), { minLength: 1, maxLength: 20 })
  const periods = fc.bigInt(100_000_000n, 10_000_000_000n)
  fc.assert(
    fc.property(clocks, periods, instants, fc.nat(20), (clock, epochPeriodNs, offsets, parentEpoch) => {
      const membership = sampleMembership(1, { genesisTai: GENESIS, epochPeriodNs })
      const calendar = createCalendar(membership, clock)
      for (const offset of offsets) {
        const asked = plus(clock.monoNs, offset)
        const epoch = epochAt(membership, clock, asked)
        // The instants around what changes within an epoch, where an error of 1 ns shows.
        const near = [0n, 5n, 7n, 10n].map((tenths) =>
          plus(markAt(membership, clock, epoch), (epochPeriodNs * tenths) / 10n),
        )
        for (const now of [asked, ...near.flatMap((at) => [-2n, -1n, 0n, 1n, 2n].map((ns) => plus(at, ns)))]) {
          const present = epochAt(membership, clock, now)
          const age = between(epochMarkTai(membership, present), taiAt(clock, now))
          assert.equal(calendar.epochAt(now), present)
          assert.equal(calendar.isPastMiddle(now), age * 2n > epochPeriodNs)
          assert.equal(calendar.targetEpoch(parentEpoch, now), targetEpoch(membership, clock, parentEpoch, now))
          for (const ahead of [0, 1, 2]) {
            assert.equal(calendar.markAt(present + ahead), markAt(membership, clock, present + ahead))
          }
        }
      }
    }),
    { numRuns: 200 },
  )
})
