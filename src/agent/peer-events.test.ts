import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import type { RangingKeys } from '../transport/ranging-keys.ts'
import { createFaultLog } from './fault-log.ts'
import { createPeerEvents } from './peer-events.ts'

const KEYS = { send: new Uint8Array(32), receive: new Uint8Array(32) } as unknown as RangingKeys

function setUp() {
  const log: string[] = []
  const report = (event: object): void => {
    log.push(Object.values(event).join(' '))
  }
  const faults = createFaultLog(report)
  const follow = createPeerEvents({
    membership: sampleMembership(3),
    ranging: {
      setKeys: (peer, keys) => log.push(`keys of ${peer}: ${keys === KEYS}`),
      dropKeys: (peer) => log.push(`no keys of ${peer}`),
    },
    report,
    faults,
  })
  const failed = (peer: number, code: string, message = code): void => {
    follow({ type: 'failed', peer, fault: { code: `transport.${code}`, message } })
  }
  return { log, faults, follow, failed }
}

test('keys for ranging come with a link and go with it', () => {
  const { log, follow } = setUp()
  follow({ type: 'up', peer: 1, rangingKeys: KEYS })
  follow({ type: 'down', peer: 1, fault: { code: 'transport.closed', message: 'gone' } })
  assert.deepEqual(log, ['keys of 1: true', 'peer node1 up link authenticated', 'no keys of 1', 'peer node1 down gone'])
})

test('a peer that can not be reached is told of once per reason, and again after it has been up', () => {
  const { log, faults, follow, failed } = setUp()
  failed(2, 'unreachable', 'first')
  failed(2, 'unreachable', 'second')
  failed(1, 'unreachable', 'of another')
  failed(2, 'handshake', 'third')
  assert.deepEqual(log, ['peer node2 down first', 'peer node1 down of another', 'peer node2 down third'])
  follow({ type: 'up', peer: 2, rangingKeys: KEYS })
  failed(2, 'handshake', 'fourth')
  assert.equal(log.at(-1), 'peer node2 down fourth')
  assert.equal(faults.counts()['peer node2 transport.unreachable'], 2)
})

test('a peer with another key or another genesis is an alarm: waiting does not mend it', () => {
  const { log, failed } = setUp()
  failed(1, 'wrong-key', 'expected the key of member 1, got an unknown key')
  failed(1, 'hello-refused', 'Hello refused: expected this membership, got another')
  for (let count = 0; count < 8; count++) failed(1, 'hello-refused', 'again')
  assert.deepEqual(log, [
    'alarm transport.wrong-key peer node1: expected the key of member 1, got an unknown key',
    'alarm transport.hello-refused peer node1: Hello refused: expected this membership, got another',
  ])
  failed(1, 'hello-refused', 'again')
  assert.equal(log.at(-1), 'alarm transport.hello-refused peer node1: again (10 times)')
})
