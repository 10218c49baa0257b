import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Block } from '../../src/consensus/block.ts'
import { contradictionOf, encodeEvidence } from '../../src/consensus/evidence.ts'
import type { EvidenceEntry } from '../../src/consensus/evidence-entry.ts'
import { leaderOf, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import type { Outgoing } from '../../src/consensus/replica/types.ts'
import { type ClusterState, isConvicted } from '../../src/consensus/state.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { sha384 } from '../../src/core/hash.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import { type ClusterOptions, type ReplicaCluster, testMembership } from '../support/replica-cluster.ts'
import { createVoices, digestOf } from '../support/signed-messages.ts'
import { ADVERSARIES } from './byzantine/adversaries.ts'
import { type Adversary, onOwn, say, saying } from './byzantine/liar.ts'
import { findProblems } from './invariants.ts'
import { createLiarCluster } from './liar-cluster.ts'

const EPOCHS = 12
const LIAR = 1
const HONEST = [0, 2, 3]
/** Who alone sees a lie; and whom the liar would like to see convicted, of what. */
const HEARING = 2
const FRAMED = 3
const CHARGE = { kind: 'conflicting-finalize', number: 2 } as const
const DELTA_NS = 50n * NS_PER_MILLISECOND

/** What an honest member said, and when, by `type view`. */
type Sayings = readonly Map<string, MonoNs>[]

interface Run {
  readonly cluster: ReplicaCluster
  readonly sayings: Sayings
  /** Kinds of the frames that honest members sent, one for each. */
  readonly sent: readonly WireMessage['kind'][]
}

async function runWith(adversary: Adversary, changes: Partial<ClusterOptions> = {}): Promise<Run> {
  const sayings: Sayings = [0, 1, 2, 3].map(() => new Map())
  const sent: WireMessage['kind'][] = []
  const cluster: ReplicaCluster = createLiarCluster(
    {
      n: 4,
      seed: 11,
      ...changes,
      said: (id, { message }) => {
        if (id !== LIAR) sent.push(message.kind)
        if (message.kind !== 'signed') return
        const decoded = decodeEnvelope(message.value)
        if (!decoded.ok || decoded.value.header.sender !== id || !('view' in decoded.value.body)) return
        const what = `${decoded.value.type} ${decoded.value.body.view}`
        if (!sayings[id]?.has(what)) sayings[id]?.set(what, cluster.now())
      },
    },
    new Map([[LIAR, adversary]]),
  )
  await cluster.run(BigInt(EPOCHS) * NS_PER_SECOND - 100n * NS_PER_MILLISECOND)
  return { cluster, sayings, sent }
}

function blocksOf(cluster: ReplicaCluster, id: number): readonly Block[] {
  return (cluster.nodes[id]?.commits ?? []).map(({ block }) => block)
}

function finalState(cluster: ReplicaCluster, id: number): ClusterState {
  const block = blocksOf(cluster, id).at(-1)
  assert.ok(block)
  return block.state
}

function leaderIn(cluster: ReplicaCluster, view: number): number {
  return leaderOf(view, quorumOf(4), membershipHash(cluster.membership))
}

describe('a member that signs what no correct one signs', () => {
  for (const [name, adversary] of Object.entries(ADVERSARIES)) {
    const { proves } = adversary
    if (proves === undefined) continue
    it(`is convicted by a block of an honest leader, and its views cost nothing any more: ${name}`, async () => {
      const { cluster, sayings } = await runWith(adversary)
      assert.deepEqual(await findProblems(cluster, HONEST), [])
      const blocks = blocksOf(cluster, 0)
      const convicting = blocks.filter(({ evidence }) => evidence.length > 0)
      assert.deepEqual(
        convicting.flatMap(({ evidence }) => evidence.map(({ member, kind }) => [member, kind])),
        [[LIAR, proves]],
        'once, and of that alone',
      )
      const [conviction] = convicting
      assert.ok(conviction && HONEST.includes(leaderIn(cluster, conviction.view)))
      for (const { height, state } of blocks) {
        assert.equal(isConvicted(state, LIAR), height >= conviction.height)
        for (const id of HONEST) assert.ok(!isConvicted(state, id))
      }
      assertNothingLost(cluster, sayings, conviction)
    })
  }

  it('is convicted although nobody hears of it before a block lists it: what is missing is fetched', async () => {
    // Only the first of them sees both votes of the liar, and what it tells the others is lost.
    const toOne: Adversary = {
      play: saying((liar, outgoing) =>
        onOwn(liar, outgoing, 'notarize', ({ body }) => [
          outgoing,
          say(liar, HEARING, 'notarize', { ...body, hash: sha384(body.hash) }),
        ]),
      ),
    }
    const isShown = ({ to, message }: Outgoing): boolean => to === 'all' && message.kind === 'evidence'
    const { cluster, sent } = await runWith(toOne, {
      tamper: (_, outgoing) => (isShown(outgoing) ? [] : [outgoing]),
    })
    assert.deepEqual(await findProblems(cluster, HONEST), [])
    assert.ok(sent.includes('want-evidence'))
    const conviction = blocksOf(cluster, 0).find(({ evidence }) => evidence.length > 0)
    assert.equal(conviction && leaderIn(cluster, conviction.view), HEARING)
    for (const id of HONEST) {
      assert.ok(isConvicted(finalState(cluster, id), LIAR), `node ${id}`)
      assert.equal(cluster.nodes[id]?.evidence[0]?.member, LIAR, `node ${id} holds the proof`)
    }
  })

  it('stays convicted where a member starts again', async () => {
    const { cluster } = await runWith(ADVERSARIES['double-finalizer'] as Adversary)
    cluster.crash(0)
    await cluster.run(NS_PER_SECOND)
    cluster.restart(0)
    await cluster.run(4n * NS_PER_SECOND)
    assert.ok(isConvicted(finalState(cluster, 0), LIAR))
    assert.deepEqual(await findProblems(cluster, HONEST), [])
  })
})

describe('a leader that lists what is no proof', () => {
  /** Its own block, convicting an honest member by these bytes. */
  const listing = (bytes: Uint8Array): Adversary => ({
    play: saying((liar, outgoing) =>
      onOwn(liar, outgoing, 'block', ({ body }) => [
        { to: 'all', message: { kind: 'evidence', value: bytes } },
        say(liar, 'all', 'block', convicting(body, { member: FRAMED, ...CHARGE, digest: sha384(bytes) })),
      ]),
    ),
  })

  for (const [what, bytes] of [
    ['that nobody can show', new Uint8Array(100)],
    ['that its own signature makes no better', selfMade()],
  ] as const) {
    it(`gets no vote and convicts nobody: evidence ${what}`, async () => {
      const { cluster, sayings, sent } = await runWith(listing(bytes))
      assert.deepEqual(await findProblems(cluster, HONEST), [])
      const led = [...(sayings[LIAR] ?? [])].filter(([said]) => said.startsWith('block'))
      assert.ok(led.length >= 2)
      for (const [block] of led) {
        for (const id of HONEST) assert.ok(!sayings[id]?.has(block.replace('block', 'notarize')), block)
      }
      assert.ok(sent.includes('want-evidence'))
      for (const id of HONEST) {
        assert.deepEqual(cluster.nodes[id]?.evidence, [])
        assert.ok(finalState(cluster, id).reputationPpm.every((ppm) => ppm > 0))
        assert.ok(blocksOf(cluster, id).length >= EPOCHS - 3)
      }
    })
  }
})

/** The block that follows when it lists this too, so that nothing but the proof is wrong with it. */
function convicting(block: Block, entry: EvidenceEntry): Block {
  const reputationPpm = block.state.reputationPpm.with(entry.member, 0)
  return { ...block, evidence: [entry], state: { ...block.state, reputationPpm } }
}

/** Two votes of which the liar has written what is missing. */
function selfMade(): Uint8Array {
  const { say: sayAs } = createVoices(testMembership(4))
  const [one, other] = [1, 2].map((value) => sayAs(FRAMED, 'finalize', { view: CHARGE.number, hash: digestOf(value) }))
  assert.ok(one && other)
  const forged = { ...other, signature: new Uint8Array(other.signature.length) }
  return encodeEvidence(contradictionOf(CHARGE.kind, CHARGE.number, one, forged))
}

/** After its conviction, the liar's views are given up in the step that enters them, and every epoch is decided in time. */
function assertNothingLost(cluster: ReplicaCluster, sayings: Sayings, conviction: Block): void {
  let given = 0
  for (const id of HONEST) {
    const said = sayings[id] ?? new Map<string, MonoNs>()
    for (const { view, epoch, height } of blocksOf(cluster, id)) {
      if (height <= conviction.height) continue
      const finalizedAt = said.get(`finalize ${view}`)
      // Others' votes may have finalized it before this member had a vote to give.
      if (finalizedAt === undefined) continue
      const lateNs = finalizedAt - BigInt(epoch) * NS_PER_SECOND
      assert.ok(lateNs < DELTA_NS, `node ${id}, epoch ${epoch}: finalized ${lateNs} ns after the mark`)
      if (leaderIn(cluster, view + 1) !== LIAR) continue
      assert.equal(said.get(`nullify ${view + 1}`), finalizedAt, `node ${id}, view ${view + 1}`)
      given += 1
    }
    assert.equal(cluster.nodes[id]?.replica.status().deltaNs, DELTA_NS)
  }
  assert.ok(given >= HONEST.length, `${given} views of the liar were given up`)
}
