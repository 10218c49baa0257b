import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Block } from '../../../src/consensus/block.ts'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import { findStalls, type LivenessWanted } from './liveness.ts'

const WANTED: LivenessWanted = {
  firstEpoch: 5,
  lastEpoch: 12,
  recoveryViews: 3,
  recoveryViewsMax: 12,
  gapMax: 2,
}

function node(id: number, epochs: readonly number[], certified = true): { id: number; commits: Commit[] } {
  const votes = certified ? [] : undefined
  return { id, commits: epochs.map((epoch) => ({ block: { epoch } as Block, blockHash: new Uint8Array(48), votes })) }
}

function messages(...args: Parameters<typeof findStalls>): readonly string[] {
  return findStalls(...args).map(({ message }) => message)
}

test('who gets a certificate soon, and goes on to, does not stall', () => {
  assert.deepEqual(findStalls([node(0, [1, 5, 6, 7, 8, 9, 10, 11, 12]), node(1, [7, 10, 11])], WANTED), [])
})

test('no certificate after the calm is a stall; one that is only an ancestor is none', () => {
  const nodes = [node(0, [1, 2, 5, 6, 7, 8, 9, 10, 11]), node(1, [1, 4]), node(2, [5, 6], false)]
  assert.deepEqual(messages(nodes, WANTED), ['no certificate after the calm for nodes 1, 2'])
})

test('too many views to the first certificate are a stall', () => {
  const [message] = messages([node(0, [5, 6, 7, 8, 9, 10, 11, 12])], { ...WANTED, recoveryViews: 13 })
  assert.match(message ?? '', /13 views to the first certificate after the calm, expected at most 12/)
})

test('a hole between two certificates is a stall, and so is one at the end', () => {
  const [hole] = messages([node(4, [5, 9, 10, 11, 12])], WANTED)
  assert.match(hole ?? '', /node 4: 3 epochs without a certificate after epoch 5, expected at most 2/)
  const [end] = messages([node(4, [5, 6, 7, 8])], WANTED)
  assert.match(end ?? '', /node 4: 3 epochs without a certificate after epoch 8/)
})
