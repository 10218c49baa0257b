import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { leaderOf, membershipHash, quorumOf } from '../../../src/consensus/membership.ts'
import { REPUTATION_MAX_PPM } from '../../../src/consensus/reputation.ts'
import { NS_PER_SECOND } from '../../../src/core/time.ts'
import type { ReplicaCluster } from '../../support/replica-cluster.ts'
import { findProblems } from '../invariants.ts'
import { createLiarCluster } from '../liar-cluster.ts'
import { ADVERSARIES } from './adversaries.ts'
import { findMisses } from './containment.ts'
import type { Adversary } from './liar.ts'

const EPOCHS = 6

/** Files of this folder that are no adversary. */
const BESIDE = ['adversaries', 'containment', 'liar', 'mutations', 'recompose', 'vote-collector']

interface Run {
  readonly cluster: ReplicaCluster
  readonly liars: readonly number[]
  readonly honest: readonly number[]
}

/** Whoever convicts itself has to lead for that, and the hash of the membership says when: then everybody leads, and two more. */
function epochsFor({ proves }: Adversary, n: number): number {
  return proves === undefined ? EPOCHS : Math.max(EPOCHS, n + 3)
}

/** f liars among n, on a calm network. */
async function runWith(adversary: Adversary, n: number, seed: number): Promise<Run> {
  const { f } = quorumOf(n)
  const ids = Array.from({ length: n }, (_, id) => id)
  const liars = ids.filter((id) => id % 2 === 1).slice(0, f)
  const cast = new Map(liars.map((id) => [id, adversary]))
  const cluster = createLiarCluster({ n, seed, delayNsMax: 5_000_000n }, cast)
  await cluster.run(BigInt(epochsFor(adversary, n)) * NS_PER_SECOND - 100_000_000n)
  return { cluster, liars, honest: ids.filter((id) => !liars.includes(id)) }
}

/** Their reputation is 0 in the state that all agree on, and from there on no block that they lead is decided. */
function assertConvicted(
  { nodes, membership }: ReplicaCluster,
  honest: readonly number[],
  liars: readonly number[],
): void {
  const quorum = quorumOf(membership.members.length)
  for (const id of honest) {
    const blocks = (nodes[id]?.commits ?? []).map(({ block }) => block).sort((a, b) => a.height - b.height)
    for (const liar of liars) {
      const convicted = blocks.findIndex(({ state }) => state.reputationPpm[liar] === 0)
      assert.ok(convicted >= 0, `node ${id} never sees ${liar} convicted`)
      const led = blocks
        .slice(convicted + 1)
        .filter(({ view }) => leaderOf(view, quorum, membershipHash(membership)) === liar)
      assert.deepEqual(led, [], `node ${id}: blocks that ${liar} leads after its conviction`)
      assert.ok(blocks.slice(convicted).every(({ state }) => state.reputationPpm[liar] === 0))
    }
    const innocent = blocks.flatMap(({ state }) => honest.filter((other) => state.reputationPpm[other] === 0))
    assert.deepEqual(innocent, [], `node ${id}`)
  }
}

describe('f adversaries', () => {
  for (const [name, adversary] of Object.entries(ADVERSARIES)) {
    it(`fork nobody, frame nobody and cost at most an epoch: ${name}`, async () => {
      for (const [n, seed] of [
        [4, 1],
        [5, 2],
        [7, 3],
      ] as const) {
        const { cluster, liars, honest } = await runWith(adversary, n, seed)
        assert.deepEqual(await findProblems(cluster, honest), [], `n = ${n}`)
        assert.deepEqual(findMisses(cluster, honest), [], `n = ${n}`)
        for (const id of honest) {
          const epochs = new Set(cluster.nodes[id]?.commits.map(({ block }) => block.epoch))
          assert.ok(epochs.size >= EPOCHS - 2, `n = ${n}: node ${id} has epochs ${[...epochs].join()}`)
        }
        if (adversary.proves === undefined) continue
        assertConvicted(cluster, honest, liars)
        for (const id of honest) {
          const evidence = cluster.nodes[id]?.evidence ?? []
          assert.deepEqual([...new Set(evidence.map(({ kind }) => kind))], [adversary.proves], `n = ${n}, node ${id}`)
          assert.deepEqual(
            [...new Set(evidence.map(({ member }) => member))].sort((a, b) => a - b),
            liars,
            `n = ${n}, node ${id}`,
          )
        }
      }
    })
  }

  it('are proven to lie once for each lie, however often they repeat it', async () => {
    const adversary = ADVERSARIES['double-notarizer']
    assert.ok(adversary)
    const { cluster, honest } = await runWith(adversary, 4, 5)
    for (const id of honest) {
      const { evidence } = cluster.nodes[id] ?? { evidence: [] }
      assert.ok(evidence.length > 0)
      assert.equal(new Set(evidence.map(({ number }) => number)).size, evidence.length)
    }
  })

  it('that leave others out cost those nothing that lasts: absent-maker', async () => {
    const adversary = ADVERSARIES['absent-maker']
    assert.ok(adversary)
    const { cluster, honest } = await runWith(adversary, 7, 4)
    const blocks = cluster.nodes[0]?.commits.map(({ block }) => block) ?? []
    assert.ok(blocks.some(({ list }) => list.length === quorumOf(7).q))
    for (const { state, height } of blocks) {
      const lowered = honest.filter((id) => state.reputationPpm[id] !== REPUTATION_MAX_PPM)
      assert.deepEqual(lowered, [], `at height ${height}`)
    }
  })

  it('have one file each, which stands in the list and in the documentation', () => {
    const page = readFileSync('docs/adversaries.md', 'utf8')
    assert.deepEqual(
      Object.keys(ADVERSARIES).filter((name) => !page.includes(`\`${name}\``)),
      [],
    )
    const files = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.slice(0, -'.ts'.length))
      .filter((name) => !BESIDE.includes(name))
    assert.deepEqual(Object.keys(ADVERSARIES).sort(), files.sort())
  })
})
