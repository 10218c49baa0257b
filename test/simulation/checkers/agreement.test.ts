import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../../src/consensus/block.ts'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import { findForks } from './agreement.ts'

function commit(height: number, hash: number, parent: number): Commit {
  const bytes = (fill: number): Uint8Array => new Uint8Array(48).fill(fill)
  return { block: { height, parent: bytes(parent) } as Block, blockHash: bytes(hash), votes: undefined }
}

test('two nodes with one chain are no fork, whoever is ahead', () => {
  const chain = [commit(1, 1, 0), commit(2, 2, 1), commit(3, 3, 2)]
  const nodes = [
    { id: 0, commits: chain },
    { id: 1, commits: chain.slice(1) },
  ]
  assert.deepEqual(findForks(nodes), [])
})

test('two blocks for one height are a fork, among nodes and at one node', () => {
  const nodes = [
    { id: 0, commits: [commit(1, 1, 0)] },
    { id: 3, commits: [commit(1, 2, 0)] },
  ]
  assert.deepEqual(
    findForks(nodes).map(({ message }) => message),
    ['fork at height 1, seen by node 3'],
  )
  assert.equal(findForks([{ id: 0, commits: [commit(1, 1, 0), commit(1, 2, 0)] }]).length, 1)
})

test('a block that stands on another than the decided one is a fork', () => {
  const [problem] = findForks([{ id: 0, commits: [commit(1, 1, 0), commit(2, 2, 9)] }])
  assert.deepEqual(problem, { violation: 'forks', message: 'height 2 does not stand on height 1' })
})
