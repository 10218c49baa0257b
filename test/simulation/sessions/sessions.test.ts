import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Membership, quorumOf } from '../../../src/consensus/membership.ts'
import { type MembershipOrder, membershipOrderCodec } from '../../../src/consensus/membership-order.ts'
import { decodeEnvelope, encodeContent, encodeEnvelope, type SignedMessage } from '../../../src/consensus/messages.ts'
import { emptyOutcome } from '../../../src/consensus/outcome.ts'
import { type SessionStep, sessionStepCodec } from '../../../src/consensus/session-step.ts'
import type { WireMessage } from '../../../src/consensus/wire-message.ts'
import { decode, encode } from '../../../src/core/encoding.ts'
import { NS_PER_SECOND, plus } from '../../../src/core/time.ts'
import { START_TAI, testSign } from '../../support/replica-cluster.ts'
import { unwrap } from '../../support/results.ts'
import {
  createSessionCluster,
  memberOf,
  type SessionCluster,
  type SessionClusterOptions,
  type SessionNode,
} from '../../support/session-cluster.ts'
import { nextMembership, testOrder } from '../../support/test-orders.ts'
import { findSessionProblems } from './session-problems.ts'

/** The membership of these appliances after the present one, with other changes. */
function of(present: Membership, keys: readonly number[], changes: Partial<Membership> = {}): Membership {
  return nextMembership(present, { ...changes, members: keys.map(memberOf) })
}

function signed(present: Membership, next: Membership): MembershipOrder {
  return testOrder(present, next, [0, 2])
}

function nodeOf(cluster: SessionCluster, key: number): SessionNode {
  const node = cluster.nodes.get(key)
  assert.ok(node !== undefined)
  return node
}

function presentOf(cluster: SessionCluster, key: number): Membership {
  return nodeOf(cluster, key).chain.present.membership
}

/** Orders the membership of these appliances through one of them. */
function order(cluster: SessionCluster, at: number, keys: readonly number[], changes: Partial<Membership> = {}): void {
  const present = presentOf(cluster, at)
  cluster.submit(at, signed(present, of(present, keys, changes)))
}

/** Epochs that a node has certified, by era, without changes of the membership. */
function epochsOf(cluster: SessionCluster, key: number): readonly number[] {
  return nodeOf(cluster, key)
    .commits.filter(({ block }) => block.change === undefined)
    .map(({ block }) => block.epoch)
}

async function assertSound(cluster: SessionCluster): Promise<void> {
  assert.deepEqual(await findSessionProblems(cluster), [])
}

describe('a change of the membership', () => {
  it('adds and removes a member without an epoch lost, and f and q follow', async () => {
    const cluster = createSessionCluster({ n: 4, seed: 1 })
    await cluster.run(3_500_000_000n)
    await cluster.join(4, 0)
    order(cluster, 1, [0, 1, 2, 3, 4])
    await cluster.run(3n * NS_PER_SECOND)
    for (const key of [0, 1, 2, 3]) {
      assert.equal(nodeOf(cluster, key).chain.sessions.length, 2)
      assert.deepEqual(epochsOf(cluster, key), [1, 2, 3, 4, 5, 6])
    }
    // q is 4 of 5 now: with one dead the others go on, with two they do not.
    assert.equal(nodeOf(cluster, 0).commits.at(-1)?.votes?.length, 4)
    order(cluster, 2, [0, 2, 3, 4])
    await cluster.run(3n * NS_PER_SECOND)
    for (const key of [0, 2, 3, 4]) assert.equal(presentOf(cluster, key).session, 2)
    assert.deepEqual(epochsOf(cluster, 0), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal(nodeOf(cluster, 1).replica, undefined, 'a member that was removed stops voting')
    assert.deepEqual(cluster.faults, [])
    await assertSound(cluster)
  })

  it('gives three a fourth: then one may be dead', async () => {
    const cluster = createSessionCluster({ n: 3, seed: 2 })
    await cluster.run(2_500_000_000n)
    await cluster.join(3, 0)
    order(cluster, 0, [0, 1, 2, 3])
    await cluster.run(2n * NS_PER_SECOND)
    assert.deepEqual(quorumOf(presentOf(cluster, 0).members.length), { n: 4, f: 1, q: 3 })
    cluster.crash(2)
    await cluster.run(5n * NS_PER_SECOND)
    for (const key of [0, 1, 3]) assert.ok((epochsOf(cluster, key).at(-1) ?? 0) >= 8)
    await assertSound(cluster)
  })

  it('replaces a key: the new one starts anew, the others keep their standing', async () => {
    const cluster = createSessionCluster({ n: 4, seed: 3, passes: (from) => from !== 3 })
    await cluster.run(9_500_000_000n)
    const before = nodeOf(cluster, 0).commits.at(-1)?.block.state.reputationPpm
    assert.ok((before?.[3] ?? 0) < 1_000_000, 'member 3 has been silent')
    await cluster.join(9, 0)
    order(cluster, 0, [0, 1, 2, 9])
    await cluster.run(3n * NS_PER_SECOND)
    const first = nodeOf(cluster, 9).chain.present.root.state.reputationPpm
    assert.deepEqual(first, [...(before ?? []).slice(0, 3), 1_000_000])
    assert.equal(epochsOf(cluster, 9).at(-1), 12)
    assert.equal(nodeOf(cluster, 9).commits.at(-1)?.block.list.length, 4)
    await assertSound(cluster)
  })

  it('changes a policy alone, and who may order the next change', async () => {
    const cluster = createSessionCluster({ n: 4, seed: 4 })
    await cluster.run(1_500_000_000n)
    const [operator] = cluster.genesis.operators
    assert.ok(operator !== undefined)
    order(cluster, 3, [0, 1, 2, 3], { targetPrecisionNs: 77n, operators: [operator], operatorThreshold: 1 })
    await cluster.run(2n * NS_PER_SECOND)
    const present = presentOf(cluster, 0)
    assert.equal(present.targetPrecisionNs, 77n)
    cluster.submit(0, testOrder(present, of(present, [0, 1, 2]), [0]))
    await cluster.run(2n * NS_PER_SECOND)
    assert.equal(presentOf(cluster, 2).members.length, 3)
    await assertSound(cluster)
  })

  it('raises the era: the way out of a future that was certified by mistake', async () => {
    let wrong = true
    const cluster = createSessionCluster({
      n: 4,
      seed: 5,
      clockErrorNs: () => (wrong ? 1_000n * NS_PER_SECOND : 0n),
    })
    await cluster.run(3_500_000_000n)
    assert.ok((epochsOf(cluster, 0).at(-1) ?? 0) > 1_000)
    wrong = false
    for (const key of [0, 1, 2, 3]) {
      cluster.crash(key)
      cluster.restart(key)
    }
    await cluster.run(5n * NS_PER_SECOND)
    assert.ok(
      epochsOf(cluster, 0).every((epoch) => epoch >= 1_000),
      'nothing is certified before that future is here',
    )
    const genesisTai = plus(START_TAI, 2n * NS_PER_SECOND)
    order(cluster, 2, [0, 1, 2, 3], { era: 2, genesisTai })
    await cluster.run(4n * NS_PER_SECOND)
    for (const key of [0, 1, 2, 3]) {
      assert.equal(presentOf(cluster, key).era, 2)
      assert.deepEqual(epochsOf(cluster, key).slice(-3), [8, 9, 10])
    }
    await assertSound(cluster)
  })

  it('is final also when the view of its block is not, by blocks that close it', async () => {
    let changeView = 0
    const cluster = createSessionCluster({
      n: 4,
      seed: 6,
      // Nobody hears a Finalize of the view in which the change is made.
      tamper: (node, outgoing) => {
        const { message } = outgoing
        const pending = node.replica?.status()
        if (pending === undefined || node.chain.steps.length > 0) return [outgoing]
        const decoded = decodedOf(message)
        if (decoded?.type === 'block' && decoded.body.change?.step === 'order' && changeView === 0) {
          changeView = decoded.body.view
        }
        const isFinalize = decoded?.type === 'finalize' && decoded.body.view === changeView
        const isQuorum = message.kind === 'quorum' && message.value.type === 'finalize'
        return isFinalize || isQuorum ? [] : [outgoing]
      },
    })
    await cluster.run(2_500_000_000n)
    order(cluster, 1, [0, 1, 2])
    await cluster.run(4n * NS_PER_SECOND)
    assert.ok(changeView > 0)
    for (const key of [0, 1, 2, 3]) assert.equal(presentOf(cluster, key).session, 1)
    const steps = [0, 1, 2, 3].map((key) => stepOf(cluster, key))
    assert.ok(
      steps.every(({ closing }) => closing !== undefined),
      'final as the ancestor of a closing block',
    )
    assert.equal(epochsOf(cluster, 0).at(-1), 6)
    await assertSound(cluster)
  })
})

describe('the boundary between two sessions', () => {
  /** A change and, after it, time to go on; crashes as `fate` says, each restarted a little later. */
  async function crossing(seed: number, fate: SessionClusterOptions['fate']): Promise<SessionCluster> {
    const cluster = createSessionCluster({ n: 4, seed, ...(fate === undefined ? {} : { fate }) })
    await cluster.run(2_500_000_000n)
    await cluster.join(4, 0)
    // Two members get it: the one may lead, and die with the order before it has told anybody.
    order(cluster, seed % 4, [1, 2, 3, 4])
    order(cluster, (seed + 1) % 4, [1, 2, 3, 4])
    for (let slice = 0; slice < 60; slice++) {
      await cluster.run(100_000_000n)
      for (const [key, { up }] of cluster.nodes) if (!up) cluster.restart(key)
    }
    return cluster
  }

  it('is crossed whatever journal write around it a machine dies at, and however', async () => {
    let crashes = 0
    for (const [index, death] of (['torn', 'unsent', 'half-sent'] as const).entries()) {
      for (let at = 0; at < 16; at++) {
        let writes = 0
        let dead = false
        const cluster = await crossing(at + 16 * index, (_key, now) => {
          // Every machine writes a few times between the order and the first block of the next session.
          if (now < 2_500_000_000n || dead) return 'lives'
          writes += 1
          dead = writes === at + 1
          return dead ? death : 'lives'
        })
        crashes += dead ? 1 : 0
        assertCrossed(cluster, [1, 2, 3, 4], `${death} at write ${at}`)
        await assertSound(cluster)
      }
    }
    assert.equal(crashes, 48)
  })

  it('is crossed when all machines lose their power at the moment when the change is final', async () => {
    for (const death of ['torn', 'unsent'] as const) {
      let offUntil = 0n
      const cluster = await crossing(7, (_key, now, records) => {
        if (offUntil === 0n && records.some(({ kind }) => kind === 'session-end')) offUntil = now + 50_000_000n
        return now < offUntil ? death : 'lives'
      })
      assert.ok(offUntil > 0n)
      assertCrossed(cluster, [1, 2, 3, 4], death)
      await assertSound(cluster)
    }
  })

  it('is crossed once the two halves of a cluster that was cut while it changed see each other again', async () => {
    let cut = false
    const cluster = createSessionCluster({ n: 4, seed: 8, passes: (from, to) => !cut || from % 2 === to % 2 })
    await cluster.run(2_500_000_000n)
    cut = true
    order(cluster, 0, [0, 1, 2])
    await cluster.run(5n * NS_PER_SECOND)
    for (const key of [0, 1, 2, 3]) assert.equal(presentOf(cluster, key).session, 0, 'half a cluster changes nothing')
    cut = false
    await cluster.run(8n * NS_PER_SECOND)
    assertCrossed(cluster, [0, 1, 2], 'cut')
    assert.equal(nodeOf(cluster, 3).replica, undefined)
    await assertSound(cluster)
  })

  it('is crossed by a member that was cut off in the very moment, and by one that comes back two sessions later', async () => {
    const cluster = createSessionCluster({ n: 4, seed: 9 })
    await cluster.run(2_500_000_000n)
    cluster.crash(3)
    await cluster.join(4, 0)
    order(cluster, 0, [0, 1, 2, 3, 4])
    await cluster.run(3n * NS_PER_SECOND)
    order(cluster, 1, [0, 1, 2, 3])
    await cluster.run(3n * NS_PER_SECOND)
    assert.equal(presentOf(cluster, 0).session, 2)
    assert.equal(presentOf(cluster, 3).session, 0)
    cluster.restart(3)
    await cluster.run(5n * NS_PER_SECOND)
    assert.equal(presentOf(cluster, 3).session, 2)
    assert.equal(epochsOf(cluster, 3).at(-1), 13)
    const heights = new Set(nodeOf(cluster, 3).commits.map(({ block }) => block.height))
    assert.equal(heights.size, Math.max(...heights), 'what it missed in all sessions is fetched')
    await assertSound(cluster)
  })
})

/** These appliances are in session 1 and certify in it. */
function assertCrossed(cluster: SessionCluster, keys: readonly number[], what: string): void {
  const newest = Number(cluster.now() / NS_PER_SECOND)
  for (const key of keys) {
    assert.equal(presentOf(cluster, key).session, 1, `${what}: node ${key}`)
    const epoch = epochsOf(cluster, key).at(-1) ?? 0
    assert.ok(epoch >= newest - 2, `${what}: node ${key} is at epoch ${epoch} of ${newest}`)
  }
}

describe('an order that must not count', () => {
  async function settled(seed: number): Promise<SessionCluster> {
    const cluster = createSessionCluster({ n: 4, seed })
    await cluster.run(2_500_000_000n)
    return cluster
  }

  /** Everybody is where it was, and certifies. */
  async function assertUnchanged(cluster: SessionCluster, faults: readonly string[]): Promise<void> {
    await cluster.run(4n * NS_PER_SECOND)
    for (const [key] of cluster.nodes) {
      assert.equal(presentOf(cluster, key).session, 0)
      assert.equal(epochsOf(cluster, key).at(-1), 6)
    }
    assert.deepEqual([...new Set(cluster.faults.map(({ code }) => code))], faults)
    await assertSound(cluster)
  }

  it('has k - 1 signatures, or changes another membership', async () => {
    const short = await settled(11)
    const present = presentOf(short, 0)
    const next = of(present, [0, 1, 2])
    short.submit(0, testOrder(present, next, [1]))
    short.inject(1, 2, { kind: 'order', value: encode(membershipOrderCodec, testOrder(present, next, [2])) })
    await assertUnchanged(short, ['order.threshold'])
    const other = await settled(12)
    const elsewhere = { ...present, cluster: 'elsewhere' }
    other.submit(0, testOrder(elsewhere, of(elsewhere, [0, 1, 2]), [0, 1, 2]))
    await assertUnchanged(other, ['order.previous'])
  })

  it('exists in the block of a lying leader alone: nobody votes for it', async () => {
    const cluster = createSessionCluster({
      n: 4,
      seed: 13,
      // Member 0 names an order that no operator has signed whenever it leads.
      tamper: (node, outgoing) => {
        const decoded = decodedOf(outgoing.message)
        if (node.key !== 0 || decoded?.type !== 'block' || decoded.header.sender !== 0) return [outgoing]
        const { height, parent, state } = decoded.body
        const change = { step: 'order' as const, digest: new Uint8Array(48).fill(height) }
        const empty = { ...decoded.body, list: [], outcome: emptyOutcome(state.leap), parent, change }
        const content = encodeContent(decoded.header, empty)
        const value = encodeEnvelope({ content, signature: testSign(0, 'block', content) })
        return [{ ...outgoing, message: { kind: 'signed', value } }]
      },
    })
    await cluster.run(20_500_000_000n)
    for (const key of [1, 2, 3]) {
      assert.equal(presentOf(cluster, key).session, 0)
      assert.ok((epochsOf(cluster, key).at(-1) ?? 0) >= 19)
    }
  })

  it('is the second of two valid ones: exactly one wins, the same everywhere', async () => {
    const winners = new Set<number>()
    for (let seed = 20; seed < 30; seed++) {
      const cluster = await settled(seed)
      const present = presentOf(cluster, 0)
      await cluster.join(4, 0)
      cluster.submit(seed % 4, signed(present, of(present, [0, 1, 2])))
      cluster.submit((seed + 1) % 4, signed(present, of(present, [0, 1, 2, 4])))
      await cluster.run(4n * NS_PER_SECOND)
      const { length } = presentOf(cluster, 0).members
      winners.add(length)
      for (const key of [0, 1, 2, 3]) assert.equal(presentOf(cluster, key).members.length, length)
      assert.equal(presentOf(cluster, 0).session, 1)
      await assertSound(cluster)
    }
    assert.deepEqual(
      [...winners].sort((a, b) => a - b),
      [3, 4],
      'each of them wins at times',
    )
  })
})

function decodedOf(message: WireMessage): SignedMessage | undefined {
  const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
  return decoded?.ok === true ? decoded.value : undefined
}

function stepOf(cluster: SessionCluster, key: number): SessionStep {
  const [bytes] = nodeOf(cluster, key).chain.steps
  assert.ok(bytes !== undefined)
  return unwrap(decode(sessionStepCodec, bytes, 'step'))
}
