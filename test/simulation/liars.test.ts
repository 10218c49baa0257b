import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quorumOf } from '../../src/consensus/membership.ts'
import type { EvidenceKind } from '../../src/consensus/replica/types.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import type { ReplicaCluster } from '../support/replica-cluster.ts'
import { findProblems } from './invariants.ts'
import { createLiarCluster } from './liar-cluster.ts'
import { anyLie, LIES, type Lie } from './liars.ts'

const EPOCHS = 10

/** What each lie proves of its liar to everybody; the others break rules without signing a contradiction. */
const PROOFS: Readonly<Record<string, EvidenceKind>> = {
  manyProposals: 'conflicting-proposal',
  twoBlocks: 'conflicting-block',
  wrongOutcome: 'wrong-outcome',
  doubleNotarize: 'conflicting-notarize',
  doubleFinalize: 'conflicting-finalize',
  nullifyAndFinalize: 'nullify-and-finalize',
}

interface Run {
  readonly cluster: ReplicaCluster
  readonly liars: readonly number[]
  readonly honest: readonly number[]
}

/** f liars among n, on a calm network. */
async function runWith(lie: Lie, n: number, seed: number): Promise<Run> {
  const { f } = quorumOf(n)
  const ids = Array.from({ length: n }, (_, id) => id)
  const liars = ids.filter((id) => id % 2 === 1).slice(0, f)
  const cluster = createLiarCluster({ n, seed, delayNsMax: 5_000_000n }, new Map(liars.map((id) => [id, lie])))
  await cluster.run(BigInt(EPOCHS) * NS_PER_SECOND - 100_000_000n)
  return { cluster, liars, honest: ids.filter((id) => !liars.includes(id)) }
}

describe('f liars', () => {
  for (const [name, lie] of Object.entries({ ...LIES, anyLie })) {
    it(`fork nobody, frame nobody and cost at most an epoch: ${name}`, async () => {
      for (const [n, seed] of [
        [4, 1],
        [5, 2],
        [7, 3],
      ] as const) {
        const { cluster, liars, honest } = await runWith(lie, n, seed)
        assert.deepEqual(await findProblems(cluster, honest), [], `n = ${n}`)
        for (const id of honest) {
          const epochs = new Set(cluster.nodes[id]?.commits.map(({ block }) => block.epoch))
          assert.ok(epochs.size >= EPOCHS - 2, `n = ${n}: node ${id} has epochs ${[...epochs].join()}`)
        }
        const proof = PROOFS[name]
        if (proof === undefined) continue
        for (const id of honest) {
          const evidence = cluster.nodes[id]?.evidence ?? []
          assert.deepEqual([...new Set(evidence.map(({ kind }) => kind))], [proof], `n = ${n}, node ${id}`)
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
    const { cluster, honest } = await runWith(LIES['doubleNotarize'] ?? anyLie, 4, 5)
    for (const id of honest) {
      const { evidence } = cluster.nodes[id] ?? { evidence: [] }
      assert.ok(evidence.length > 0)
      assert.equal(new Set(evidence.map(({ number }) => number)).size, evidence.length)
    }
  })
})
