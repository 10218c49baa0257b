import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { Configuration } from '../config/schema.ts'
import { peersOfSession, resolvePeers } from './peer-directory.ts'

const MEMBERSHIP = sampleMembership(3)

function peer(id: number): Configuration['cluster']['peers'][number] {
  return {
    name: `node${id}`,
    address: `ts${id}.example:740${id}`,
    rangingAddress: `[2001:db8::${id}]:750${id}`,
    dialsFrom: ['192.0.2.7'],
  }
}

/** The configuration of node1 with these peers. */
function configuration(peers: Configuration['cluster']['peers']): Configuration {
  const node = { name: 'node1' } as Configuration['node']
  return {
    node,
    cluster: { listen: '[::]:7400', rangingListen: '[::]:7401', rangingStamps: 'kernel', peers },
    oscillator: { class: 'crystal' },
    sources: [],
    outputs: {},
  }
}

test('every other member is found with its key and both addresses, in the order of the genesis', () => {
  const [first, second] = unwrap(resolvePeers(configuration([peer(2), peer(0)]), MEMBERSHIP))
  assert.deepEqual(first, {
    id: 0,
    name: 'node0',
    tlsKeyHash: MEMBERSHIP.members[0]?.tlsKeyHash,
    address: { host: 'ts0.example', port: 7400 },
    alsoFrom: ['2001:db8::0', '192.0.2.7'],
    ranging: { address: '2001:db8::0', port: 7500 },
  })
  assert.equal(second?.id, 2)
})

test('a member without addresses is named', () => {
  assert.deepEqual(faultOf(resolvePeers(configuration([peer(2)]), MEMBERSHIP)), {
    code: 'peers.missing',
    message: 'cluster.peers: expected addresses of "node0", got none',
  })
})

test('who is no member, or none yet, has no link, and keeps nobody from starting', () => {
  const peers = unwrap(resolvePeers(configuration([peer(0), peer(2), peer(7)]), MEMBERSHIP))
  assert.deepEqual(
    peers.map(({ name }) => name),
    ['node0', 'node2'],
  )
})

test('in a later session who is not configured is missing, who has left is left out, and neither keeps it from starting', () => {
  const { peers, missing } = unwrap(peersOfSession(configuration([peer(0), peer(7)]), { ...MEMBERSHIP, session: 1 }))
  assert.deepEqual(
    peers.map(({ name }) => name),
    ['node0'],
  )
  assert.deepEqual(missing, [
    { code: 'peers.missing', message: 'cluster.peers: expected addresses of "node2", got none' },
  ])
  assert.equal(faultOf(peersOfSession(configuration([peer(0), peer(7)]), MEMBERSHIP)).code, 'peers.missing')
})
