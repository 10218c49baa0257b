import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sampleProposal, sampleReading } from '../../../test/support/proposals.ts'
import { testMembership } from '../../../test/support/replica-cluster.ts'
import { unwrap } from '../../../test/support/results.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { toHex } from '../../core/bytes.ts'
import { contentDigest, decodeEnvelope, type SignedMessage } from '../messages.ts'
import { createProposalPool, type ProposalPool } from './proposal-pool.ts'

const voices = createVoices(testMembership(4))
const unlisted = (): boolean => false
const listed = (): boolean => true

/** What `member` says for an epoch; another thing for every other segment. */
function proposal(member: number, epoch: number, segment = 0): SignedMessage<'proposal'> {
  return voices.say(
    member,
    'proposal',
    sampleProposal(sampleReading(member, 5n, undefined, { segment }), [], { epoch }),
  )
}

function poolAt(epoch: number): ProposalPool {
  const pool = createProposalPool()
  pool.moveTo(epoch)
  return pool
}

describe('the proposal pool', () => {
  it('finds a proposal by epoch, in the order of members, and by digest', () => {
    const pool = poolAt(5)
    const [third, first] = [proposal(3, 5), proposal(1, 5)]
    pool.add(third, unlisted)
    pool.add(first, unlisted)
    pool.add(proposal(2, 6), unlisted)
    assert.deepEqual(
      pool.firstOf(5).map(({ member }) => member),
      [1, 3],
    )
    assert.equal(pool.byDigest(contentDigest(third))?.message, third)
    assert.equal(pool.byDigest(new Uint8Array(48)), undefined)
    assert.deepEqual(pool.firstOf(4), [])
  })

  it('keeps epochs up to four away and drops what falls out of that, both ways', () => {
    const pool = poolAt(10)
    for (let epoch = 1; epoch <= 20; epoch++) pool.add(proposal(0, epoch), unlisted)
    assert.deepEqual(keptEpochs(pool), [6, 7, 8, 9, 10, 11, 12, 13, 14])
    pool.moveTo(12)
    assert.deepEqual(keptEpochs(pool), [8, 9, 10, 11, 12, 13, 14])
    pool.moveTo(6)
    assert.deepEqual(keptEpochs(pool), [8, 9, 10])
    assert.equal(pool.size, 3)
    assert.equal(pool.byDigest(contentDigest(proposal(0, 12))), undefined)
  })

  it('takes proposals again after a clock that had shown a far future', () => {
    const pool = poolAt(10)
    pool.moveTo(1_000_000)
    pool.moveTo(10)
    pool.add(proposal(0, 10), unlisted)
    assert.equal(pool.firstOf(10).length, 1)
  })

  it('keeps a proposal once', () => {
    const pool = poolAt(5)
    assert.equal(pool.add(proposal(0, 5), unlisted), undefined)
    assert.equal(pool.add(proposal(0, 5), unlisted), undefined)
    assert.equal(pool.size, 1)
  })

  it('convicts who makes two for an epoch, with both, and goes on listing the first', () => {
    const pool = poolAt(5)
    const [first, second] = [proposal(2, 5, 1), proposal(2, 5, 2)]
    pool.add(first, unlisted)
    const evidence = pool.add(second, unlisted)
    assert.deepEqual(
      [evidence?.kind, evidence?.member, evidence?.number, evidence?.envelopes.map(contentOf)],
      ['conflicting-proposal', 2, 5, [first, second].map(({ content }) => toHex(content)).sort()],
    )
    assert.deepEqual(
      pool.firstOf(5).map(({ message }) => message),
      [first],
    )
    assert.ok(pool.byDigest(contentDigest(second)))
  })

  it('convicts nobody for proposals of two epochs', () => {
    const pool = poolAt(5)
    pool.add(proposal(2, 5), unlisted)
    assert.equal(pool.add(proposal(2, 6), unlisted), undefined)
  })

  it('keeps a third only when a block lists it, and says nothing more of its maker', () => {
    const pool = poolAt(5)
    for (const segment of [1, 2]) pool.add(proposal(2, 5, segment), unlisted)
    const third = proposal(2, 5, 3)
    assert.equal(pool.add(third, unlisted), undefined)
    assert.equal(pool.byDigest(contentDigest(third)), undefined)
    assert.equal(pool.add(third, listed), undefined)
    assert.ok(pool.byDigest(contentDigest(third)))
    assert.equal(pool.size, 3)
  })
})

function keptEpochs(pool: ProposalPool): readonly number[] {
  return Array.from({ length: 30 }, (_, epoch) => epoch).filter((epoch) => pool.firstOf(epoch).length > 0)
}

function contentOf(envelope: Uint8Array): string {
  return toHex(unwrap(decodeEnvelope(envelope)).content)
}
