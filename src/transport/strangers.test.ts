import assert from 'node:assert/strict'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { recordClientHello } from '../../test/support/recorded-hello.ts'
import { FRAME_PAYLOAD_BYTES_MAX } from './frame.ts'
import {
  closeAll,
  connectStranger,
  createIdentities,
  endOf,
  faultsOf,
  frameOf,
  HELLO,
  type Node,
  peerOf,
  startNode,
  until,
} from './mesh-fixture.ts'
import { tlsSettings } from './tls-settings.ts'

/** The first flight of a member, recorded: anybody can send it again. */
let recorded: Buffer = Buffer.alloc(0)
const clientHello = (): Buffer => recorded

/** Member 1 listens, member 0 is played by the tests, member 2 exists; `outsider` is nobody's key. */
const [zero, one, two, outsider] = createIdentities(4) as [never, never, never, never]
const running: Node[] = []
let door: Node

/** Turns as many as anybody wants, unless a test says otherwise: what is tested is what comes after them. */
const TURNS = { memberPerSecond: 1e6, handshakesPerSecond: 1e6 }

async function start(limits = {}): Promise<Node> {
  const node = await startNode(1, one, [peerOf(0, zero), peerOf(2, two, 1)], { limits: { ...TURNS, ...limits } })
  running.push(node)
  return node
}

function refusedFor(node: Node, code: string): number {
  return node.mesh.inbound().refused[code] ?? 0
}

before(async () => {
  door = await start()
  recorded = await recordClientHello(outsider)
})
after(() => closeAll(running))

test('a key of no member is refused before it learns anything', async () => {
  const stranger = connectStranger(door.mesh.address, outsider)
  await stranger.secured
  stranger.socket.write(frameOf(HELLO))
  await stranger.ended
  assert.equal(stranger.received().length, 0)
  const { lastFault } = door.mesh.inbound()
  assert.equal(refusedFor(door, 'transport.wrong-key'), 1)
  assert.equal(lastFault?.code, 'transport.wrong-key')
  assert.match(
    lastFault.message,
    /^connection from 127\.0\.0\.1:\d+: expected the key of a member, got an unknown key \(SHA-384 /,
  )
})

test('a client without a certificate is refused', async () => {
  const stranger = connectStranger(door.mesh.address, zero, { key: undefined, cert: undefined })
  await stranger.ended
  assert.equal(stranger.received().length, 0)
  assert.equal(door.mesh.inbound().lastFault?.code, 'transport.no-certificate')
})

test('a member that should be dialled may not dial', async () => {
  const stranger = connectStranger(door.mesh.address, two)
  await stranger.ended
  assert.equal(door.mesh.inbound().lastFault?.code, 'transport.wrong-direction')
})

test('no other protocol version, group or signature scheme is spoken', async () => {
  const others = [
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT', sigalgs: 'ecdsa_secp384r1_sha384' },
    { ecdhCurve: 'X25519' },
    { ecdhCurve: 'P-384' },
    { sigalgs: 'mldsa65' },
    { sigalgs: 'ed25519:ecdsa_secp384r1_sha384' },
  ] as const
  for (const options of others) {
    const failed = refusedFor(door, 'transport.handshake')
    await connectStranger(door.mesh.address, zero, options).ended
    await until('the failure is counted', () => refusedFor(door, 'transport.handshake') === failed + 1)
    assert.equal(door.mesh.inbound().lastFault?.code, 'transport.handshake')
  }
})

test('the link is TLS 1.3 with ML-KEM-1024, and a client that knows every scheme is asked for ML-DSA-87', async () => {
  const member = connectStranger(door.mesh.address, zero, { sigalgs: undefined })
  await member.secured
  assert.equal(member.socket.getProtocol(), 'TLSv1.3')
  assert.deepEqual(member.socket.getSharedSigalgs(), ['id-ml-dsa-87+UNDEF'])
  assert.deepEqual(member.socket.getEphemeralKeyInfo(), {
    type: 'TLSGroup',
    name: 'SecP384r1MLKEM1024',
    size: undefined,
  })
  member.socket.destroy()
})

test('a session that a client kept is not resumed', async () => {
  const first = connectStranger(door.mesh.address, zero)
  const sessions: Buffer[] = []
  first.socket.on('session', (session) => sessions.push(session))
  first.socket.write(frameOf(HELLO))
  await until('it has a session and its Hello', () => sessions.length > 0 && first.received().length > 0)
  first.socket.destroy()
  const second = connectStranger(door.mesh.address, zero, { session: sessions[0] })
  await second.secured
  assert.equal(second.socket.isSessionReused(), false)
  second.socket.destroy()
})

test('the listener answers a Hello with its own and not before', async () => {
  const member = connectStranger(door.mesh.address, zero)
  await member.secured
  const up = door.mesh.peers()[0]!.linksUp
  assert.equal(member.received().length, 0)
  member.socket.write(frameOf(HELLO))
  await until('its Hello is there', () => member.received().length > 0)
  assert.deepEqual(new Uint8Array(member.received()), frameOf(HELLO))
  assert.equal(door.mesh.peers()[0]!.linksUp, up + 1)
  member.socket.destroy()
})

test('a second connection of a member replaces the first', async () => {
  const older = connectStranger(door.mesh.address, zero)
  older.socket.write(frameOf(HELLO))
  await until('the first is up', () => older.received().length > 0)
  const newer = connectStranger(door.mesh.address, zero)
  newer.socket.write(frameOf(HELLO))
  await older.ended
  assert(faultsOf(door, 0).includes('transport.replaced'))
  assert.equal(door.mesh.peers()[0]!.up, true)
  newer.socket.destroy()
})

test('a Hello beyond its limit, a frame beyond 1 MiB and an empty frame close the connection with a fault', async () => {
  const header = (length: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(length)
    return bytes
  }
  // 64 KiB, and 16 KiB for each of three members.
  const cases = [
    [header(112 * 1024 + 1), 'expected a payload of 1 to 114688 bytes, got 114689'],
    [header(0), 'expected a payload of 1 to 114688 bytes, got 0'],
    [
      Buffer.concat([frameOf(HELLO), header(FRAME_PAYLOAD_BYTES_MAX + 1)]),
      'expected a payload of 1 to 1048576 bytes, got 1048577',
    ],
    [Buffer.concat([frameOf(HELLO), header(0)]), 'expected a payload of 1 to 1048576 bytes, got 0'],
  ] as const
  for (const [bytes, message] of cases) {
    const member = connectStranger(door.mesh.address, zero)
    member.socket.write(bytes)
    await member.ended
    const { lastFault } = door.mesh.peers()[0]!
    assert.equal(lastFault?.code, 'frame.length')
    assert.match(lastFault.message, /^member 0, connection from 127\.0\.0\.1:\d+: frame: /)
    assert(lastFault.message.endsWith(message), lastFault.message)
  }
})

test('garbage at the port is refused and counted, and no handshake is begun for it', async () => {
  const { begun } = door.mesh.inbound()
  const refused = refusedFor(door, 'transport.garbage')
  const hello = clientHello()
  const cases = ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '\0'.repeat(10_000), Buffer.concat([hello, hello])]
  for (const garbage of cases) {
    const socket = connectTcp(door.mesh.address)
    socket.write(garbage)
    await endOf(socket.resume())
  }
  await until('all are counted', () => refusedFor(door, 'transport.garbage') === refused + cases.length)
  assert.equal(door.mesh.inbound().begun, begun)
  assert.match(door.mesh.inbound().lastFault!.message, /: expected one ClientHello and nothing more, got \d+ bytes$/)
})

test('who hangs up, or says nothing, begins no handshake', async () => {
  const { begun } = door.mesh.inbound()
  const refused = refusedFor(door, 'transport.no-hello')
  connectTcp(door.mesh.address).end()
  const silent = connectTcp(door.mesh.address)
  const loris = connectTcp(door.mesh.address)
  loris.write(clientHello().subarray(0, 100))
  await Promise.all([silent, loris].map((socket) => endOf(socket.resume())))
  await until('all three are counted', () => refusedFor(door, 'transport.no-hello') === refused + 3)
  assert.equal(door.mesh.inbound().begun, begun)
  assert.match(door.mesh.inbound().lastFault!.message, /: expected a ClientHello within 2000 ms, got (?:0|100) bytes$/)
})

test('an address that no member dials from gets nothing, not even a handshake', async () => {
  const { begun } = door.mesh.inbound()
  const strange = connectStranger(door.mesh.address, zero, { localAddress: '127.0.0.2' })
  await strange.ended
  assert.equal(refusedFor(door, 'transport.stranger'), 1)
  assert.equal(door.mesh.inbound().begun, begun)
  assert.match(
    door.mesh.inbound().lastFault!.message,
    /^connection from 127\.0\.0\.2:\d+: expected one from the address of a member that dials this one, got a stranger$/,
  )
})

test('a member may come from its other addresses as well', async () => {
  const node = await startNode(1, one, [{ ...peerOf(0, zero), alsoFrom: ['127.0.0.3', 'localhost'] }])
  running.push(node)
  const member = connectStranger(node.mesh.address, zero, { localAddress: '127.0.0.3' })
  member.socket.write(frameOf(HELLO))
  await until('it is up', () => node.mesh.peers()[0]!.up)
  member.socket.destroy()
})

test('a handshake that stops half way is dropped in time', async () => {
  // Long enough for a ClientHello to be read in, however busy the machine is.
  const impatient = await start({ greetingMsMax: 1_000 })
  const socket = connectTcp(impatient.mesh.address)
  socket.write(clientHello())
  await endOf(socket.resume())
  await until('it is gone', () => impatient.mesh.inbound().pending === 0)
  const { refused, lastFault, begun } = impatient.mesh.inbound()
  assert.deepEqual([refused, begun], [{ 'transport.stalled': 1 }, 1])
  assert.match(
    lastFault!.message,
    /^connection from 127\.0\.0\.1:\d+: expected handshake and Hello within 1000 ms, got no Hello$/,
  )
})

test('a member that does not say Hello in time is dropped, the link of one that did lives on', async () => {
  const limits = { greetingMsMax: 3_000 }
  const impatient = await start(limits)
  const polite = await startNode(0, zero, [peerOf(1, one, impatient.mesh.address.port)], { limits })
  running.push(polite)
  await until('the polite one is up', () => impatient.mesh.peers()[0]!.up)
  const rude = connectStranger(impatient.mesh.address, zero)
  await rude.ended
  assert.equal(refusedFor(impatient, 'transport.stalled'), 1)
  assert.deepEqual(faultsOf(impatient, 0), ['transport.stalled'])
  // The rude one came later, so the polite one's own deadline has passed as well.
  assert.equal(impatient.mesh.peers()[0]!.up, true)
  assert.deepEqual(faultsOf(polite, 1), [])
})

test('no more connections that say nothing are kept than the limit: the oldest make room', async () => {
  const narrow = await start({ knockingMax: 1 })
  const waiting = [1, 2, 3].map(() => connectTcp(narrow.mesh.address).on('error', () => undefined))
  await until('all wait', () => narrow.mesh.inbound().pending === 3)
  const [oldest, ...others] = waiting
  const member = connectStranger(narrow.mesh.address, zero)
  member.socket.write(frameOf(HELLO))
  await endOf(oldest!.resume())
  assert.equal(refusedFor(narrow, 'transport.crowded'), 1)
  await until('the member is up', () => narrow.mesh.peers()[0]!.up)
  for (const socket of others) socket.destroy()
  member.socket.destroy()
})

test('a member gets its turn while unfinished handshakes from its own address fill the room', async () => {
  const narrow = await start({ patienceMs: 50, unfinishedMax: 4 })
  const halves = [1, 2, 3, 4].map(() => connectTcp(narrow.mesh.address))
  for (const socket of halves) socket.on('error', () => socket.destroy()).write(clientHello())
  await until('all are under way', () => narrow.mesh.inbound().begun === 4)
  const member = connectStranger(narrow.mesh.address, zero)
  member.socket.write(frameOf(HELLO))
  await until('the member is up', () => narrow.mesh.peers()[0]!.up)
  assert.equal(refusedFor(narrow, 'transport.ousted'), 1)
  for (const socket of [...halves, member.socket]) socket.destroy()
})

test('no more handshakes than the rate are begun; some wait, the others are turned away', async () => {
  const slow = await start({ memberPerSecond: 0.001, memberBurst: 2 })
  const sockets = Array.from({ length: 9 }, () => connectTcp(slow.mesh.address))
  for (const socket of sockets) socket.on('error', () => socket.destroy()).write(clientHello())
  await until('all have come', () => refusedFor(slow, 'transport.crowded') === 3)
  const { accepted, begun, pending } = slow.mesh.inbound()
  assert.deepEqual([accepted, begun, pending], [9, 2, 6])
  for (const socket of sockets) socket.destroy()
})

test('a dialler that is turned away comes again at once, and says what it met with', async () => {
  const shut = await start({ handshakesPerSecond: 0.001, handshakesBurst: 0 })
  const waiting = Array.from({ length: 4 }, () => connectTcp(shut.mesh.address))
  for (const socket of waiting) socket.on('error', () => socket.destroy()).write(clientHello())
  await until('the queue is full', () => shut.mesh.inbound().pending === 4)
  const dialler = await startNode(0, zero, [peerOf(1, one, shut.mesh.address.port)])
  running.push(dialler)
  await until('it has come often', () => faultsOf(dialler, 1).length >= 5)
  assert.deepEqual(new Set(faultsOf(dialler, 1)), new Set(['transport.turned-away']))
  for (const socket of waiting) socket.destroy()
})

test('a server with the key of another member, of nobody, or without a word is no member', async () => {
  const answers = [
    [two, /^member 1 at 127\.0\.0\.1:\d+: expected the key of member 1, got the key of member 2$/],
    [
      outsider,
      /^member 1 at 127\.0\.0\.1:\d+: expected the key of member 1, got an unknown key \(SHA-384 [0-9a-f]{12}…\)$/,
    ],
  ] as const
  for (const [identity, message] of answers) {
    const received: Buffer[] = []
    const server = createTlsServer({ ...tlsSettings(identity), requestCert: true, rejectUnauthorized: false })
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('data', (chunk: Buffer) => received.push(chunk))
      socket.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const dialler = await startNode(0, zero, [peerOf(1, one, port), peerOf(2, two, 1)])
    running.push(dialler)
    await until('it has failed', () => faultsOf(dialler, 1).length > 0)
    assert.equal(faultsOf(dialler, 1)[0], 'transport.wrong-key')
    assert.match(dialler.mesh.peers()[0]!.lastFault!.message, message)
    assert.equal(received.length, 0)
    await dialler.mesh.close()
    server.close()
  }
})

test('a server that accepts and then says nothing, or hangs up, is given up', async () => {
  const servers = [
    ['transport.stalled', createServer((socket) => socket.on('error', () => socket.destroy()).resume()), 100],
    ['transport.turned-away', createServer((socket) => socket.resetAndDestroy()), 5_000],
  ] as const
  for (const [code, server, greetingMsMax] of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const dialler = await startNode(0, zero, [peerOf(1, one, port)], { limits: { greetingMsMax } })
    running.push(dialler)
    await until('it has given up', () => faultsOf(dialler, 1).length > 0)
    assert.equal(faultsOf(dialler, 1)[0], code)
    await dialler.mesh.close()
    server.close()
  }
})
