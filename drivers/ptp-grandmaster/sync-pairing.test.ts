import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createDelayExchanges } from './delay-exchange.ts'
import { createSyncPairing } from './sync-pairing.ts'

const AT = monoNs(50n * NS_PER_SECOND)
const TAI = 1_768_478_437n * NS_PER_SECOND
const STAMP = { at: AT, errorNs: 30n, kind: 'kernel' } as const
/** 1 000.75 ns, of which three quarters are not counted: a lower limit stays one. */
const CORRECTION = (1_000n << 16n) + 49_152n

test('the corrections of Sync and Follow_Up are added to when it was sent, and its own origin does not count', () => {
  const pairing = createSyncPairing()
  const sync = { sequenceId: 7, originNs: 5n, correctionScaledNs: CORRECTION, twoStep: true }
  assert.deepEqual(pairing.sync(sync, STAMP), { faults: [] })
  const followUp = { sequenceId: 7, originNs: TAI, correctionScaledNs: 2n * CORRECTION }
  const { oneWay, faults } = pairing.followUp(followUp, AT)
  assert.deepEqual(faults, [])
  assert.deepEqual(oneWay, { at: AT, limitNs: TAI + 3_002n - AT, errorNs: 30n })
})

test('a Follow_Up that overtakes its Sync is the same, and so is one in one step', () => {
  const pairing = createSyncPairing()
  pairing.followUp({ sequenceId: 0xffff, originNs: TAI, correctionScaledNs: 0n }, AT)
  const two = pairing.sync({ sequenceId: 0xffff, originNs: 0n, correctionScaledNs: CORRECTION, twoStep: true }, STAMP)
  const one = pairing.sync({ sequenceId: 0, originNs: TAI, correctionScaledNs: CORRECTION, twoStep: false }, STAMP)
  assert.equal(two.oneWay?.limitNs, TAI + 1_000n - AT)
  assert.deepEqual(one, two)
})

test('duplicates are counted, what lacks its other half is given up, and told', () => {
  const pairing = createSyncPairing()
  const sync = { sequenceId: 1, originNs: TAI, correctionScaledNs: 0n, twoStep: false }
  pairing.sync(sync, STAMP)
  assert.deepEqual(pairing.sync(sync, STAMP), { faults: [] })
  assert.equal(pairing.duplicates(), 1)
  pairing.sync({ ...sync, sequenceId: 2, twoStep: true }, STAMP)
  pairing.followUp({ ...sync, sequenceId: 3 }, AT)
  assert.deepEqual(pairing.expire(plus(AT, NS_PER_SECOND)), [])
  assert.deepEqual(
    pairing.expire(plus(AT, 2n * NS_PER_SECOND)).map(({ message }) => message),
    ['Follow_Up 3: expected a Sync of the same number, got none'],
  )
  assert.equal(pairing.missed(), 1)
})

test('no more than 32 wait', () => {
  const pairing = createSyncPairing()
  const faults = Array.from({ length: 1_000 }, (_, sequenceId) =>
    pairing.followUp({ sequenceId, originNs: TAI, correctionScaledNs: 0n }, AT),
  ).flatMap((paired) => paired.faults)
  assert.equal(faults.length, 1_000 - 32)
})

test('a correction that is none, and a time beyond all calendars, are refused', () => {
  const pairing = createSyncPairing()
  const codeOf = (sequenceId: number, originNs: bigint, correctionScaledNs: bigint): string | undefined =>
    pairing.sync({ sequenceId, originNs, correctionScaledNs, twoStep: false }, STAMP).faults[0]?.code
  assert.equal(codeOf(1, TAI, 2n ** 63n - 1n), 'ptp.correction')
  assert.equal(codeOf(2, TAI, -(2n ** 63n)), 'ptp.correction')
  assert.equal(codeOf(3, 2n ** 47n * NS_PER_SECOND, 0n), 'ptp.timestamp')
  assert.equal(codeOf(4, TAI, -CORRECTION), undefined)
})

test('what switches added to a request is taken off when it came, whichever is known first', () => {
  const answer = (sequenceId: number) => ({ sequenceId, receivedNs: TAI, correctionScaledNs: CORRECTION })
  const exchanges = createDelayExchanges()
  const [first, second] = [exchanges.ask(AT), exchanges.ask(AT)]
  exchanges.sent(first, STAMP)
  exchanges.answered(answer(second))
  const expected = { oneWay: { at: AT, limitNs: TAI - 1_000n - AT, errorNs: 30n }, faults: [] }
  assert.deepEqual(exchanges.answered(answer(first)), expected)
  assert.deepEqual(exchanges.sent(second, STAMP), expected)
  assert.equal(exchanges.answered(answer(first)).faults[0]?.code, 'ptp.delay-response')
})

test('requests without an answer and answers without a stamp are counted until one is whole', () => {
  const exchanges = createDelayExchanges()
  for (let count = 0; count < 3; count++) exchanges.sent(exchanges.ask(AT), STAMP)
  const unstamped = exchanges.ask(AT)
  exchanges.answered({ sequenceId: unstamped, receivedNs: TAI, correctionScaledNs: 0n })
  exchanges.expire(plus(AT, 2n * NS_PER_SECOND))
  assert.deepEqual([exchanges.unanswered(), exchanges.unstamped()], [3, 1])
  const whole = exchanges.ask(AT)
  exchanges.sent(whole, STAMP)
  exchanges.answered({ sequenceId: whole, receivedNs: TAI, correctionScaledNs: 0n })
  assert.deepEqual([exchanges.unanswered(), exchanges.unstamped()], [0, 0])
})
