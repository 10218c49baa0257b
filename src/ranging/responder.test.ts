import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, rangingNs } from '../core/time.ts'
import { createResponder } from './responder.ts'
import type { RangingStamp } from './stamp.ts'

const stamp = (ns: bigint): RangingStamp => ({ rangingNs: rangingNs(ns), errorNs: 0n, kind: 'user' })
const limits = { answersPerSecond: 1, answersBurst: 4 }

test('an answer tells the receive stamp of its request, and once, when the response before it left', () => {
  const responder = createResponder(0, limits)
  const answer = (sequence: bigint) => responder.answer(sequence, 0n, stamp(sequence * 10n), monoNs(0n))
  assert.deepEqual(answer(1n), { ok: true, value: { received: stamp(10n), previous: undefined } })
  responder.sent(1n, stamp(15n))
  assert.deepEqual(answer(2n), {
    ok: true,
    value: { received: stamp(20n), previous: { sequence: 1n, sent: stamp(15n) } },
  })
  assert.deepEqual(answer(3n), { ok: true, value: { received: stamp(30n), previous: undefined } })
})

test('only the transmit stamp of the latest response is told, and none from before the clock started afresh', () => {
  const responder = createResponder(0, limits)
  const previousAt = (sequence: bigint) => {
    const answer = responder.answer(sequence, 0n, stamp(0n), monoNs(0n))
    return answer.ok ? answer.value.previous?.sequence : assert.fail(answer.fault.message)
  }
  previousAt(1n)
  previousAt(2n)
  responder.sent(2n, stamp(25n))
  responder.sent(1n, stamp(26n))
  assert.equal(previousAt(3n), 2n)
  responder.sent(3n, stamp(35n))
  responder.forget()
  responder.sent(3n, stamp(36n))
  assert.equal(previousAt(4n), undefined)
})

/** Answers to requests of a peer with ρ = 7 ppb: each comes at ten times its number, and its response leaves 5 ns later. */
function answering(sequences: readonly bigint[]) {
  const responder = createResponder(0, { answersPerSecond: 1, answersBurst: 100 })
  for (const sequence of sequences) {
    responder.answer(sequence, 7n, stamp(sequence * 10n), monoNs(0n))
    responder.sent(sequence, stamp(sequence * 10n + 5n))
  }
  return responder
}
const askedAt = (sequence: bigint) => ({ sequence, sent: stamp(1n), received: stamp(2n) })

test('what the peer tells of its exchange completes it, once, with the larger of its rate bounds', () => {
  const responder = answering([1n, 2n])
  const completed = { asker: 'peer', t1: stamp(1n), t2: stamp(10n), t3: stamp(15n), t4: stamp(2n) }
  assert.deepEqual(responder.told(askedAt(1n), 3n), { ...completed, peerRatePpb: 7n })
  assert.equal(responder.told(askedAt(1n), 3n), undefined)
  assert.equal(responder.told(askedAt(2n), 9n)?.peerRatePpb, 9n)
  assert.equal(responder.told(askedAt(3n), 9n), undefined)
})

test('nothing comes of an exchange whose transmit stamp is not known, or that is of another segment of either clock', () => {
  for (const voidIt of ['forget', 'forgetPeerStamps'] as const) {
    const responder = answering([1n, 2n])
    responder.answer(3n, 7n, stamp(30n), monoNs(0n))
    assert.equal(responder.told(askedAt(3n), 7n), undefined)
    responder[voidIt]()
    assert.equal(responder.told(askedAt(2n), 7n), undefined)
  }
})

test('exchanges that the peer never tells of make room for later ones', () => {
  const responder = answering(Array.from({ length: 20 }, (_, i) => BigInt(i + 1)))
  const known = Array.from({ length: 20 }, (_, i) => BigInt(i + 1)).filter((n) => responder.told(askedAt(n), 7n))
  assert.deepEqual(known, [13n, 14n, 15n, 16n, 17n, 18n, 19n, 20n])
})

test('an answer beyond the budget is refused with its reason', () => {
  const responder = createResponder(5, { answersPerSecond: 1, answersBurst: 1 })
  assert.ok(responder.answer(1n, 0n, stamp(0n), monoNs(0n)).ok)
  assert.deepEqual(responder.answer(2n, 0n, stamp(0n), monoNs(1n)), {
    ok: false,
    fault: { code: 'ranging.rate', message: 'ranging requests from 5: expected at most 1 requests a second, got more' },
  })
})
