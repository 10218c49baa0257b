import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createMessageReader, type ReadMessage } from './message-reader.ts'
import { filterProgram, type PacketFilter } from './packet-filter.ts'
import { pollDescriptors } from './poll.ts'
import { openUdpSocket, sendDatagram, type UdpSocket } from './udp-socket.ts'

function opened(t: TestContext, address: string, filter?: PacketFilter): UdpSocket {
  const socket = unwrap(openUdpSocket({ local: { address, port: 0 }, filter }))
  t.after(socket.close)
  return socket
}

function send(from: UdpSocket, to: UdpSocket, bytes: Uint8Array): void {
  unwrap(sendDatagram(from.fd, bytes, unwrap(from.addressOf(to.local))))
}

const PATIENCE_MS = 30_000

/** The next packet of a socket, which the kernel may bring some time after it has taken it. */
function next({ fd }: UdpSocket): ReadMessage | undefined {
  unwrap(pollDescriptors([fd], PATIENCE_MS))
  return unwrap(createMessageReader().read(fd, 'packets'))
}

async function untilDropped(socket: UdpSocket, count: number): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while ((socket.drops() ?? 0) < count && performance.now() < end) await sleep(1)
  assert.equal(socket.drops(), count)
}

const GOOD = Uint8Array.of(1, 2, 3, 4, 5, 6)
const BEGINS = 0x01020304

test('only packets of this length and beginning come in, from these addresses alone; what is dropped is counted', async (t) => {
  const from = ['127.0.0.1', '::1', '127.0.0.2', '127.0.0.3']
  const to = opened(t, '127.0.0.1', { from, bytes: GOOD.length, begins: BEGINS })
  for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
    const peer = opened(t, address)
    send(peer, to, GOOD)
    const came = next(to)
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
  await untilDropped(to, 13)
  assert.equal(unwrap(createMessageReader().read(to.fd, 'packets')), undefined)
})

test('the same over IPv6, where an address has four words', async (t) => {
  for (const [from, comes] of [
    [['2001:db8::1', '::1'], true],
    [['::2', '1::1', '0:0:1::1', '127.0.0.1'], false],
    [[], false],
  ] as const) {
    const to = opened(t, '::1', { from, bytes: GOOD.length, begins: BEGINS })
    send(opened(t, '::1'), to, GOOD)
    if (comes) assert.notEqual(next(to), undefined, from.join())
    await untilDropped(to, comes ? 0 : 1)
    assert.equal(unwrap(createMessageReader().read(to.fd, 'packets')), undefined, from.join())
  }
})

test('a hundred peers are no more than the kernel takes', (t) => {
  const from = Array.from({ length: 100 }, (_, index) => `2001:db8::${index + 1}`)
  const program = unwrap(filterProgram({ from, bytes: 1, begins: 0 }, 6))
  // Five instructions before, nine for each, one behind; BPF_MAXINSNS is 4,096.
  assert.equal(program.length / 8, 6 + 900 + 1)
  const to = opened(t, '::1', { from: [...from, '::1'], bytes: GOOD.length, begins: BEGINS })
  send(opened(t, '::1'), to, GOOD)
  assert.notEqual(next(to), undefined)
})

test('what is no address is a fault', () => {
  const filter = { from: ['ts0.example'], bytes: 1, begins: 0 }
  assert.equal(faultOf(filterProgram(filter, 4)).code, 'socket.address')
  assert.equal(faultOf(openUdpSocket({ local: { address: '127.0.0.1', port: 0 }, filter })).code, 'socket.address')
})
