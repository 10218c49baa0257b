import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../core/time.ts'
import type { QuorumCertificate } from '../quorum-certificate.ts'
import { createReplica, type Replica } from '../replica.ts'
import type { Effects, Outgoing } from './types.ts'
import { viewsPerAnswer } from './views-per-answer.ts'

const PER_ANSWER = 75
const membership = testMembership(4)
const voices = createVoices(membership)
const nullified = new Map<number, QuorumCertificate>()

function nullification(view: number): QuorumCertificate {
  const known = nullified.get(view) ?? voices.certificate('nullify', view, undefined, [1, 2, 3])
  nullified.set(view, known)
  return known
}

function member(): Replica {
  const sign: Parameters<typeof createReplica>[0]['sign'] = (type, content) => testSign(0, type, content)
  return createReplica(
    { membership, self: 0, bootCount: 1, attestationDigest: undefined, sign, journal: [] },
    monoNs(0n),
  )
}

const ms = (count: number): MonoNs => monoNs(BigInt(count) * NS_PER_MILLISECOND)
const take = (replica: Replica, view: number, atMs: number): Effects =>
  replica.step({ type: 'quorum', from: 1, certificate: nullification(view) }, ms(atMs))

function questions({ send }: Pick<Effects, 'send'>): readonly { to: Outgoing['to']; views: readonly number[] }[] {
  return send.flatMap(({ to, message }) => (message.kind === 'want-quorums' ? [{ to, views: message.value }] : []))
}

const from = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => first + i)

describe('a member that returns after many nullified views', () => {
  it('enters the view of the others at once, and fetches the rest in a bounded number of questions', () => {
    for (const behind of [100, 1_000, 3_000]) {
      const replica = member()
      let pending = questions(take(replica, behind, 0))
      assert.equal(replica.status().view, behind + 1)
      let rounds = 0
      while (pending.length > 0) {
        rounds += 1
        const [question, ...more] = pending
        assert.deepEqual(more, [])
        assert.deepEqual(
          [question?.to, question?.views.length],
          [1, Math.min(PER_ANSWER, behind - (rounds - 1) * PER_ANSWER - 1)],
        )
        pending = []
        for (const view of question?.views ?? []) pending = questions(take(replica, view, rounds))
      }
      // What is left is few enough to be asked of everybody by whoever has a block to judge.
      assert.ok(rounds <= Math.ceil((behind - 1) / PER_ANSWER), `${rounds} questions`)
    }
  })

  it('turns to the next peer when one does not answer in time, or not in full', () => {
    const replica = member()
    assert.deepEqual(questions(take(replica, 500, 0)), [{ to: 1, views: from(1, PER_ANSWER) }])
    assert.deepEqual(questions(replica.step({ type: 'wake' }, ms(499))), [])
    assert.deepEqual(questions(replica.step({ type: 'wake' }, ms(500))), [{ to: 2, views: from(1, PER_ANSWER) }])
    for (const view of from(1, 70)) assert.deepEqual(questions(take(replica, view, 600)), [])
    assert.deepEqual(questions(replica.step({ type: 'wake' }, ms(1_000))), [{ to: 3, views: from(71, PER_ANSWER) }])
    const last = from(71, PER_ANSWER)
      .map((view) => questions(take(replica, view, 1_001)))
      .at(-1)
    assert.deepEqual(last, [{ to: 3, views: from(146, PER_ANSWER) }], 'and stays with one that does')
  })

  it('asks nothing when a final block makes the skipped views worthless', () => {
    const replica = member()
    take(replica, 500, 0)
    const hash = new Uint8Array(48).fill(3)
    const certificate = voices.certificate('notarize', 501, hash, [1, 2, 3])
    replica.step({ type: 'quorum', from: 2, certificate }, ms(1))
    assert.deepEqual(questions(replica.step({ type: 'wake' }, ms(2_000))), [])
  })
})

it('one answer gives as many certificates as weigh a mebibyte, and never fewer than a normal view change needs', () => {
  assert.deepEqual([3, 7, 67].map(viewsPerAnswer), [PER_ANSWER, 32, 4])
  const replica = member()
  for (const view of from(1, 120)) take(replica, view, view)
  const { send } = replica.step({ type: 'want-quorums', from: 2, views: from(1, 100) }, ms(500))
  const answers = send.filter(({ to, message }) => to === 2 && message.kind === 'quorum')
  assert.equal(answers.length, viewsPerAnswer(3))
})
