import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createMessageReader } from './message-reader.ts'
import { filterProgram, type PacketFilter } from './packet-filter.ts'
import { openUdpSocket, sendDatagram, type UdpSocket } from './udp-socket.ts'

function opened(t: TestContext, address: string, filter?: PacketFilter): UdpSocket {
  const socket = unwrap(openUdpSocket({ local: { address, port: 0 }, filter }))
  t.after(socket.close)
  return socket
}

function send(from: UdpSocket, to: UdpSocket, bytes: Uint8Array): void {
  unwrap(sendDatagram(from.fd, bytes, unwrap(from.addressOf(to.local))))
}

const GOOD = Uint8Array.of(1, 2, 3, 4, 5, 6)
const BEGINS = 0x01020304

test('only packets of this length and beginning come in, from these addresses alone; what is dropped is counted', (t) => {
  const from = ['127.0.0.1', '::1', '127.0.0.2', '127.0.0.3']
  const to = opened(t, '127.0.0.1', { from, bytes: GOOD.length, begins: BEGINS })
  const reader = createMessageReader()
  for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
    const peer = opened(t, address)
    send(peer, to, GOOD)
    const came = unwrap(reader.read(to.fd, 'packets'))
    assert.deepEqual([came?.from?.address, came?.bytes], [address, GOOD])
    for (const bad of [
      GOOD.subarray(1),
      Uint8Array.of(...GOOD, 7),
      Uint8Array.of(1, 2, 3, 5, 5, 6),
      new Uint8Array(0),
    ]) {
      send(peer, to, bad)
    }
  }
  send(opened(t, '127.0.0.4'), to, GOOD)
  assert.equal(unwrap(reader.read(to.fd, 'packets')), undefined)
  assert.equal(to.drops(), 13)
})

test('the same over IPv6, where an address has four words', (t) => {
  for (const [from, comes] of [
    [['2001:db8::1', '::1'], true],
    [['::2', '1::1', '0:0:1::1', '127.0.0.1'], false],
    [[], false],
  ] as const) {
    const to = opened(t, '::1', { from, bytes: GOOD.length, begins: BEGINS })
    send(opened(t, '::1'), to, GOOD)
    assert.equal(unwrap(createMessageReader().read(to.fd, 'packets')) !== undefined, comes, from.join())
    assert.equal(to.drops(), comes ? 0 : 1)
  }
})

test('a hundred peers are no more than the kernel takes', (t) => {
  const from = Array.from({ length: 100 }, (_, index) => `2001:db8::${index + 1}`)
  const program = unwrap(filterProgram({ from, bytes: 1, begins: 0 }, 6))
  // Five instructions before, nine for each, one behind; BPF_MAXINSNS is 4,096.
  assert.equal(program.length / 8, 6 + 900 + 1)
  const to = opened(t, '::1', { from: [...from, '::1'], bytes: GOOD.length, begins: BEGINS })
  send(opened(t, '::1'), to, GOOD)
  assert.notEqual(unwrap(createMessageReader().read(to.fd, 'packets')), undefined)
})

test('what is no address is a fault', () => {
  const filter = { from: ['ts0.example'], bytes: 1, begins: 0 }
  assert.equal(faultOf(filterProgram(filter, 4)).code, 'socket.address')
  assert.equal(faultOf(openUdpSocket({ local: { address: '127.0.0.1', port: 0 }, filter })).code, 'socket.address')
})
