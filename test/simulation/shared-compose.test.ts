import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../src/core/bytes.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import type { ReplicaCluster } from '../support/replica-cluster.ts'
import type { Memo } from '../support/shared-compose.ts'
import { ADVERSARIES } from './byzantine/adversaries.ts'
import { createLiarCluster } from './liar-cluster.ts'

/** A lossy network, and a liar among seven that is another one for every seed. */
async function runWith(memo: Memo, seed: number): Promise<ReplicaCluster> {
  const lies = Object.values(ADVERSARIES)
  const lie = lies[seed % lies.length]
  assert.ok(lie !== undefined)
  const passes = (from: number, to: number, now: bigint): boolean =>
    (now / 1_000_000n + BigInt(3 * from + to)) % 11n > 0n
  const cluster = createLiarCluster({ n: 7, seed, memo, passes, delayNsMax: 20_000_000n }, new Map([[2, lie]]))
  await cluster.run(6n * NS_PER_SECOND)
  return cluster
}

function historyOf({ nodes, events }: ReplicaCluster): unknown {
  return { events, commits: nodes.map(({ commits }) => commits.map(({ blockHash }) => toHex(blockHash))) }
}

test('what members share of each other’s composing is what each would have composed, and changes nothing', async () => {
  for (let seed = 1; seed <= Object.keys(ADVERSARIES).length; seed++) {
    const alone = historyOf(await runWith('off', seed))
    assert.deepEqual(historyOf(await runWith('on', seed)), alone, `seed ${seed}`)
    // Composes everything again and compares; throws where what was remembered differs.
    assert.deepEqual(historyOf(await runWith('check', seed)), alone, `seed ${seed}`)
  }
})
