import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createReplicaCluster } from '../../../test/support/replica-cluster.ts'
import { unwrap } from '../../../test/support/results.ts'
import { epochMarkTai } from '../../consensus/replica/epoch-schedule.ts'
import { openDecisionLog } from '../../ledger/decision-log.ts'
import { storedDecision } from '../recorder.ts'
import { createCertifiedPast } from './certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-past-'))
after(() => rmSync(folder, { recursive: true }))

test('nobody could know a block before the mark of the one before it', async () => {
  const cluster = createReplicaCluster({ n: 4, seed: 5 })
  await cluster.run(6_000_000_000n)
  const { membership } = cluster
  const commits = (cluster.nodes[1]?.commits ?? []).toSorted((a, b) => a.block.height - b.block.height)
  const [first, second, third] = commits
  assert.ok(first && second && third)
  const log = unwrap(openDecisionLog(join(folder, 'decisions.sqlite'), membership.epochPeriodNs))
  const past = createCertifiedPast(log, membership, assert.ifError)
  const nameOf = ({ block, blockHash }: typeof first) => ({ height: block.height, hash: blockHash })
  assert.deepEqual([past.now, past.newest()], [undefined, undefined])
  unwrap(log.append(storedDecision(first)))
  past.committed(first.block)
  assert.equal(past.now, epochMarkTai(membership, first.block.epoch))
  // No block stands before the first one: its own proposals date it.
  assert.deepEqual(past.newest(), nameOf(first))
  assert.equal(past.knowableSince(nameOf(first)), epochMarkTai(membership, first.block.epoch - 1))
  assert.equal(past.knowableSince({ ...nameOf(first), hash: second.blockHash }), undefined)
  assert.equal(past.knowableSince(nameOf(second)), undefined)
  unwrap(log.append(storedDecision(second), storedDecision(third)))
  past.committed(third.block)
  past.committed(second.block)
  assert.equal(past.now, epochMarkTai(membership, third.block.epoch))
  assert.equal(past.knowableSince(nameOf(second)), epochMarkTai(membership, first.block.epoch))
  assert.equal(past.knowableSince({ ...nameOf(second), hash: third.blockHash }), undefined)
  const newest = past.newest()
  assert.ok(newest && past.knowableSince(newest) !== undefined)
  // Who has joined since has none of the blocks before: the proposals of its first one date that.
  const joined = unwrap(openDecisionLog(join(folder, 'joined.sqlite'), membership.epochPeriodNs))
  unwrap(joined.append(storedDecision(third)))
  const newcomer = createCertifiedPast(joined, membership, assert.ifError)
  assert.equal(newcomer.knowableSince(nameOf(third)), epochMarkTai(membership, third.block.epoch - 1))
  const withoutProposals = { ...third, block: { ...third.block, list: [] } }
  const orders = unwrap(openDecisionLog(join(folder, 'orders.sqlite'), membership.epochPeriodNs))
  unwrap(orders.append(storedDecision(withoutProposals)))
  assert.equal(createCertifiedPast(orders, membership, assert.ifError).knowableSince(nameOf(third)), undefined)
  for (const opened of [joined, orders]) opened.close()
  const elsewhere = createCertifiedPast(log, { ...membership, era: membership.era + 1 }, assert.ifError)
  assert.deepEqual([elsewhere.now, elsewhere.newest()], [undefined, undefined])
  log.close()
})
