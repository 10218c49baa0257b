import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import {
  createReplicaCluster,
  type ReplicaCluster,
  testVerify,
  verifyTestSignature,
} from '../../support/replica-cluster.ts'
import { findBadCertificates } from './certificates.ts'

let cluster: ReplicaCluster

before(async () => {
  cluster = createReplicaCluster({ n: 4, seed: 2 })
  await cluster.run(3_500_000_000n)
})

async function messages(change: (commit: Commit) => Commit): Promise<readonly string[]> {
  const nodes = cluster.nodes.map(({ id, commits }) => ({ id, commits: commits.map(change) }))
  const { membership } = cluster
  const check = { membership, verify: testVerify, verifySignature: verifyTestSignature, independentEvery: 1 }
  const problems = await findBadCertificates(nodes, check)
  assert.ok(problems.every(({ violation }) => violation === 'invalidCertificates'))
  return problems.map(({ message }) => message)
}

test('certificates of a calm run verify, by the product and independently', async () => {
  assert.ok((cluster.nodes[0]?.commits.length ?? 0) >= 2)
  assert.deepEqual(await messages((commit) => commit), [])
})

for (const [what, change] of Object.entries<(commit: Commit) => Commit>({
  'one signature short': ({ votes, ...commit }) => ({ ...commit, votes: votes?.slice(0, 2) }),
  'a signature that is another one': ({ votes, ...commit }) => ({
    ...commit,
    votes: votes?.map((vote) => ({ ...vote, signature: vote.signature.map((byte) => byte ^ 1) })),
  }),
  'a block that is not the one that was signed': ({ block, ...commit }) => ({
    ...commit,
    block: { ...block, view: block.view + 1 },
  }),
})) {
  test(`${what} is seen by the product and independently`, async () => {
    const found = await messages(change)
    assert.ok(found.some((message) => message.includes('independently')))
    assert.ok(found.some((message) => !message.includes('independently')))
  })
}

test('a hash that is not that of the certified block is seen independently', async () => {
  const found = await messages((commit) => ({ ...commit, blockHash: new Uint8Array(48).fill(commit.block.height) }))
  assert.ok(found.length > 0 && found.every((message) => message.includes('independently')))
})
