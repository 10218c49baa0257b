import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, rangingNs } from '../core/time.ts'
import { createResponder } from './responder.ts'
import type { RangingStamp } from './stamp.ts'

const stamp = (ns: bigint): RangingStamp => ({ rangingNs: rangingNs(ns), errorNs: 0n, kind: 'user' })
const limits = { answersPerSecond: 1, answersBurst: 4 }

test('an answer tells the receive stamp of its request, and once, when the response before it left', () => {
  const responder = createResponder(0, limits)
  const answer = (sequence: bigint) => responder.answer(sequence, stamp(sequence * 10n), monoNs(0n))
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
    const answer = responder.answer(sequence, stamp(0n), monoNs(0n))
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

test('an answer beyond the budget is refused with its reason', () => {
  const responder = createResponder(5, { answersPerSecond: 1, answersBurst: 1 })
  assert.ok(responder.answer(1n, stamp(0n), monoNs(0n)).ok)
  assert.deepEqual(responder.answer(2n, stamp(0n), monoNs(1n)), {
    ok: false,
    fault: { code: 'ranging.rate', message: 'ranging requests from 5: expected at most 1 requests a second, got more' },
  })
})
