import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleReading } from '../../test/support/proposals.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import { decodeWireMessage, encodeWireMessage } from '../consensus/wire-message.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Refusal } from '../transport/link.ts'
import { greet } from './greet.ts'
import { signHello } from './hello.ts'

const { membership, cluster, members, verifier } = createSigningMembers(3)
const OLDER = new Uint8Array(48).fill(1)
const UNKNOWN = new Uint8Array(48).fill(2)
const STEP = Uint8Array.of(1, 2, 3)
const OWN = Uint8Array.of(9)

function helloOf(member: number, membershipHash = cluster.membershipHash): Uint8Array {
  const signer = members[member]?.signer
  assert.ok(signer !== undefined)
  const clock = sampleReading(1, 70n, { tai: 1_000n, bound: 50n })
  const hello = { era: 1, clock, view: 9, finalizedView: 8, answerWanted: true }
  return signHello({ ...cluster, membershipHash }, member, 4, signer, hello)
}

interface Greeted {
  readonly refusal: Refusal | undefined
  readonly heard: readonly number[]
  readonly shown: readonly Uint8Array[]
}

/** What member 1, which knows how the session of `OLDER` ended, makes of a frame. */
function greeted(peer: number, bytes: Uint8Array): Greeted {
  const heard: number[] = []
  const shown: Uint8Array[] = []
  const refusal = greet(peer, bytes, {
    self: 1,
    membership,
    cluster,
    verifier,
    stepAfter: (hash) => (equalBytes(hash, OLDER) ? STEP : undefined),
    ownHello: () => OWN,
    heard: ({ header }) => heard.push(header.sender),
    shown: (frame) => shown.push(frame),
  })
  return { refusal, heard, shown }
}

test('a Hello of the present session is accepted and heard', () => {
  assert.deepEqual(greeted(2, helloOf(2)), { refusal: undefined, heard: [2], shown: [] })
})

test('a Hello of an older session is answered with how that session has ended', () => {
  for (const peer of [0, 2]) {
    const { refusal, heard } = greeted(peer, helloOf(peer, OLDER))
    assert.equal(refusal?.code, 'session.older')
    const said = decodeWireMessage(refusal.answer ?? new Uint8Array())
    assert.deepEqual(said, { ok: true, value: { kind: 'session-step', value: STEP } })
    assert.deepEqual(heard, [])
  }
})

test('a Hello of an unknown membership is answered with the own one by whoever was dialled, and else with nothing', () => {
  assert.deepEqual(greeted(0, helloOf(0, UNKNOWN)).refusal?.answer, OWN)
  const { refusal } = greeted(2, helloOf(2, UNKNOWN))
  assert.deepEqual([refusal?.code, refusal?.answer], ['message.membership', undefined])
})

test('how the present session has ended is handed on to be verified, and no link comes up', () => {
  const frame = encodeWireMessage({ kind: 'session-step', value: STEP })
  const { refusal, shown } = greeted(0, frame)
  assert.deepEqual([refusal?.code, refusal?.answer, shown], ['session.newer', undefined, [frame]])
})

test('anything else is refused without an answer', () => {
  const query = encodeWireMessage({ kind: 'want-block', value: new Uint8Array(48) })
  for (const bytes of [query, Uint8Array.of(0xff), new Uint8Array()]) {
    const { refusal, heard, shown } = greeted(0, bytes)
    assert.ok(refusal !== undefined && refusal.answer === undefined)
    assert.deepEqual([heard, shown], [[], []])
  }
  const stranger = greeted(0, helloOf(2)).refusal
  assert.deepEqual([stranger?.code, stranger?.answer], ['hello.sender', undefined])
})
