import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createReplicaCluster, type ReplicaCluster, testVerify } from '../../test/support/replica-cluster.ts'
import { unwrap } from '../../test/support/results.ts'
import { verifyCertificate } from '../consensus/certificate.ts'
import type { Commit } from '../consensus/replica/types.ts'
import { plus } from '../core/time.ts'
import { type DecisionLog, openDecisionLog } from '../ledger/decision-log.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { AgentEvent, DecisionEvent } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'
import type { Mark } from './mark-book.ts'
import type { MemberOptions } from './member.ts'
import { createRecorder, type Recorder } from './recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-recorder-'))
after(() => rmSync(folder, { recursive: true }))

let cluster: ReplicaCluster
let commits: readonly Commit[]
let logs = 0

before(async () => {
  cluster = createReplicaCluster({ n: 4, seed: 9 })
  await cluster.run(4_500_000_000n)
  commits = cluster.nodes[1]?.commits ?? []
  assert.ok(commits.length >= 2)
})

function setUp(mark?: Partial<Mark>): { recorder: Recorder; log: DecisionLog; events: AgentEvent[] } {
  logs += 1
  const log = unwrap(openDecisionLog(join(folder, `log-${logs}.sqlite`), cluster.membership.epochPeriodNs))
  const events: AgentEvent[] = []
  const report = (event: AgentEvent): void => {
    events.push(event)
  }
  const options = {
    membership: cluster.membership,
    log,
    identity: { member: { id: 1 } },
    clock: { follow: () => mark },
    report,
  } as unknown as MemberOptions
  const replica = cluster.nodes[1]?.replica
  assert.ok(replica !== undefined)
  return { recorder: createRecorder(options, replica, createFaultLog(report)), log, events }
}

function newest(): Commit {
  const commit = commits.at(-1)
  assert.ok(commit !== undefined)
  return commit
}

test('a decision is kept with a certificate that verifies, and told with what was served at its mark', async () => {
  const monoNs = plus(readMonoNs(), -50_000_000n)
  const served = { monoNs, taiNs: 1n, loNs: 0n, hiNs: 2n, boundNs: 1n, origin: 'certified' }
  const measurement = { rangingNs: 5n } as unknown as Mark['measurement']
  const { recorder, log, events } = setUp({ monoNs, served, measurement })
  const { block, blockHash, votes } = newest()
  recorder.commit(newest())
  const stored = unwrap(log.byHash(blockHash))
  assert.ok(stored?.certificate !== undefined && votes !== undefined)
  const verified = unwrap(await verifyCertificate(stored.certificate, cluster.membership, testVerify))
  assert.deepEqual(verified.blockHash, blockHash)
  const [event] = events as readonly DecisionEvent[]
  assert.ok(event !== undefined)
  assert.deepEqual(
    [event.type, event.node, event.epoch, event.view, event.height, event.signatures, event.quorum],
    ['decision', 1, block.epoch, block.view, block.height, votes.length, 3],
  )
  assert.ok((event.markToCertificateMs ?? 0) >= 50)
  assert.deepEqual(event.served, served)
  const region = block.outcome.frames.find(({ member }) => member === 1)?.region
  assert.ok(region !== undefined)
  const [taiNs, loNs, hiNs] = [5n + region.point, 5n + region.lo, 5n + region.hi]
  assert.deepEqual(event.certified, { monoNs, taiNs, loNs, hiNs })
  assert.deepEqual(event.suspected, [])
  log.close()
})

test('a block that became final with its child is kept without signatures and not told', () => {
  const { recorder, log, events } = setUp()
  recorder.commit({ ...newest(), votes: undefined })
  recorder.flush()
  assert.equal(unwrap(log.byEpoch(newest().block.epoch))?.certificate, undefined)
  assert.deepEqual(events, [])
  log.close()
})

test('a change of the membership is kept, moves no clock and is no certificate', () => {
  const { recorder, log, events } = setUp()
  const { block, blockHash } = newest()
  const change = { step: 'order' as const, digest: new Uint8Array(48) }
  recorder.commit({ ...newest(), block: { ...block, change } })
  const stored = unwrap(log.byHash(blockHash))
  assert.equal(stored?.height, block.height)
  assert.equal(stored?.certificate, undefined)
  assert.deepEqual(events, [])
  log.close()
})

test('whoever fails in its own frame or in those of the others is suspected, once each', () => {
  const { recorder, log, events } = setUp()
  const { block } = newest()
  const frames = block.outcome.frames.map((frame) =>
    frame.member === 2 ? { ...frame, verdict: 'fail' as const } : frame,
  )
  recorder.commit({ ...newest(), block: { ...block, outcome: { ...block.outcome, frames, outliers: [0, 2] } } })
  const [event] = events as readonly DecisionEvent[]
  assert.deepEqual(event?.suspected, [0, 2])
  assert.deepEqual(event.suspicions, [
    { member: 0, kind: 'outlier' },
    { member: 2, kind: 'hardware' },
    { member: 2, kind: 'outlier' },
  ])
  assert.equal(event?.markToCertificateMs, undefined)
  log.close()
})

test('what the detectors find is told with the decision, raises an alarm once, and stands', () => {
  const { recorder, log, events } = setUp()
  const { block } = newest()
  const behaviour = { ...block.state.behaviour, suspects: [{ member: 3, kind: 'bias' as const }] }
  for (const height of [7, 8])
    recorder.commit({ ...newest(), block: { ...block, height, state: { ...block.state, behaviour } } })
  const [alarm, event] = events
  assert.ok(alarm?.type === 'alarm' && alarm.code === 'behaviour.bias')
  assert.ok(event?.type === 'decision')
  assert.deepEqual([event.suspected, event.suspicions], [[], [{ member: 3, kind: 'bias' }]])
  assert.equal(events.filter(({ type }) => type === 'alarm').length, 1)
  assert.equal(recorder.suspicions().suspects[0]?.kind, 'bias')
  log.close()
})

test('a log that can not be written is an alarm, and the decision is told all the same', () => {
  const { recorder, log, events } = setUp()
  log.close()
  recorder.commit(newest())
  const types = events.map((event) => (event.type === 'alarm' ? event.code : event.type))
  assert.deepEqual(types, ['ledger.sqlite', 'decision'])
})
