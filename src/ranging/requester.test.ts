import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, rangingNs } from '../core/time.ts'
import { createRequester } from './requester.ts'
import type { RangingStamp } from './stamp.ts'

const limits = { answerNsMax: 2_000_000_000n, outstandingMax: 8 }

function stampAt(ns: bigint): RangingStamp {
  return { rangingNs: rangingNs(ns), errorNs: 0n, kind: 'user' }
}

test('a peer that tells of a departure before its answer and then starts afresh only loses that departure', () => {
  const requester = createRequester(1, limits)
  const first = requester.open(monoNs(0n)).sequence
  const second = requester.open(monoNs(10n)).sequence
  requester.sent(first, stampAt(0n))
  requester.sent(second, stampAt(10n))
  const telling = {
    type: 'response' as const,
    sequence: first,
    received: stampAt(5n),
    previous: { sequence: second, sent: stampAt(7n) },
  }
  requester.answered(telling, 200n, stampAt(20n), monoNs(20n))
  requester.forgetPeerStamps()
  assert.equal(requester.awaits(second), true)
  const answer = { type: 'response' as const, sequence: second, received: stampAt(12n), previous: undefined }
  const taken = requester.answered(answer, 200n, stampAt(30n), monoNs(30n))
  assert.deepEqual(taken, { ok: true, value: [] })
})

test('an answer that nobody awaits is no sample and ends no process', () => {
  const requester = createRequester(1, limits)
  const answer = { type: 'response' as const, sequence: 7n, received: stampAt(12n), previous: undefined }
  assert.deepEqual(requester.answered(answer, 200n, stampAt(30n), monoNs(30n)), { ok: true, value: [] })
})
