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

const answerTo = (sequence: bigint, received: bigint) =>
  ({ type: 'response', sequence, received: stampAt(received), previous: undefined }) as const

test('the latest exchange of which both own stamps are known is told with the next request, once', () => {
  const requester = createRequester(1, limits)
  const [first, second] = [0n, 10n].map((ns) => requester.open(monoNs(ns)).sequence)
  assert.ok(first !== undefined && second !== undefined)
  requester.sent(first, stampAt(0n))
  requester.sent(second, stampAt(10n))
  requester.answered(answerTo(second, 13n), 200n, stampAt(17n), monoNs(17n))
  requester.answered(answerTo(first, 5n), 200n, stampAt(20n), monoNs(20n))
  const told = { sequence: second, sent: stampAt(10n), received: stampAt(17n) }
  assert.deepEqual(requester.open(monoNs(30n)), { sequence: 3n, previous: told, lost: 0 })
  assert.equal(requester.open(monoNs(40n)).previous, undefined)
})

test('nothing is told of a request whose transmit stamp is not known yet, nor of one of an older segment', () => {
  const requester = createRequester(1, limits)
  const { sequence } = requester.open(monoNs(0n))
  requester.answered(answerTo(sequence, 5n), 200n, stampAt(20n), monoNs(20n))
  assert.equal(requester.open(monoNs(30n)).previous, undefined)
  requester.sent(sequence, stampAt(0n))
  assert.equal(requester.open(monoNs(40n)).previous?.sequence, sequence)
  const late = requester.open(monoNs(50n)).sequence
  requester.sent(late, stampAt(50n))
  requester.answered(answerTo(late, 55n), 200n, stampAt(60n), monoNs(60n))
  requester.abandon()
  assert.equal(requester.open(monoNs(70n)).previous, undefined)
})

test('an answer that nobody awaits is no sample and ends no process', () => {
  const requester = createRequester(1, limits)
  const answer = { type: 'response' as const, sequence: 7n, received: stampAt(12n), previous: undefined }
  assert.deepEqual(requester.answered(answer, 200n, stampAt(30n), monoNs(30n)), { ok: true, value: [] })
})
