import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { testVerify } from '../../test/support/replica-cluster.ts'
import { createSessionCluster, memberOf, type SessionCluster } from '../../test/support/session-cluster.ts'
import { nextMembership, testOrder } from '../../test/support/test-orders.ts'
import { decode, encode } from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { inclusionPath } from '../core/merkle.ts'
import { blockCodec } from './block.ts'
import { certificateCodec, certificateOf, verifyCertificate } from './certificate.ts'
import { type ChainedCertificate, chainedCertificateCodec, verifyChainedCertificate } from './chained-certificate.ts'
import { decisionLeafHash } from './decision.ts'
import { membershipCodec } from './membership.ts'
import { type ProofBundle, proofBundleCodec, verifyProof } from './proof.ts'
import type { Commit } from './replica/types.ts'
import { encodeSessionStep, type SessionStep, sessionStepCodec } from './session-step.ts'

/** Four members, then five, then the first, third, fourth and fifth: three sessions. */
let cluster: SessionCluster
let commits: readonly Commit[]
let steps: readonly Uint8Array[]

before(async () => {
  cluster = createSessionCluster({ n: 4, seed: 1 })
  await cluster.run(2_500_000_000n)
  await cluster.join(4, 0)
  for (const keys of [
    [0, 1, 2, 3, 4],
    [0, 2, 3, 4],
  ]) {
    const present = cluster.nodes.get(0)?.chain.present.membership
    assert.ok(present !== undefined)
    const next = nextMembership(present, { members: keys.map(memberOf) })
    cluster.submit(0, testOrder(present, next, [0, 1]))
    await cluster.run(2_000_000_000n)
  }
  commits = cluster.nodes.get(0)?.commits ?? []
  steps = cluster.nodes.get(0)?.chain.steps ?? []
  assert.equal(steps.length, 2)
})

function certificateAt(commit: Commit | undefined): Uint8Array {
  assert.ok(commit?.votes !== undefined)
  return encode(certificateCodec, certificateOf(commit.block, commit.votes))
}

function chained(changes: Partial<ChainedCertificate> = {}): Uint8Array {
  const certificate = certificateAt(commits.at(-1))
  return encode(chainedCertificateCodec, { format: 'quorumtime-chained-1', steps, certificate, ...changes })
}

function told(result: Result<unknown>): string {
  return result.ok ? 'accepted' : result.fault.code
}

const check = async (bytes: Uint8Array): Promise<string> =>
  told(await verifyChainedCertificate(bytes, cluster.genesis, testVerify))

describe('a certificate of a later session', () => {
  it('verifies with nothing but the genesis, and says who its members were', async () => {
    const verified = await verifyChainedCertificate(chained(), cluster.genesis, testVerify)
    assert.ok(verified.ok)
    assert.equal(verified.value.session.membership.session, 2)
    assert.deepEqual(
      verified.value.session.membership.members.map(({ name }) => name),
      ['node0', 'node2', 'node3', 'node4'],
    )
  })

  it('is worth nothing without its steps, or with others', async () => {
    const alone = await verifyCertificate(certificateAt(commits.at(-1)), cluster.genesis, testVerify)
    assert.notEqual(told(alone), 'accepted')
    assert.notEqual(await check(chained({ steps: [] })), 'accepted')
    assert.notEqual(await check(chained({ steps: steps.slice(0, 1) })), 'accepted')
    assert.equal(await check(chained({ steps: steps.toReversed() })), 'order.previous')
    assert.equal(await check(chained({ steps: [...steps, ...steps] })), 'order.previous')
  })

  it('is refused with a certificate of an earlier session', async () => {
    const early = certificateAt(commits.find(({ block, votes }) => block.change === undefined && votes !== undefined))
    assert.notEqual(await check(chained({ certificate: early })), 'accepted')
  })

  it('is refused with any part of a step changed', async () => {
    const [first] = steps
    assert.ok(first !== undefined)
    const read = decode(sessionStepCodec, first, 'step')
    assert.ok(read.ok)
    const step = read.value
    const change = decode(blockCodec, step.change, 'change')
    assert.ok(change.ok)
    const other = (changes: Partial<SessionStep>): Promise<string> =>
      check(chained({ steps: [encodeSessionStep({ ...step, ...changes }), ...steps.slice(1)] }))
    assert.equal(await other({ votes: step.votes.slice(1) }), 'certificate.quorum')
    const [vote] = step.votes
    assert.ok(vote !== undefined)
    const forged = { ...vote, signature: new Uint8Array(4627) }
    assert.equal(await other({ votes: [forged, ...step.votes.slice(1)] }), 'certificate.signature')
    assert.equal(await other({ closing: step.change }), 'session.closing')
    const ordinary = commits.find(({ block }) => block.change === undefined)
    assert.ok(ordinary !== undefined)
    assert.equal(await other({ change: encode(blockCodec, ordinary.block) }), 'session.change')
    const elsewhere = { ...change.value, change: { step: 'order' as const, digest: new Uint8Array(48) } }
    assert.equal(await other({ change: encode(blockCodec, elsewhere) }), 'session.change')
    // One bit in every 23rd byte; of a test's signature only the first 48 bytes mean anything.
    let refused = 0
    for (let at = 0; at < step.change.length; at += 23) {
      const bytes = step.change.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 1
      assert.notEqual(await other({ change: bytes }), 'accepted', `byte ${at}`)
      refused += 1
    }
    assert.ok(refused > 10)
  })
})

describe('a proof bundle over several sessions', () => {
  function bundleFor(height: number): ProofBundle {
    const byHeight = new Map(commits.map((commit) => [commit.block.height, commit]))
    const anchor = commits.at(-1)
    const wanted = byHeight.get(height)
    assert.ok(anchor !== undefined && wanted !== undefined)
    const leaves = Array.from({ length: anchor.block.height - 1 }, (_, index) => {
      const commit = byHeight.get(index + 1)
      assert.ok(commit !== undefined)
      return decisionLeafHash(commit.block, commit.blockHash)
    })
    return {
      format: 'quorumtime-proof-1',
      block: encode(blockCodec, wanted.block),
      leafIndex: height - 1,
      path: inclusionPath(leaves, height - 1),
      certificate: certificateAt(anchor),
      genesis: encode(membershipCodec, cluster.genesis),
      steps,
    }
  }

  it('proves every decision of every session from one later certificate, changes included', async () => {
    const sessions: number[] = []
    const newest = commits.at(-1)?.block.height ?? 0
    for (let height = 1; height < newest; height++) {
      const proven = await verifyProof(encode(proofBundleCodec, bundleFor(height)), cluster.genesis, testVerify)
      assert.ok(proven.ok, proven.ok ? '' : proven.fault.message)
      sessions.push(proven.value.session.membership.session)
    }
    assert.deepEqual([...new Set(sessions)], [0, 1, 2])
  })

  it('is refused with a step left out', async () => {
    const bundle = { ...bundleFor(1), steps: steps.slice(1) }
    assert.equal(
      told(await verifyProof(encode(proofBundleCodec, bundle), cluster.genesis, testVerify)),
      'order.previous',
    )
  })
})
