import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createReplicaCluster, type ReplicaCluster, START_TAI, testSign } from '../../test/support/replica-cluster.ts'
import { honestMeasurement } from '../../test/support/virtual-measurement.ts'
import { toHex } from '../core/bytes.ts'
import { plus } from '../core/time.ts'
import { leaderOf, membershipHash, quorumOf } from './membership.ts'
import { decodeEnvelope, encodeContent, encodeEnvelope } from './messages.ts'

const SECOND_NS = 1_000_000_000n

/** Never two blocks for one height among the nodes given; returns how many heights were compared. */
function assertNoFork(cluster: ReplicaCluster, ids: readonly number[]): number {
  const decided = new Map<number, string>()
  for (const id of ids) {
    for (const { block, blockHash } of cluster.nodes[id]?.commits ?? []) {
      const known = decided.get(block.height)
      if (known !== undefined) assert.equal(toHex(blockHash), known, `height ${block.height} at node ${id}`)
      decided.set(block.height, toHex(blockHash))
    }
  }
  return decided.size
}

function epochsOf(cluster: ReplicaCluster, id: number): readonly number[] {
  return (cluster.nodes[id]?.commits ?? []).map(({ block }) => block.epoch)
}

describe('a replica cluster', () => {
  for (const n of [1, 2, 3, 4, 5, 7]) {
    it(`of ${n} certifies every epoch with at least q signatures`, async () => {
      const cluster = createReplicaCluster({ n, seed: n })
      await cluster.run(9_900_000_000n)
      const { q } = quorumOf(n)
      assert.deepEqual(cluster.faults, [])
      for (const node of cluster.nodes) {
        assert.deepEqual(epochsOf(cluster, node.id), [1, 2, 3, 4, 5, 6, 7, 8, 9])
        for (const commit of node.commits) assert.ok((commit.votes?.length ?? 0) >= q)
        assert.deepEqual(node.evidence, [])
      }
      assert.equal(
        assertNoFork(
          cluster,
          cluster.nodes.map(({ id }) => id),
        ),
        9,
      )
    })
  }

  it('goes on within the same epoch when the leader is dead', async () => {
    const cluster = createReplicaCluster({ n: 4, seed: 7 })
    await cluster.run(3_500_000_000n)
    const leader = cluster.nodes[0]?.replica.status().leader ?? 0
    cluster.crash(leader)
    await cluster.run(6n * SECOND_NS)
    const alive = cluster.nodes.filter(({ up }) => up).map(({ id }) => id)
    for (const id of alive) assert.deepEqual(epochsOf(cluster, id), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assertNoFork(cluster, alive)
  })

  for (const [lateMs, listed] of [
    [90n, 4],
    [110n, 3],
  ] as const) {
    it(`lists ${listed} of 4 when a proposal comes ${lateMs} ms after the mark`, async () => {
      const late = lateMs * 1_000_000n
      const cluster: ReplicaCluster = createReplicaCluster({
        n: 4,
        seed: 13,
        tamper: (id, { to, message }) => {
          const said = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
          if (id !== 3 || said?.ok !== true || said.value.type !== 'proposal') return [{ to, message }]
          for (const peer of [0, 1, 2]) cluster.later(late, () => cluster.inject(3, peer, message))
          return []
        },
      })
      await cluster.run(13n * SECOND_NS)
      const blocks = (cluster.nodes[0]?.commits ?? []).map(({ block }) => block)
      assert.deepEqual(epochsOf(cluster, 0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      for (const { view, list, state } of blocks) {
        const leader = leaderOf(view, quorumOf(4), membershipHash(cluster.membership))
        assert.equal(list.length, leader === 3 ? 4 : listed, `view ${view}`)
        assert.deepEqual(state.behaviour.suspects, [], 'who is late is not absent')
      }
    })
  }

  it('takes a crashed member back, which goes on from the newest certificate', async () => {
    const cluster = createReplicaCluster({ n: 4, seed: 11 })
    await cluster.run(3_500_000_000n)
    cluster.crash(2)
    await cluster.run(4n * SECOND_NS)
    cluster.restart(2)
    await cluster.run(4n * SECOND_NS)
    const epochs = epochsOf(cluster, 2)
    assert.deepEqual(epochs.slice(-2), [10, 11])
    assert.ok(epochs.includes(4), 'what was decided while it was down is fetched')
    assertNoFork(cluster, [0, 1, 2, 3])
    assert.deepEqual(
      cluster.nodes.flatMap(({ evidence }) => evidence),
      [],
    )
  })

  it('certifies nothing while fewer than q can talk, and goes on when they can again', async () => {
    let cut = false
    const cluster = createReplicaCluster({ n: 4, seed: 3, passes: (from, to) => !cut || from % 2 === to % 2 })
    await cluster.run(3_500_000_000n)
    cut = true
    await cluster.run(9_900_000_000n)
    for (const node of cluster.nodes) assert.deepEqual(epochsOf(cluster, node.id), [1, 2, 3])
    cut = false
    await cluster.run(8n * SECOND_NS)
    for (const node of cluster.nodes) {
      const epochs = epochsOf(cluster, node.id)
      assert.ok((epochs.at(-1) ?? 0) >= 20, `node ${node.id} is at epoch ${epochs.at(-1)}`)
    }
    assertNoFork(cluster, [0, 1, 2, 3])
  })

  it('is not stalled by a member that sends its votes to one other only', async () => {
    const cluster = createReplicaCluster({ n: 4, seed: 5, passes: (from, to) => from !== 3 || to === 0 })
    await cluster.run(20n * SECOND_NS)
    for (const id of [0, 1, 2]) assert.ok((epochsOf(cluster, id).at(-1) ?? 0) >= 18)
    assertNoFork(cluster, [0, 1, 2, 3])
  })

  it('names a leader that sends two blocks in one view, and goes on', async () => {
    const cluster = createReplicaCluster({ n: 4, seed: 9 })
    await cluster.run(2_500_000_000n)
    const { membership } = cluster
    const hash = membershipHash(membership)
    const status = cluster.nodes[0]?.replica.status()
    const last = cluster.nodes[0]?.commits.at(-1)
    assert.ok(status !== undefined && last !== undefined)
    const sender = leaderOf(status.view, quorumOf(4), hash)
    for (const epoch of [3, 4]) {
      const block = { ...last.block, view: status.view, epoch, parent: last.blockHash, height: last.block.height + 1 }
      const header = {
        cluster: 'test',
        membershipHash: hash,
        type: 'block' as const,
        sender,
        bootCount: 1,
        attestationDigest: undefined,
      }
      const content = encodeContent(header, block)
      const value = encodeEnvelope({ content, signature: testSign(sender, 'block', content) })
      for (const to of [0, 1, 2, 3]) if (to !== sender) cluster.inject(sender, to, { kind: 'signed', value })
    }
    await cluster.run(5n * SECOND_NS)
    for (const { id, evidence } of cluster.nodes) {
      if (id === sender) continue
      // Neither block follows from its list: whoever judged the first before the second came has proof already.
      const [first] = evidence
      assert.ok(first && ['conflicting-block', 'wrong-outcome'].includes(first.kind) && first.member === sender)
      assert.ok(evidence.every(({ member }) => member === sender))
      assert.ok((epochsOf(cluster, id).at(-1) ?? 0) >= 6)
    }
    assertNoFork(cluster, [0, 1, 2, 3])
  })

  it('keeps what it said across a crash at any moment: no member ever convicts itself', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const cluster = createReplicaCluster({ n: 4, seed, delayNsMax: 40_000_000n })
      for (let turn = 0; turn < 6; turn++) {
        const victim = (seed + turn) % 4
        await cluster.run(BigInt(700_000_000 + seed * 37_000_000 + turn * 13_000_000))
        cluster.crash(victim)
        await cluster.run(60_000_000n)
        cluster.restart(victim)
      }
      await cluster.run(3n * SECOND_NS)
      assertNoFork(cluster, [0, 1, 2, 3])
      assert.deepEqual(
        cluster.nodes.flatMap(({ evidence }) => evidence),
        [],
      )
      assert.ok(Math.max(...epochsOf(cluster, 0)) >= 4)
    }
  })
})

describe('a member that tells every other one something else', () => {
  it('does not keep the others from certifying: what a block lists is judged, however many it made', async () => {
    const cluster = createReplicaCluster({ n: 4, seed: 21 })
    cluster.crash(3)
    const hash = membershipHash(cluster.membership)
    const header = {
      cluster: 'test',
      membershipHash: hash,
      type: 'proposal' as const,
      sender: 3,
      bootCount: 1,
      attestationDigest: undefined,
    }
    for (let epoch = 1; epoch <= 12; epoch++) {
      for (const [to, rates] of [
        [0, [1n, 2n]],
        [1, [3n, 4n]],
        [2, [5n, 6n]],
      ] as const) {
        for (const rangingRatePpb of rates) {
          const tai = plus(START_TAI, cluster.now())
          const reading = honestMeasurement(3, 4, cluster.now(), tai)
          const proposal = { ...reading, rangingRatePpb, era: 1, epoch, parent: hash }
          const content = encodeContent(header, proposal)
          const value = encodeEnvelope({ content, signature: testSign(3, 'proposal', content) })
          cluster.inject(3, to, { kind: 'signed', value })
        }
      }
      await cluster.run(SECOND_NS)
    }
    for (const id of [0, 1, 2]) {
      assert.ok(epochsOf(cluster, id).length >= 6, `node ${id} certified ${epochsOf(cluster, id).join()}`)
      assert.ok(cluster.nodes[id]?.evidence.every(({ member }) => member === 3))
    }
    assertNoFork(cluster, [0, 1, 2])
  })
})
