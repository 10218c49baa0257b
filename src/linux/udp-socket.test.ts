import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { Result } from '../core/fault.ts'
import { createMessageReader } from './message-reader.ts'
import { networkInterface } from './network-interface.ts'
import { pollDescriptors } from './poll.ts'
import { SOL_SOCKET } from './socket-abi.ts'
import type { InternetAddress } from './socket-address.ts'
import { setOption } from './socket-options.ts'
import { SO_TIMESTAMPING, SOF_RX_SOFTWARE, SOF_SOFTWARE, SOF_TX_SOFTWARE } from './stamping-abi.ts'
import { openUdpSocket, sendDatagram, type UdpSocket, type UdpSocketOptions } from './udp-socket.ts'

function opened(t: TestContext, options: Partial<UdpSocketOptions> = {}): UdpSocket {
  const socket = unwrap(openUdpSocket({ local: { address: '127.0.0.1', port: 0 }, ...options }))
  t.after(socket.close)
  return socket
}

function send(from: UdpSocket, bytes: Uint8Array, to: InternetAddress): Result<void> {
  const address = from.addressOf(to)
  return address.ok ? sendDatagram(from.fd, bytes, address.value) : address
}

function stamped(socket: UdpSocket): void {
  const flags = SOF_TX_SOFTWARE | SOF_RX_SOFTWARE | SOF_SOFTWARE
  unwrap(setOption(socket.fd, [SOL_SOCKET, SO_TIMESTAMPING], flags, 'stamp'))
}

const PATIENCE_MS = 30_000

/** The next packet of a socket, which the kernel may bring some time after it has taken it. */
function next({ fd }: UdpSocket, reader = createMessageReader()) {
  unwrap(pollDescriptors([fd], PATIENCE_MS))
  return unwrap(reader.read(fd, 'packets'))
}

for (const address of ['127.0.0.1', '::1']) {
  test(`the kernel stamps what leaves and what comes at ${address}, and returns what left`, async (t) => {
    const [from, to] = [0, 1].map(() => opened(t, { local: { address, port: 0 } })) as [UdpSocket, UdpSocket]
    for (const socket of [from, to]) stamped(socket)
    const reader = createMessageReader()
    assert.equal(unwrap(reader.read(to.fd, 'packets')), undefined)
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)
    const idle = { readable: false, errors: false, invalid: false }
    const exchange = () => {
      unwrap(send(from, bytes, to.local))
      for (const { fd } of [from, to]) unwrap(pollDescriptors([fd], PATIENCE_MS))
      assert.deepEqual(unwrap(pollDescriptors([from.fd, to.fd], 0)), [
        { ...idle, errors: true },
        { ...idle, readable: true },
      ])
      return { sent: unwrap(reader.read(from.fd, 'errors')), came: unwrap(reader.read(to.fd, 'packets')) }
    }
    // A thread of the kernel begins to stamp what comes some time after it is asked to.
    let { sent, came } = exchange()
    for (const end = performance.now() + PATIENCE_MS; came?.softwareNs === undefined && performance.now() < end; ) {
      await sleep(1)
      ;({ sent, came } = exchange())
    }
    assert.ok(sent?.softwareNs !== undefined && came?.softwareNs !== undefined)
    assert.ok(sent.softwareNs <= came.softwareNs, `${came.softwareNs - sent.softwareNs} ns`)
    assert.deepEqual(came.from, from.local)
    assert.deepEqual(came.bytes, bytes)
    assert.deepEqual(sent.bytes.subarray(-bytes.length), bytes)
    assert.deepEqual(sent.error, { origin: 4, info: 0 })
    assert.equal(unwrap(reader.read(from.fd, 'errors')), undefined)
  })
}

test('a packet that is too long is cut, and says so', (t) => {
  const [from, to] = [opened(t), opened(t)]
  unwrap(send(from, new Uint8Array(4_000), to.local))
  const came = next(to)
  assert.deepEqual([came?.cut, came?.bytes.length], [true, 2_048])
})

test('what cannot be opened or sent says why', (t) => {
  const socket = opened(t)
  const refused = (options: Partial<UdpSocketOptions>): string => {
    return faultOf(openUdpSocket({ local: { address: '127.0.0.1', port: 0 }, ...options })).code
  }
  assert.equal(refused({ local: socket.local }), 'socket.port-in-use')
  assert.equal(refused({ local: { address: 'localhost', port: 0 } }), 'socket.address')
  assert.equal(refused({ local: { address: '192.0.2.1', port: 0 } }), 'socket.open')
  assert.equal(refused({ interface: 'none-such' }), 'socket.interface')
  assert.equal(refused({ groups: ['192.0.2.1'] }), 'socket.option')
  assert.equal(refused({ groups: ['ff0e::181'] }), 'socket.address')
  assert.equal(faultOf(send(socket, new Uint8Array(1), { address: '::1', port: 9 })).code, 'socket.address')
  assert.match(faultOf(send(socket, new Uint8Array(70_000), socket.local)).message, /EMSGSIZE/)
})

test('two sockets share a port, and both have what is sent to their group', (t) => {
  const group = '224.0.1.129'
  const shared = { interface: 'lo', groups: [group], reuseAddress: true }
  const first = opened(t, { local: { address: '0.0.0.0', port: 0 }, ...shared })
  const second = opened(t, { local: first.local, ...shared })
  const stranger = opened(t, { local: first.local, interface: 'lo', reuseAddress: true, groups: ['224.0.1.130'] })
  const sender = opened(t, { local: { address: '0.0.0.0', port: 0 }, interface: 'lo' })
  const reader = createMessageReader()
  unwrap(send(sender, Uint8Array.of(7), { address: group, port: first.local.port }))
  const came = [first, second].map((socket) => next(socket, reader)?.bytes[0])
  assert.deepEqual([...came, unwrap(reader.read(stranger.fd, 'packets'))], [7, 7, undefined])
})

test('an interface says what stamps it takes, and refuses what it cannot', (t) => {
  const socket = opened(t)
  const lo = networkInterface(socket.fd, 'lo')
  const info = unwrap(lo.stampingInfo())
  assert.equal(info.clock, undefined)
  assert.equal(info.capabilities & (SOF_RX_SOFTWARE | SOF_SOFTWARE), SOF_RX_SOFTWARE | SOF_SOFTWARE)
  assert.match(faultOf(lo.setStamping({ transmitType: 1, receiveFilter: 1 })).message, /lo: expected to have its card/)
  assert.equal(faultOf(networkInterface(socket.fd, 'none-such').stampingInfo()).code, 'linux.interface')
})
