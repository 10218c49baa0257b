import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../../src/core/bytes.ts'
import { createReplicaCluster, type ReplicaCluster, testMembership, testVerify } from '../../support/replica-cluster.ts'
import { ADVERSARIES } from '../byzantine/adversaries.ts'
import { createLiarCluster } from '../liar-cluster.ts'
import { findFramed, findUnaccountable } from './accountability.ts'
import { findForks } from './agreement.ts'
import { createVoteWitness, type VoteWitness } from './fork-culprits.ts'

/** Members 2 and 3 of four, f + 1 of them, with one honest one: what they tell it the other never hears. */
async function halfOfAFork(honest: number, seed: number, votes: VoteWitness): Promise<ReplicaCluster> {
  const away = 1 - honest
  const cluster = createReplicaCluster({
    n: 4,
    seed,
    passes: (from, to) => from !== away && to !== away,
    admitted: (id, input) => {
      if (id === honest) votes.admitted(input)
    },
  })
  await cluster.run(6_000_000_000n)
  return cluster
}

test('f + 1 with two faces fork four members, and the votes that the honest ones heard name exactly them', async () => {
  const votes = createVoteWitness()
  const one = await halfOfAFork(0, 1, votes)
  assert.deepEqual([...votes.culprits()], [])
  const other = await halfOfAFork(1, 2, votes)
  const nodes = [one.nodes[0], other.nodes[1]].flatMap((node) => node ?? [])
  const hashes = nodes.map(({ commits }) => commits.map(({ blockHash }) => toHex(blockHash)))
  assert.ok(hashes.every((decided) => decided.length > 0))
  assert.ok(findForks(nodes).length > 0)
  assert.deepEqual(
    [...votes.culprits()].sort((a, b) => a - b),
    [2, 3],
  )
  assert.deepEqual(findUnaccountable(votes.culprits(), new Set([0, 1]), one.membership), [])
})

test('a fork that names fewer than f + 1 is seen, and so is one that names an honest member', () => {
  const membership = testMembership(4)
  const found = findUnaccountable(new Set([1, 3]), new Set([0, 1, 2]), membership)
  assert.deepEqual(
    found.map(({ violation, message }) => `${violation}: ${message}`),
    [
      'framedHonest: the votes of a fork name honest node 1',
      'unaccountableForks: a fork, and 1 members named, expected at least 2',
    ],
  )
})

test('accusations of a liar stand; of an honest member, or on nothing that was signed, they are seen', async () => {
  const liar = ADVERSARIES['double-notarizer']
  assert.ok(liar !== undefined)
  const cluster = createLiarCluster({ n: 4, seed: 1 }, new Map([[3, liar]]))
  await cluster.run(4_000_000_000n)
  const { membership, nodes } = cluster
  const accusers = nodes.slice(0, 3)
  assert.ok(accusers.every(({ evidence }) => evidence.length > 0))
  const honest = new Set([0, 1, 2])
  assert.deepEqual(await findFramed(accusers, honest, membership, testVerify), [])
  const framed = await findFramed(accusers, new Set([0, 1, 2, 3]), membership, testVerify)
  assert.match(framed[0]?.message ?? '', /^node 0 accuses honest node 3: conflicting-notarize \d+$/)
  assert.ok(framed.some(({ message }) => /^height \d+ of node 0 convicts an honest member$/.test(message)))
  const hollow = accusers.map(({ id, commits, evidence }) => ({
    id,
    commits,
    evidence: evidence.map((one) => ({
      ...one,
      envelopes: [...one.envelopes.slice(0, 1), ...one.envelopes.slice(0, 1)],
    })),
  }))
  const found = await findFramed(hollow, honest, membership, testVerify)
  assert.match(
    found[0]?.message ?? '',
    /^no proof of conflicting-notarize \d+ of 3: .* expected a contradiction, got none$/,
  )
})
