import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { digestOf } from '../../../test/support/signed-messages.ts'
import { monoNs } from '../../core/time.ts'
import type { Block } from '../block.ts'
import { type Context, createContext } from './context.ts'
import { castFinalize, castNotarize, castNullify } from './own-votes.ts'
import type { OfferedBlock } from './view-book.ts'

const NOW = monoNs(1n)
const HASH = digestOf(7)

function openContext(): Context {
  return createContext(
    {
      membership: testMembership(4),
      self: 2,
      bootCount: 1,
      attestationDigest: undefined,
      sign: (type, content) => testSign(2, type, content),
      journal: [],
    },
    monoNs(0n),
  )
}

/** A block as far as a vote looks at it. */
function offer(hash: Uint8Array): OfferedBlock {
  const message = { content: new Uint8Array(1), signature: new Uint8Array(4627) } as OfferedBlock['message']
  return { block: {} as Block, hash, message }
}

function said({ outbox }: Context): readonly string[] {
  return outbox.persist.map(({ kind, number }) => `${kind} ${number}`)
}

describe('the own votes of a view', () => {
  it('are journalled before they are sent, the block with the vote for it', () => {
    const context = openContext()
    const record = context.views.at(5)
    assert.ok(castNotarize(context, record, offer(HASH), NOW))
    assert.ok(castFinalize(context, record, HASH, NOW))
    assert.deepEqual(said(context), ['block 5', 'notarize 5', 'finalize 5'])
    assert.equal(context.outbox.send.length, 2)
  })

  it('are no Finalize after a Nullify', () => {
    const context = openContext()
    const record = context.views.at(5)
    assert.ok(castNullify(context, record, NOW))
    assert.equal(castFinalize(context, record, HASH, NOW), undefined)
    assert.deepEqual(said(context), ['nullify 5'])
  })

  it('are no Nullify after a Finalize', () => {
    const context = openContext()
    const record = context.views.at(5)
    assert.ok(castFinalize(context, record, HASH, NOW))
    assert.equal(castNullify(context, record, NOW), undefined)
    assert.deepEqual(said(context), ['finalize 5'])
  })

  it('are one Notarize and one Finalize, whatever comes after', () => {
    const context = openContext()
    const record = context.views.at(5)
    assert.ok(castNotarize(context, record, offer(HASH), NOW))
    assert.equal(castNotarize(context, record, offer(digestOf(8)), NOW), undefined)
    assert.ok(castFinalize(context, record, HASH, NOW))
    assert.equal(castFinalize(context, record, digestOf(8), NOW), undefined)
    assert.deepEqual(said(context), ['block 5', 'notarize 5', 'finalize 5'])
  })

  it('are no Notarize after a Nullify; the other way round is legal', () => {
    const context = openContext()
    assert.ok(castNullify(context, context.views.at(5), NOW))
    assert.equal(castNotarize(context, context.views.at(5), offer(HASH), NOW), undefined)
    assert.ok(castNotarize(context, context.views.at(6), offer(HASH), NOW))
    assert.ok(castNullify(context, context.views.at(6), NOW))
    assert.deepEqual(said(context), ['nullify 5', 'block 6', 'notarize 6', 'nullify 6'])
  })
})
