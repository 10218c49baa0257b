import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createReplicaCluster, type ReplicaCluster, testVerify } from '../../test/support/replica-cluster.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { blockCodec } from '../consensus/block.ts'
import { certificateCodec, certificateOf, verifyCertificate } from '../consensus/certificate.ts'
import { decisionLeafHash } from '../consensus/decision.ts'
import { verifyProof } from '../consensus/proof.ts'
import type { Commit } from '../consensus/replica/types.ts'
import { createSessionChain } from '../consensus/session-chain.ts'
import { encode } from '../core/encoding.ts'
import { type DecisionLog, openDecisionLog, type StoredDecision } from './decision-log.ts'
import { exportCertificate, exportProof } from './export.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-export-'))
after(() => rmSync(folder, { recursive: true }))

let cluster: ReplicaCluster
/** What node 0 decided, as the agent keeps it. */
let decisions: readonly StoredDecision[]
let logs = 0

before(async () => {
  cluster = createReplicaCluster({ n: 4, seed: 7 })
  await cluster.run(12_000_000_000n)
  decisions = (cluster.nodes[0]?.commits ?? []).map(kept)
  assert.ok(decisions.length >= 8, `expected several decisions, got ${decisions.length}`)
  assert.deepEqual(
    decisions.map(({ height }) => height),
    decisions.map((_, index) => index + 1),
  )
})

function kept({ block, blockHash, votes }: Commit): StoredDecision {
  return {
    height: block.height,
    epoch: block.epoch,
    view: block.view,
    blockHash,
    block: encode(blockCodec, block),
    leafHash: decisionLeafHash(block, blockHash),
    certificate: votes === undefined ? undefined : encode(certificateCodec, certificateOf(block, votes)),
  }
}

function withLog<T>(stored: readonly StoredDecision[], work: (log: DecisionLog) => T): T {
  logs += 1
  const log = unwrap(openDecisionLog(join(folder, `decisions-${logs}.sqlite`), cluster.membership.epochPeriodNs))
  try {
    for (const decision of stored) unwrap(log.append(decision))
    return work(log)
  } finally {
    log.close()
  }
}

/** The same decisions, of which only some have kept their signatures. */
function signedOnly(isSigned: (height: number) => boolean): readonly StoredDecision[] {
  return decisions.map((stored) => (isSigned(stored.height) ? stored : { ...stored, certificate: undefined }))
}

const unsigned = (): readonly StoredDecision[] => signedOnly(() => false)

test('an exported certificate verifies, for the newest epoch and for any that has its signatures', async () => {
  const newest = decisions.findLast(({ certificate }) => certificate !== undefined)
  const middle = decisions[4]
  assert.ok(newest !== undefined && middle !== undefined)
  const [bytesOfNewest, bytesOfMiddle] = withLog(decisions, (log) => [
    unwrap(exportCertificate(log, createSessionChain(cluster.membership), undefined)),
    unwrap(exportCertificate(log, createSessionChain(cluster.membership), middle.epoch)),
  ])
  for (const [bytes, stored] of [
    [bytesOfNewest, newest],
    [bytesOfMiddle, middle],
  ] as const) {
    const verified = unwrap(await verifyCertificate(bytes, cluster.membership, testVerify))
    assert.equal(verified.block.epoch, stored.epoch)
    assert.deepEqual(verified.blockHash, stored.blockHash)
    assert.ok(verified.signers.length >= 3)
  }
})

test('every decision has a proof that verifies, as soon as a later one is certified', async () => {
  for (const stored of decisions.slice(0, -1)) {
    const bytes = withLog(decisions, (log) =>
      unwrap(exportProof(log, createSessionChain(cluster.membership), stored.epoch)),
    )
    const { block, blockHash, anchor } = unwrap(await verifyProof(bytes, cluster.membership, testVerify))
    assert.equal(block.epoch, stored.epoch)
    assert.deepEqual(blockHash, stored.blockHash)
    assert.ok(anchor.block.height > stored.height)
  }
})

test('a proof leans on the next signatures that are kept, however far away they are', async () => {
  const last = decisions.at(-1)
  assert.ok(last !== undefined)
  const bytes = withLog(
    signedOnly((height) => height === last.height),
    (log) => unwrap(exportProof(log, createSessionChain(cluster.membership), decisions[1]?.epoch)),
  )
  const proof = unwrap(await verifyProof(bytes, cluster.membership, testVerify))
  assert.equal(proof.block.height, 2)
  assert.equal(proof.anchor.block.height, last.height)
})

test('without an epoch the newest decision that can have a proof gets one', async () => {
  const bytes = withLog(decisions, (log) => unwrap(exportProof(log, createSessionChain(cluster.membership), undefined)))
  const { block } = unwrap(await verifyProof(bytes, cluster.membership, testVerify))
  assert.equal(block.height, decisions.length - 1)
  const [first] = decisions
  assert.ok(first !== undefined)
  const lonely = withLog([first], (log) => faultOf(exportProof(log, createSessionChain(cluster.membership), undefined)))
  assert.equal(lonely.code, 'export.no-anchor')
})

test('what a log does not hold is told with the epoch and what to do about it', () => {
  const epoch = decisions[2]?.epoch ?? 0
  withLog([], (log) => {
    const nothing = 'the log: expected a certified decision, got none'
    assert.equal(faultOf(exportCertificate(log, createSessionChain(cluster.membership), undefined)).message, nothing)
    assert.equal(faultOf(exportProof(log, createSessionChain(cluster.membership), undefined)).message, nothing)
  })
  withLog(decisions, (log) => {
    const missing = 'epoch 999: expected a decision in this log, got none'
    assert.equal(faultOf(exportCertificate(log, createSessionChain(cluster.membership), 999)).message, missing)
    assert.equal(faultOf(exportProof(log, createSessionChain(cluster.membership), 999)).message, missing)
  })
  withLog(unsigned(), (log) => {
    assert.equal(
      faultOf(exportCertificate(log, createSessionChain(cluster.membership), epoch)).message,
      `epoch ${epoch}: expected its signatures, which are not kept here; export a proof bundle (--proof)`,
    )
    assert.equal(
      faultOf(exportProof(log, createSessionChain(cluster.membership), epoch)).message,
      `epoch ${epoch}: expected a later certificate to lean on, got none yet`,
    )
  })
})

test('a log with a hole gives no proof across it, and one with a damaged certificate does not hand it on', () => {
  const epoch = decisions[1]?.epoch
  const holey = decisions.filter(({ height }) => height !== 3)
  withLog(
    holey.map((stored) => (stored.height === 4 ? { ...stored, certificate: undefined } : stored)),
    (log) =>
      assert.equal(faultOf(exportProof(log, createSessionChain(cluster.membership), epoch)).code, 'log.incomplete'),
  )
  const damaged = decisions.map((stored) => ({ ...stored, certificate: stored.certificate?.slice(1) }))
  withLog(damaged, (log) =>
    assert.match(
      faultOf(exportCertificate(log, createSessionChain(cluster.membership), epoch)).message,
      /^epoch \d+: expected /,
    ),
  )
})
