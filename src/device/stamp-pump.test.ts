import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { unwrap } from '../../test/support/results.ts'
import { type PhcNs, phcNs, realtimeNs } from '../core/time.ts'
import { type ClockPair, readClockPair, readMonoNs } from '../linux/clock.ts'
import { lowerEvent, openEventFd, raiseEvent } from '../linux/event-fd.ts'
import { createMessageReader, type MessageReader, type ReadMessage } from '../linux/message-reader.ts'
import { pollDescriptors } from '../linux/poll.ts'
import { SOL_SOCKET } from '../linux/socket-abi.ts'
import type { InternetAddress } from '../linux/socket-address.ts'
import { setOption } from '../linux/socket-options.ts'
import { SO_TIMESTAMPING, SOF_RX_SOFTWARE, SOF_SOFTWARE, SOF_TX_SOFTWARE } from '../linux/stamping-abi.ts'
import { openUdpSocket, sendDatagram, type UdpSocket } from '../linux/udp-socket.ts'
import { type ClockBridge, createClockBridge } from './clock-bridge.ts'
import type { StampBatch } from './stamp-messages.ts'
import { createStampPump, QUEUE_MAX, type StampPump } from './stamp-pump.ts'
import { createUserStamps } from './user-stamp.ts'

const stampNow = createUserStamps(readMonoNs)

function opened(t: TestContext): UdpSocket {
  const socket = unwrap(openUdpSocket({ local: { address: '127.0.0.1', port: 0 } }))
  t.after(socket.close)
  const flags = SOF_TX_SOFTWARE | SOF_RX_SOFTWARE | SOF_SOFTWARE
  unwrap(setOption(socket.fd, [SOL_SOCKET, SO_TIMESTAMPING], flags, 'stamp'))
  return socket
}

function send(from: UdpSocket, bytes: Uint8Array, to: InternetAddress): void {
  unwrap(sendDatagram(from.fd, bytes, unwrap(from.addressOf(to))))
}

function pumpWith(bridge: ClockBridge, reader: MessageReader = createMessageReader()): StampPump {
  return createStampPump({ reader, bridge, stampNow })
}

function watched({ fd }: UdpSocket, id = 1, hardware?: ClockBridge<PhcNs>) {
  return { id, fd, hardware, taken: () => 0, countSent: () => undefined }
}

interface Exchanged {
  readonly sent: StampBatch
  readonly came: StampBatch
}

const PATIENCE_MS = 30_000

/** What becomes of a packet of socket 1 to socket 2: the kernel may bring it some time after it has taken it. */
function carry(pump: StampPump, from: UdpSocket, to: UdpSocket): Exchanged {
  send(from, Uint8Array.of(1, 2, 3), to.local)
  const batches = new Map<number, StampBatch>()
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    for (const batch of pump.turn(1_000)) batches.set(batch.id, batch)
    const [sent, came] = [batches.get(1), batches.get(2)]
    if (sent !== undefined && came !== undefined) return { sent, came }
  }
  return assert.fail('the packet never came')
}

/** Until the kernel stamps what comes, which a thread of its own begins some time after it is asked to. */
function exchange(pump: StampPump, from: UdpSocket, to: UdpSocket): Exchanged {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    const exchanged = carry(pump, from, to)
    if (exchanged.came.lost.get('stamp.none') === undefined) return exchanged
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  }
  return assert.fail('the kernel never stamped what came')
}

test('both stamps of a packet lie between the readings around its flight, in their order', (t) => {
  const [from, to] = [opened(t), opened(t)]
  const pump = pumpWith(createClockBridge(readClockPair))
  pump.add(watched(from, 1))
  pump.add(watched(to, 2))
  exchange(pump, from, to)
  const before = readMonoNs()
  const { sent, came } = exchange(pump, from, to)
  const after = readMonoNs()
  const [frame, packet] = [sent.sent[0], came.packets[0]]
  assert.ok(frame?.stamp !== undefined && packet !== undefined)
  assert.deepEqual([sent.id, came.id, frame.stamp.kind, packet.stamp.kind], [1, 2, 'kernel', 'kernel'])
  assert.deepEqual([...packet.bytes, packet.from.port], [1, 2, 3, from.local.port])
  const { stamp } = packet
  assert.ok(before <= frame.stamp.at + frame.stamp.errorNs && stamp.at - stamp.errorNs <= after)
  assert.ok(frame.stamp.at - frame.stamp.errorNs <= stamp.at + stamp.errorNs)
  assert.deepEqual(pump.turn(0), [])
})

test('the transmit stamps that are there by now are had without a turn, once', (t) => {
  const [from, to] = [opened(t), opened(t)]
  const pump = pumpWith(createClockBridge(readClockPair))
  pump.add(watched(from, 1))
  pump.add(watched(to, 2))
  exchange(pump, from, to)
  assert.equal(pump.collectSent(1), undefined)
  const before = readMonoNs()
  send(from, Uint8Array.of(7), to.local)
  const collected = pump.collectSent(1)
  const stamp = collected?.sent[0]?.stamp
  assert.ok(stamp?.kind === 'kernel' && collected?.sent.length === 1)
  assert.ok(before <= stamp.at + stamp.errorNs && stamp.at - stamp.errorNs <= readMonoNs())
  assert.equal(pump.collectSent(1), undefined)
  assert.deepEqual(
    pump.turn(PATIENCE_MS).map(({ id, packets, sent }) => [id, packets.length, sent.length]),
    [[2, 1, 0]],
  )
  assert.equal(pump.collectSent(3), undefined)
})

test('a realtime clock that is set takes the stamps around that instant with it, and counts them', (t) => {
  const [from, to] = [opened(t), opened(t)]
  let stepNs = 0n
  const bridge = createClockBridge(() => {
    const pair = readClockPair()
    return { ...pair, shownNs: realtimeNs(pair.shownNs + stepNs) }
  })
  const pump = pumpWith(bridge)
  pump.add(watched(from, 1))
  pump.add(watched(to, 2))
  exchange(pump, from, to)
  stepNs = -3_600_000_000_000n
  const { sent, came } = carry(pump, from, to)
  const after = readMonoNs()
  assert.equal(sent.sent[0]?.stamp, undefined)
  const stamp = came.packets[0]?.stamp
  assert.ok(stamp?.kind === 'user' && stamp.at <= after, 'what this program saw stands in')
  for (const batch of [sent, came]) {
    assert.deepEqual([...batch.lost.values()], [1])
    assert.match([...batch.lost.keys()].join(), /^clock\.(?:realtime-stepped|stamp-too-new)$/)
  }
})

test('a flood is dropped and counted, and other sockets have their turn', (t) => {
  const [from, to, calm] = [opened(t), opened(t), opened(t)]
  const pump = pumpWith(createClockBridge(readClockPair))
  let taken = 0
  pump.add({ ...watched(to, 1), taken: () => taken })
  pump.add(watched(calm, 2))
  let [packets, dropped, turns] = [0, 0, 0]
  for (let rounds = 0; rounds < 100 && dropped < 500; rounds++) {
    for (let burst = 0; burst < 100; burst++) send(from, Uint8Array.of(1), to.local)
    send(from, Uint8Array.of(2), calm.local)
    for (const batch of pump.turn(0)) {
      if (batch.id === 2) turns += 1
      else packets += batch.packets.length
      dropped += batch.lost.get('socket.flood') ?? 0
    }
  }
  assert.ok(dropped >= 500, `${dropped} dropped`)
  assert.equal(packets, QUEUE_MAX)
  assert.ok(turns >= QUEUE_MAX / 64)
  taken = packets
  send(from, Uint8Array.of(1), to.local)
  assert.ok((pump.turn(0)[0]?.packets.length ?? 0) > 0, 'expected packets again when the queue is empty')
})

const CARD_BEHIND_NS = 37_000_000_000n

/** A card's clock that runs with the oscillator, some way behind. */
function cardBridge(): ClockBridge<PhcNs> {
  const readPair = (): ClockPair<PhcNs> => {
    const at = readMonoNs()
    return { monoNs: at, shownNs: phcNs(at - CARD_BEHIND_NS), bracketNs: 50n }
  }
  return createClockBridge(readPair, undefined, 'phc')
}

/** One message, then none. */
function readerOf(message: Partial<ReadMessage>): MessageReader {
  const whole: ReadMessage = {
    softwareNs: undefined,
    hardwareNs: undefined,
    error: undefined,
    bytes: Uint8Array.of(1),
    from: { address: '192.0.2.1', port: 319 },
    cut: false,
    controlCut: false,
    ...message,
  }
  let read = false
  return {
    read: () => {
      const value = read ? undefined : whole
      read = true
      return { ok: true, value }
    },
  }
}

/** What comes of one message that says this; one that speaks of a card's stamp has the kernel's too. */
function pumped(t: TestContext, message: Partial<ReadMessage>, hardware?: ClockBridge<PhcNs>): StampBatch {
  const [from, to] = [opened(t), opened(t)]
  const bridge = createClockBridge(readClockPair)
  // A stamp of now, since a bridge knows nothing of the time before it.
  const softwareNs = 'hardwareNs' in message ? readClockPair().shownNs : undefined
  const pump = pumpWith(bridge, readerOf({ softwareNs, ...message }))
  pump.add(watched(to, 1, hardware))
  send(from, Uint8Array.of(1), to.local)
  const [batch] = pump.turn(PATIENCE_MS)
  assert.ok(batch !== undefined)
  return batch
}

test("the card's stamp is the one of choice, the kernel's the next, this program's the last", (t) => {
  const bridge = cardBridge()
  const at = readMonoNs()
  const hardwareNs = at - CARD_BEHIND_NS
  const card = pumped(t, { hardwareNs }, bridge).packets[0]?.stamp
  assert.ok(card?.kind === 'hardware' && card.at - at <= card.errorNs && at - card.at <= card.errorNs)
  const wrong = pumped(t, { hardwareNs: hardwareNs + 10n ** 12n }, bridge)
  assert.deepEqual([wrong.packets[0]?.stamp.kind, wrong.lost.get('clock.stamp-too-new')], ['kernel', 1])
  const cut = pumped(t, { hardwareNs, controlCut: true }, bridge)
  assert.deepEqual([cut.packets[0]?.stamp.kind, cut.lost.get('stamp.cut')], ['user', 1])
  assert.equal(pumped(t, { hardwareNs }).packets[0]?.stamp.kind, 'kernel')
  assert.deepEqual([...pumped(t, {}).lost], [['stamp.none', 1]])
})

test('packets that were cut or are nobody’s are dropped, and so is what others put on the error queue', (t) => {
  assert.deepEqual([...pumped(t, { cut: true }).lost], [['socket.cut', 1]])
  assert.deepEqual([...pumped(t, { from: undefined }).lost], [['socket.cut', 1]])
  const from = opened(t)
  for (const error of [undefined, { origin: 2, info: 0 }, { origin: 4, info: 1 }]) {
    const pump = pumpWith(createClockBridge(readClockPair), readerOf({ error, softwareNs: 1n }))
    pump.add(watched(from))
    send(from, Uint8Array.of(1), { address: '127.0.0.1', port: 9 })
    const [batch] = pump.turn(PATIENCE_MS)
    assert.deepEqual([batch?.sent.length, [...(batch?.lost ?? [])]], [0, [['socket.foreign-error', 1]]])
    // What the reader did not take ends every wait; it is not this socket's any more.
    createMessageReader().read(from.fd, 'errors')
  }
})

test('a socket that is closed under the pump is reported once and let go', (t) => {
  const [gone, kept] = [unwrap(openUdpSocket({ local: { address: '127.0.0.1', port: 0 } })), opened(t)]
  const pump = pumpWith(createClockBridge(readClockPair))
  pump.add(watched(gone, 1))
  pump.add(watched(kept, 2))
  gone.close()
  assert.deepEqual(
    pump.turn(0).map(({ id, fault }) => [id, fault?.code]),
    [[1, 'socket.closed']],
  )
  assert.deepEqual(pump.turn(0), [])
})

test('the pump sends for its sockets, tells what the kernel refused, and wakes for what it is to do', (t) => {
  const [from, to] = [opened(t), opened(t)]
  const wake = unwrap(openEventFd())
  t.after(wake.close)
  const reader = createMessageReader()
  const pump = createStampPump({ reader, bridge: createClockBridge(readClockPair), stampNow, wakeFd: wake.fd })
  let counted = 0
  const countSent = (): void => {
    counted += 1
  }
  pump.add({ ...watched(from, 1), countSent })
  raiseEvent(wake.fd)
  assert.deepEqual(pump.turn(60_000), [])
  assert.deepEqual(unwrap(pollDescriptors([wake.fd], 0))[0]?.readable, false)
  unwrap(lowerEvent(wake.fd))
  const address = unwrap(from.addressOf(to.local))
  pump.send(1, { serial: 7, bytes: new Uint8Array(70_000), address })
  pump.send(1, { serial: 8, bytes: Uint8Array.of(1, 2), address })
  pump.send(2, { serial: 9, bytes: Uint8Array.of(3), address })
  const [batch] = pump.turn(0)
  assert.deepEqual(
    batch?.unsent.map(({ serial, fault }) => [serial, fault.code]),
    [[7, 'socket.send']],
  )
  assert.deepEqual([...(batch?.sent[0]?.frame.subarray(-2) ?? [])], [1, 2])
  assert.equal(batch?.sent[0]?.stamp?.kind, 'kernel')
  unwrap(pollDescriptors([to.fd], PATIENCE_MS))
  assert.equal(unwrap(reader.read(to.fd, 'packets'))?.bytes.length, 2)
  assert.equal(unwrap(reader.read(to.fd, 'packets')), undefined)
  assert.equal(counted, 2)
})
