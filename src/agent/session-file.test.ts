import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createSessionCluster, memberOf, type SessionCluster } from '../../test/support/session-cluster.ts'
import { nextMembership, testOrder } from '../../test/support/test-orders.ts'
import { createSessionChain, type SessionChain } from '../consensus/session-chain.ts'
import { readSessions, writeSessions } from './session-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-sessions-'))
after(() => rmSync(folder, { recursive: true }))

let cluster: SessionCluster
let chain: SessionChain

before(async () => {
  cluster = createSessionCluster({ n: 4, seed: 1 })
  await cluster.run(1_500_000_000n)
  const next = nextMembership(cluster.genesis, { members: [0, 1, 2].map(memberOf) })
  cluster.submit(0, testOrder(cluster.genesis, next, [0, 1]))
  await cluster.run(1_000_000_000n)
  const node = cluster.nodes.get(0)
  assert.ok(node !== undefined)
  chain = node.chain
  assert.equal(chain.steps.length, 1)
})

test('an appliance without the file is in the first session', () => {
  assert.equal(unwrap(readSessions(folder, cluster.genesis)).present.membership.session, 0)
})

test('the sessions are read as they were written, and nothing else is left in the folder', () => {
  unwrap(writeSessions(folder, chain))
  const read = unwrap(readSessions(folder, cluster.genesis))
  assert.deepEqual(read.present, chain.present)
  assert.deepEqual(readdirSync(folder), ['sessions.cbor'])
  unwrap(writeSessions(folder, createSessionChain(cluster.genesis)))
  assert.equal(unwrap(readSessions(folder, cluster.genesis)).steps.length, 0)
})

test('a file of another cluster, or of none, is refused with its name', () => {
  unwrap(writeSessions(folder, chain))
  const other = { ...cluster.genesis, targetPrecisionNs: 2n }
  assert.match(
    faultOf(readSessions(folder, other)).message,
    /sessions\.cbor: step 0: order: expected a change of the present/,
  )
  writeFileSync(join(folder, 'sessions.cbor'), 'sessions')
  assert.match(faultOf(readSessions(folder, cluster.genesis)).message, /sessions\.cbor: expected/)
  assert.equal(faultOf(writeSessions(join(folder, 'absent'), chain)).code, 'sessions.write')
})
