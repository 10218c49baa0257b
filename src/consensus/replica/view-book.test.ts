import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decidedChain } from '../../../test/support/decided-chain.ts'
import { testMembership } from '../../../test/support/replica-cluster.ts'
import { unwrap } from '../../../test/support/results.ts'
import { createVoices, digestOf } from '../../../test/support/signed-messages.ts'
import { toHex } from '../../core/bytes.ts'
import { decodeEnvelope, type SignedMessage } from '../messages.ts'
import type { VoteType } from '../quorum-certificate.ts'
import { addVote, createViewBook, offerBlock } from './view-book.ts'

const voices = createVoices(testMembership(4))
const q = 3

function voteOf(sender: number, type: VoteType, hash = digestOf(1), view = 7): SignedMessage<VoteType> {
  return type === 'nullify' ? voices.say(sender, type, { view }) : voices.say(sender, type, { view, hash })
}

describe('votes in a view', () => {
  for (const type of ['notarize', 'nullify', 'finalize'] as const) {
    it(`become a certificate with the q-th ${type}, sorted by sender`, () => {
      const record = createViewBook().at(7)
      assert.equal(addVote(record, voteOf(3, type), q).certificate, undefined)
      assert.equal(addVote(record, voteOf(0, type), q).certificate, undefined)
      const { certificate } = addVote(record, voteOf(2, type), q)
      assert.deepEqual(
        certificate,
        voices.certificate(type, 7, type === 'nullify' ? undefined : digestOf(1), [0, 2, 3]),
      )
    })
  }

  it('make one certificate only, once it is kept', () => {
    const record = createViewBook().at(7)
    for (const sender of [0, 1, 2]) {
      const { certificate } = addVote(record, voteOf(sender, 'notarize'), q)
      if (certificate !== undefined) record.notarization = certificate
    }
    assert.ok(record.notarization)
    assert.equal(addVote(record, voteOf(3, 'notarize'), q).certificate, undefined)
  })

  it('count once per member, and only for what the member said first', () => {
    const record = createViewBook().at(7)
    addVote(record, voteOf(0, 'notarize'), q)
    assert.equal(addVote(record, voteOf(0, 'notarize'), q).repeated, true)
    addVote(record, voteOf(1, 'notarize'), q)
    const other = addVote(record, voteOf(2, 'notarize', digestOf(2)), q)
    assert.equal(other.certificate, undefined)
    assert.equal(addVote(record, voteOf(2, 'notarize'), q).certificate, undefined, 'the second word of a liar')
  })

  it('of different types do not add up', () => {
    const record = createViewBook().at(7)
    addVote(record, voteOf(0, 'notarize'), q)
    addVote(record, voteOf(1, 'finalize'), q)
    assert.equal(addVote(record, voteOf(2, 'nullify'), q).certificate, undefined)
  })

  for (const [type, kind] of [
    ['notarize', 'conflicting-notarize'],
    ['finalize', 'conflicting-finalize'],
  ] as const) {
    it(`convict who says ${type} of two blocks, once`, () => {
      const record = createViewBook().at(7)
      const [first, second, third] = [1, 2, 3].map((value) => voteOf(2, type, digestOf(value)))
      assert.ok(first && second && third)
      assert.deepEqual(addVote(record, first, q).evidence, [])
      const { evidence, repeated } = addVote(record, second, q)
      assert.equal(repeated, true)
      assert.deepEqual(
        evidence.map(({ kind: found, member, number, envelopes }) => [
          found,
          member,
          number,
          ...envelopes.map(contentOf),
        ]),
        [[kind, 2, 7, ...[first, second].map(({ content }) => toHex(content))]],
      )
      assert.deepEqual(addVote(record, third, q).evidence, [])
      assert.deepEqual(addVote(record, second, q).evidence, [])
    })
  }

  it('convict who says nullify and finalize, in either order, once', () => {
    for (const order of [
      ['nullify', 'finalize'],
      ['finalize', 'nullify'],
    ] as const) {
      const record = createViewBook().at(7)
      const [first, second] = order.map((type) => addVote(record, voteOf(1, type), q).evidence)
      assert.deepEqual(first, [])
      assert.deepEqual(
        second?.map(({ kind, member, number }) => ({ kind, member, number })),
        [{ kind: 'nullify-and-finalize', member: 1, number: 7 }],
      )
      assert.deepEqual(addVote(record, voteOf(1, order[0]), q).evidence, [])
    }
  })

  it('convict nobody who says notarize and nullify, or the same in another boot', () => {
    const record = createViewBook().at(7)
    addVote(record, voteOf(1, 'notarize'), q)
    assert.deepEqual(addVote(record, voteOf(1, 'nullify'), q).evidence, [])
    const later = voices.say(1, 'notarize', { view: 7, hash: digestOf(1) }, 2)
    assert.deepEqual(addVote(record, later, q), { repeated: true, evidence: [] })
  })
})

describe('the blocks of a view', () => {
  const [first, second, third] = decidedChain(voices, testMembership(4), 3)
  assert.ok(first && second && third)
  const offers = [first, second, third].map(({ block, hash }) => {
    return { block, hash, message: voices.say(1, 'block', block) }
  })
  const [a, b, c] = offers
  assert.ok(a && b && c)

  it('are the first of the leader and the second, which convicts it; no third is kept', () => {
    const record = createViewBook().at(1)
    assert.deepEqual(offerBlock(record, a), [])
    assert.deepEqual(offerBlock(record, a), [], 'the same again')
    assert.equal(record.leaderFailed, false)
    const [evidence] = offerBlock(record, b)
    assert.equal(evidence?.kind, 'conflicting-block')
    assert.equal(evidence?.member, 1)
    assert.deepEqual(
      evidence?.envelopes.map(contentOf),
      [a, b].map(({ message }) => toHex(message.content)),
    )
    assert.equal(record.leaderFailed, true)
    assert.deepEqual(offerBlock(record, c), [])
    assert.deepEqual(record.offered, [a, b])
  })
})

describe('the view book', () => {
  it('keeps what is not final yet and at most 16 views ahead', () => {
    const book = createViewBook()
    book.dropBefore(5)
    assert.equal(book.keeps(4, 10), false)
    assert.equal(book.keeps(5, 10), true)
    assert.equal(book.keeps(26, 10), true)
    assert.equal(book.keeps(27, 10), false)
    assert.equal(book.keeps(Number.MAX_SAFE_INTEGER, 10), false)
  })

  it('forgets the views before the final one, and never takes that back', () => {
    const book = createViewBook()
    for (const view of [9, 3, 5, 7]) book.at(view)
    book.dropBefore(5)
    assert.equal(book.size, 3)
    assert.equal(book.find(3), undefined)
    book.dropBefore(2)
    assert.equal(book.keeps(4, 10), false)
    assert.deepEqual(
      book.since(6).map(({ view }) => view),
      [7, 9],
    )
  })

  it('has one record for a view', () => {
    const book = createViewBook()
    assert.equal(book.at(3), book.at(3))
    assert.equal(book.find(3), book.at(3))
  })
})

function contentOf(envelope: Uint8Array): string {
  return toHex(unwrap(decodeEnvelope(envelope)).content)
}
