import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quorumOf } from '../../src/consensus/membership.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { Outgoing } from '../../src/consensus/replica/types.ts'
import { missingHeights } from '../support/commit-holes.ts'
import { createReplicaCluster, type ReplicaCluster } from '../support/replica-cluster.ts'
import { findProblems } from './invariants.ts'

const SECOND_NS = 1_000_000_000n
/** After healing: two faulty leaders in a row, Δ at its cap, the epoch under way lost. */
const LEVEL_VIEWS_MAX = 12

interface Split {
  readonly n: number
  /** Members 0 … size − 1 stay together. */
  readonly size: number
  /** Cut in one direction only: what the others send still arrives. */
  readonly oneWay?: boolean
}

function split({ n, size, oneWay = false }: Split): { cluster: ReplicaCluster; heal(): void; cut(): void } {
  let isCut = false
  const passes = (from: number, to: number): boolean => !isCut || from < size === to < size || (oneWay && from >= size)
  const cluster = createReplicaCluster({ n, seed: 10 * n + size, passes })
  return {
    cluster,
    cut: () => {
      isCut = true
    },
    heal: () => {
      isCut = false
    },
  }
}

const heightOf = (cluster: ReplicaCluster, id: number): number =>
  Math.max(0, ...(cluster.nodes[id]?.commits ?? []).map(({ block }) => block.height))
const viewOf = (cluster: ReplicaCluster): number =>
  Math.max(...cluster.nodes.map(({ replica }) => replica.status().view))

/** Runs until everybody has what was decided after `height`, with nothing missing; returns how many views it took. */
async function untilLevel(cluster: ReplicaCluster, height: number): Promise<number> {
  const before = viewOf(cluster)
  for (let slices = 0; slices < 200; slices++) {
    const isLevel = cluster.nodes.every(({ id, commits }) => {
      return heightOf(cluster, id) > height && missingHeights(commits).length === 0
    })
    if (isLevel) return viewOf(cluster) - before
    await cluster.run(SECOND_NS / 10n)
  }
  return Number.POSITIVE_INFINITY
}

describe('a cluster cut in two', () => {
  for (const { n, size } of [
    { n: 4, size: 3 },
    { n: 4, size: 2 },
    { n: 7, size: 5 },
    { n: 7, size: 4 },
    { n: 10, size: 7 },
    { n: 10, size: 6 },
  ]) {
    const goesOn = size >= quorumOf(n).q
    const title = `${n} as ${size} and ${n - size}: ${goesOn ? `the ${size} go on, the others certify nothing` : 'nobody certifies'}`
    it(`${title}; healed, all are level again and no log has a hole`, async () => {
      const { cluster, cut, heal } = split({ n, size })
      await cluster.run(2_700_000_000n)
      cut()
      // What was under way may still be decided.
      await cluster.run(SECOND_NS / 2n)
      const before = cluster.nodes.map(({ id }) => heightOf(cluster, id))
      await cluster.run(6n * SECOND_NS)
      for (const { id } of cluster.nodes) {
        const grown = heightOf(cluster, id) - (before[id] ?? 0)
        if (goesOn && id < size) assert.ok(grown >= 5, `member ${id} certified ${grown} epochs`)
        else assert.equal(grown, 0, `member ${id} is in a part of ${id < size ? size : n - size}`)
      }
      heal()
      const views = await untilLevel(cluster, Math.max(...cluster.nodes.map(({ id }) => heightOf(cluster, id))))
      assert.ok(views <= LEVEL_VIEWS_MAX, `${views} views`)
      assert.deepEqual(
        await findProblems(
          cluster,
          cluster.nodes.map(({ id }) => id),
        ),
        [],
      )
    })
  }

  it('goes on when one member hears and is not heard, and that member follows every certificate', async () => {
    const { cluster, cut } = split({ n: 4, size: 3 })
    const { cluster: deaf, cut: cutDeaf, heal } = split({ n: 4, size: 3, oneWay: true })
    for (const [tried, begin] of [
      [cluster, cut],
      [deaf, cutDeaf],
    ] as const) {
      await tried.run(2_700_000_000n)
      begin()
      await tried.run(5n * SECOND_NS)
      for (const id of [0, 1, 2]) assert.ok(heightOf(tried, id) >= 6)
    }
    // Members 0 to 2 hear member 3, which does not hear them.
    assert.ok(heightOf(deaf, 3) <= 3)
    heal()
    assert.ok((await untilLevel(deaf, heightOf(deaf, 0))) <= LEVEL_VIEWS_MAX)
  })

  it('loses nothing when members crash between journal and log', async () => {
    let victim: number | undefined
    const fate = (id: number): 'unsent' | 'lives' => (id === victim ? 'unsent' : 'lives')
    const cluster = createReplicaCluster({ n: 4, seed: 5, fate })
    for (let turn = 0; turn < 8; turn++) {
      await cluster.run(1_100_000_000n + BigInt(turn) * 13_000_000n)
      victim = turn % 4
      while (cluster.nodes[victim]?.up === true) await cluster.run(1_000_000n)
      const fallen = victim
      victim = undefined
      await cluster.run(SECOND_NS / 5n)
      cluster.restart(fallen)
    }
    assert.ok((await untilLevel(cluster, heightOf(cluster, 0))) <= LEVEL_VIEWS_MAX)
  })
})

describe('a member that comes back after two hundred decisions', () => {
  it('votes with the others at once, and has fetched what it missed a few questions later', async (t) => {
    let questions = 0
    const tamper = (_id: number, outgoing: Outgoing): readonly Outgoing[] => {
      if (outgoing.message.kind === 'want-blocks') questions += 1
      return [outgoing]
    }
    const cluster = createReplicaCluster({ n: 4, seed: 6, tamper })
    await cluster.run(2_500_000_000n)
    cluster.crash(3)
    await cluster.run(200n * SECOND_NS)
    cluster.restart(3)
    const returnedAt = cluster.now()
    const before = heightOf(cluster, 0)
    assert.ok((await untilLevel(cluster, before)) <= LEVEL_VIEWS_MAX)
    const tookMs = Number((cluster.now() - returnedAt) / 1_000_000n)
    t.diagnostic(`${before} decisions: ${questions} questions, level after ${tookMs} ms`)
    assert.ok(questions <= Math.ceil(before / 40), `${questions} questions`)
    assert.ok(tookMs < 5_000)
  })
})

describe('a member that comes back after ten minutes of nullified views', () => {
  it('votes again within seconds, after questions that the number of views alone bounds', async (t) => {
    let leadersSpeak = false
    let questions = 0
    const tamper = (_id: number, outgoing: Outgoing): readonly Outgoing[] => {
      if (outgoing.message.kind === 'want-quorums') questions += 1
      if (leadersSpeak || outgoing.message.kind !== 'signed') return [outgoing]
      const decoded = decodeEnvelope(outgoing.message.value)
      return decoded.ok && decoded.value.type === 'block' ? [] : [outgoing]
    }
    const cluster = createReplicaCluster({ n: 4, seed: 1, tamper })
    await cluster.run(2_500_000_000n)
    cluster.crash(3)
    await cluster.run(600n * SECOND_NS)
    const behind = viewOf(cluster) - (cluster.nodes[3]?.replica.status().view ?? 0)
    assert.ok(behind > 100)
    // Without member 3 there is no quorum from here on, and it can vote for nothing before it has them all.
    cluster.restart(3)
    cluster.crash(0)
    leadersSpeak = true
    questions = 0
    const returnedAt = cluster.now()
    while (heightOf(cluster, 3) === 0 && cluster.now() < returnedAt + 30n * SECOND_NS)
      await cluster.run(SECOND_NS / 10n)
    const tookMs = Number((cluster.now() - returnedAt) / 1_000_000n)
    t.diagnostic(`${behind} views behind: ${questions} questions, first certificate after ${tookMs} ms`)
    assert.ok(heightOf(cluster, 3) > 0 && tookMs < 10_000)
    assert.ok(questions <= Math.ceil(behind / 75) + 12, `${questions} questions`)
  })
})
