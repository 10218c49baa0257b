import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DecidedBlock, decidedChain, decideOn } from '../../../test/support/decided-chain.ts'
import { testMembership } from '../../../test/support/replica-cluster.ts'
import { createVoices } from '../../../test/support/signed-messages.ts'
import { chainRoot } from '../block.ts'
import { type Chain, type ChainNode, createChain } from './chain.ts'

const membership = testMembership(4)
const voices = createVoices(membership)
const root = chainRoot(membership)
const decided = decidedChain(voices, membership, 80)

function at(height: number): DecidedBlock {
  const found = decided[height - 1]
  assert.ok(found)
  return found
}

function chainOf(...heights: readonly number[]): Chain {
  const chain = createChain(root)
  for (const height of heights) chain.add(at(height).block, at(height).hash)
  return chain
}

function nodeOf({ block, hash }: DecidedBlock): ChainNode {
  return { ...block, hash, block }
}

function heights(nodes: readonly ChainNode[]): readonly number[] {
  return nodes.map(({ height }) => height)
}

describe('the chain', () => {
  it('starts with the root as its final block', () => {
    const chain = createChain(root)
    assert.equal(chain.finalized.height, 0)
    assert.equal(chain.get(root.hash)?.block, undefined)
    assert.equal(chain.size, 1)
  })

  it('makes a block final with its ancestors, oldest first', () => {
    const chain = chainOf(1, 2, 3)
    assert.deepEqual(heights(chain.finalize(at(3).hash)), [1, 2, 3])
    assert.equal(chain.finalized.height, 3)
  })

  it('goes back as far as blocks are known, and not beyond what is final', () => {
    const chain = chainOf(1, 3, 4, 5)
    assert.deepEqual(heights(chain.finalize(at(1).hash)), [1])
    assert.deepEqual(heights(chain.finalize(at(4).hash)), [3, 4])
    assert.deepEqual(heights(chain.finalize(at(5).hash)), [5])
  })

  it('never goes back: what is not higher, or not known, changes nothing', () => {
    const chain = chainOf(1, 2)
    chain.finalize(at(2).hash)
    for (const height of [1, 2, 9]) assert.deepEqual(chain.finalize(at(height).hash), [])
    assert.equal(chain.finalized.height, 2)
  })

  it('forgets candidates that a final block has overtaken, and keeps those that may still follow', () => {
    const chain = chainOf(1, 2)
    const loser = decideOn(voices, membership, nodeOf(at(1)), 2, 3)
    const winner = decideOn(voices, membership, nodeOf(at(1)), 3, 3)
    const next = decideOn(voices, membership, nodeOf(winner), 4, 4)
    for (const { block, hash } of [loser, winner, next]) chain.add(block, hash)
    chain.finalize(winner.hash)
    assert.equal(chain.get(loser.hash), undefined)
    assert.equal(chain.get(at(2).hash), undefined)
    assert.ok(chain.get(next.hash))
    assert.ok(chain.get(at(1).hash))
  })

  it('keeps 64 final blocks to hand out, however long it runs', () => {
    const chain = createChain(root)
    for (const { block, hash } of decided) {
      chain.add(block, hash)
      chain.finalize(hash)
      assert.ok(chain.size <= 65)
    }
    assert.equal(chain.get(at(16).hash), undefined)
    assert.ok(chain.get(at(17).hash))
    assert.ok(chain.get(at(80).hash))
  })
})
