import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../../test/support/proposals.ts'
import { epochMarkTai } from '../../consensus/replica/epoch-schedule.ts'
import { monoNs, NS_PER_MILLISECOND, plus } from '../../core/time.ts'
import { quietInMs } from './quiet-moment.ts'

const MEMBERSHIP = sampleMembership(4)
const PERIOD_MS = Number(MEMBERSHIP.epochPeriodNs / NS_PER_MILLISECOND)

test('what may wait is done in the middle of an epoch', () => {
  const clock = { monoNs: monoNs(0n), taiNs: epochMarkTai(MEMBERSHIP, 7), ratePpb: 0n }
  const at = (thousandths: number): number =>
    quietInMs(MEMBERSHIP, clock, plus(monoNs(0n), (MEMBERSHIP.epochPeriodNs * BigInt(thousandths)) / 1_000n))
  for (const [thousandths, wait] of [
    [0, 0.4],
    [399, 0.001],
    [400, 0],
    [600, 0],
    [601, 0.799],
    [999, 0.401],
  ] as const) {
    assert.ok(Math.abs(at(thousandths) - wait * PERIOD_MS) < 1e-6, `${thousandths}: ${at(thousandths)} ms`)
  }
  assert.equal(quietInMs(MEMBERSHIP, undefined, monoNs(0n)), 0)
})
