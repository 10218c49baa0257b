import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { toHex } from '../core/bytes.ts'
import { FRAME_PAYLOAD_BYTES_MAX } from './frame.ts'
import { createMesh } from './mesh.ts'
import {
  closeAll,
  createIdentities,
  faultsOf,
  type Node,
  peerOf,
  startCluster,
  startNode,
  until,
  untilAllUp,
} from './mesh-fixture.ts'
import type { MeshOptions } from './mesh-options.ts'

const identities = createIdentities(4)
const running: Node[] = []
/** Those that have nothing to do keep losing and making links, which the next test would have to share its processor with. */
afterEach(() => closeAll(running.splice(0)))

async function cluster(size: number, overrides: Partial<MeshOptions> = {}): Promise<Node[]> {
  const nodes = await startCluster(identities.slice(0, size), overrides)
  running.push(...nodes)
  await untilAllUp(nodes)
  return nodes
}

test('four members form one link for each pair, and every broadcast reaches everyone in order', async () => {
  const nodes = await cluster(4)
  for (let round = 0; round < 20; round++) {
    for (const { id, mesh } of nodes) assert.deepEqual(mesh.broadcast(Uint8Array.of(id, round)), { ok: true, value: 3 })
  }
  await until('all frames are there', () => nodes.every((node) => node.frames.length === 60))
  for (const node of nodes) {
    for (const peer of node.mesh.peers()) {
      const rounds = node.frames.filter((frame) => frame.peer === peer.id).map(({ payload }) => [...payload])
      assert.deepEqual(
        rounds,
        Array.from({ length: 20 }, (_, round) => [peer.id, round]),
      )
      // Twenty frames of 6 bytes and the Hello of 5.
      const { linksUp, framesIn, bytesIn, framesOut, bytesOut } = peer
      assert.deepEqual(
        { linksUp, framesIn, bytesIn, framesOut, bytesOut },
        { linksUp: 1, framesIn: 21, bytesIn: 125, framesOut: 21, bytesOut: 125 },
      )
    }
  }
})

test('both ends of a link hold the same ranging keys, and no two links or directions share one', async () => {
  const nodes = await cluster(4)
  const keys = new Set<string>()
  for (const { id, mesh } of nodes) {
    for (const { id: peer } of mesh.peers()) {
      const ours = mesh.rangingKeys(peer)
      const theirs = nodes[peer]!.mesh.rangingKeys(id)
      assert(ours !== undefined && theirs !== undefined)
      assert.equal(ours.send.length, 32)
      assert.deepEqual(ours.send, theirs.receive)
      keys.add(toHex(ours.send))
    }
  }
  assert.equal(keys.size, 12)
})

test('a member that goes away is reported, and comes back with new keys, whoever of the two dials', async () => {
  for (const gone of [0, 2]) {
    const nodes = await cluster(3)
    const others = nodes.filter((node) => node.id !== gone)
    const ports = nodes.map((node) => node.mesh.address.port)
    const before = others.map((node) => toHex(node.mesh.rangingKeys(gone)!.send))
    await nodes[gone]!.mesh.close()
    await until('the others notice', () => others.every((node) => faultsOf(node, gone).length > 0))
    for (const node of others) {
      assert.equal(faultsOf(node, gone)[0], 'transport.closed')
      const sent = node.mesh.send(gone, Uint8Array.of(1))
      assert(!sent.ok)
      assert.equal(sent.fault.code, 'transport.down')
    }
    const peers = identities.slice(0, 3).map((identity, id) => peerOf(id, identity, ports[id]))
    const restarted = await startNode(gone, identities[gone]!, peers.toSpliced(gone, 1), {
      listen: { host: '127.0.0.1', port: ports[gone]! },
    })
    running.push(restarted)
    await untilAllUp([...others, restarted])
    const now = others.map((node) => toHex(node.mesh.rangingKeys(gone)!.send))
    assert.equal(new Set([...before, ...now]).size, 4)
  }
})

test('a member that is not there yet is dialled until it is', async () => {
  const [high] = await cluster(2).then((nodes) => nodes.slice(1))
  const { port } = high!.mesh.address
  await high!.mesh.close()
  const low = await startNode(0, identities[0]!, [peerOf(1, identities[1]!, port)])
  running.push(low)
  await until('dialling failed a few times', () => low.events.length >= 3)
  assert.deepEqual(new Set(faultsOf(low, 1)), new Set(['transport.unreachable']))
  const late = await startNode(1, identities[1]!, [peerOf(0, identities[0]!)], { listen: { host: '127.0.0.1', port } })
  running.push(late)
  await untilAllUp([low, late])
})

test('a frame of 1 MiB passes, a larger or an empty one is a fault of the sender', async () => {
  const [a, b] = await cluster(2)
  const largest = new Uint8Array(FRAME_PAYLOAD_BYTES_MAX).fill(7)
  assert.equal(a!.mesh.send(1, largest).ok, true)
  await until('the frame is there', () => b!.frames.length === 1)
  assert.deepEqual(b!.frames[0]!.payload, largest)
  for (const length of [0, FRAME_PAYLOAD_BYTES_MAX + 1]) {
    const sent = a!.mesh.send(1, new Uint8Array(length))
    assert(!sent.ok)
    assert.equal(sent.fault.code, 'frame.length')
  }
  assert.equal(a!.mesh.peers()[0]!.up, true)
})

test('frames wait while the last one is still being handled, and come in order', async () => {
  const gates: PromiseWithResolvers<void>[] = []
  const handled: number[] = []
  const onFrame: MeshOptions['onFrame'] = (_, payload) => {
    handled.push(payload[0]!)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    return gate.promise
  }
  const [a] = await cluster(2, { onFrame })
  for (let i = 0; i < 5; i++) a!.mesh.send(1, Uint8Array.of(i))
  for (let i = 0; i < 5; i++) {
    await until(`frame ${i} is there`, () => gates.length > i)
    assert.deepEqual(
      handled,
      Array.from({ length: i + 1 }, (_, index) => index),
    )
    gates[i]!.resolve()
  }
})

test('a peer that reads too slowly is dropped when too much waits for it', async () => {
  const [a] = await cluster(2, {
    onFrame: () => new Promise<void>(() => undefined),
    limits: { sendQueueBytesMax: 2_000_000 },
  })
  const payload = new Uint8Array(FRAME_PAYLOAD_BYTES_MAX)
  let queueBytesMax = 0
  // What the kernel's buffers take does not count, so how many frames fit is not known.
  await until('the link is dropped', () => {
    a!.mesh.send(1, payload)
    queueBytesMax = Math.max(queueBytesMax, a!.mesh.peers()[0]!.sendQueueBytes)
    return faultsOf(a!, 1).length > 0
  })
  assert.equal(faultsOf(a!, 1)[0], 'transport.send-queue')
  assert(queueBytesMax > 0 && queueBytesMax <= 2_000_000)
})

test('a link on which nothing comes is dropped and dialled again', async () => {
  const nodes = await startCluster(identities.slice(0, 2), { limits: { silenceMsMax: 50 } })
  running.push(...nodes)
  await until('the link was up twice', () => nodes.every((node) => node.mesh.peers()[0]!.linksUp >= 2))
  assert(nodes.some((node) => faultsOf(node, node.id === 0 ? 1 : 0).includes('transport.silent')))
})

test('a process that stood still for longer than that reads what came before it calls anybody silent', async () => {
  const nodes = await cluster(2, { limits: { silenceMsMax: 1_000 } })
  // Where the loop's next look is at its timers.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      for (const [id, { mesh }] of nodes.entries()) assert.equal(mesh.send(1 - id, Uint8Array.of(id)).ok, true)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
      resolve()
    })
  })
  await until('both frames are there', () => nodes.every(({ frames }) => frames.length === 1))
  assert.deepEqual(
    nodes.flatMap((node, id) => faultsOf(node, 1 - id)),
    [],
  )
})

test('a link on which frames come outlives links on which none do', async () => {
  const nodes = await startCluster(identities.slice(0, 3), { limits: { silenceMsMax: 1_000 } })
  running.push(...nodes)
  const [zero, one] = nodes
  // By the second time, a silent link is older than the limit for certain.
  await until('the silent link was dropped twice', () => {
    zero!.mesh.send(1, Uint8Array.of(1))
    one!.mesh.send(0, Uint8Array.of(1))
    return faultsOf(zero!, 2).length >= 2
  })
  assert.deepEqual([...faultsOf(zero!, 1), ...faultsOf(one!, 0)], [])
})

test('a Hello that is refused closes the connection, whichever side refuses', async () => {
  for (const refusing of [0, 1]) {
    const acceptHello: MeshOptions['acceptHello'] = (peer) =>
      peer === refusing ? undefined : { code: 'hello.cluster', message: 'expected cluster a, got b' }
    const nodes = await startCluster(identities.slice(0, 2), { acceptHello })
    running.push(...nodes)
    const node = nodes[refusing]!
    const peer = 1 - refusing
    await until('it is refused twice', () => faultsOf(node, peer).length >= 2)
    assert.deepEqual(new Set(faultsOf(node, peer)), new Set(['transport.hello-refused']))
    assert.match(node.mesh.peers()[0]!.lastFault!.message, /^member .*: Hello refused: expected cluster a, got b$/)
    assert.equal(node.mesh.peers()[0]!.linksUp, 0)
    // The dialler is up only after the listener has accepted it.
    if (refusing === 1) assert.deepEqual(new Set(faultsOf(nodes[0]!, 1)), new Set(['transport.refused']))
    await closeAll(nodes)
  }
})

test('a refused Hello may be answered: the other end judges the answer, and no link comes up', async () => {
  const answer = Uint8Array.of(0x41)
  for (const answering of [0, 1]) {
    const judged: number[][] = [[], []]
    const acceptHello: MeshOptions['acceptHello'] = (peer, bytes) => {
      judged[1 - peer]?.push(bytes[0] ?? -1)
      // The dialler hears nothing of a listener that accepts it, so a listener that shall be answered answers first.
      const refusal = { code: 'test.older', message: 'expected a newer Hello, got an older one' }
      if (bytes[0] === answer[0]) return answering === 0 && peer === 1 ? { ...refusal, answer } : refusal
      return peer === 0 ? { ...refusal, answer } : undefined
    }
    const nodes = await startCluster(identities.slice(0, 2), { acceptHello })
    running.push(...nodes)
    // A link that took too long is made again, and begins with the same Hello.
    const listenerHears = answering === 0 ? [0x48, 0x41] : [0x48]
    await until('both have heard', () => judged[0]!.length > 0 && new Set(judged[1]).size === listenerHears.length)
    await until('it ended', () => faultsOf(nodes[1]!, 0).length > 0)
    assert.deepEqual(judged[0]!.slice(0, 1), [0x41])
    assert.deepEqual([...new Set(judged[1])], listenerHears)
    assert.deepEqual(new Set(faultsOf(nodes[1]!, 0)), new Set(['transport.other-session']))
    assert.deepEqual(
      [nodes[0]!, nodes[1]!].map((node) => node.mesh.peers()[0]!.linksUp),
      [0, 0],
    )
    await closeAll(nodes)
  }
})

test('a peer that is barred loses its link, and gets the next one only after the bar, whoever of the two dials', async () => {
  for (const barring of [0, 1]) {
    const nodes = await cluster(2)
    const [judge, liar] = [nodes[barring]!, nodes[1 - barring]!]
    const fault = { code: 'test.hostile', message: 'expected a signature, got none' }
    const barredAtMs: number[] = []
    for (const linksUp of [2, 3]) {
      barredAtMs.push(performance.now())
      judge.mesh.bar(liar.id, fault)
      assert.equal(judge.mesh.peers()[0]!.up, false)
      judge.mesh.bar(liar.id, fault)
      await until('it is back', () => nodes.every((node) => node.mesh.peers()[0]!.linksUp >= linksUp))
      const outMs = performance.now() - barredAtMs.at(-1)!
      assert(outMs >= 1_000 * (linksUp - 1), `barred for ${outMs} ms before link ${linksUp}`)
    }
    const codes = faultsOf(judge, liar.id)
    assert.equal(codes.filter((code) => code === 'test.hostile').length, 2)
    // Whoever is barred may knock as often as its back-off lets it; nothing comes up.
    assert.equal(judge.events.filter(({ type }) => type === 'up').length, 3)
    if (barring === 1) assert((judge.mesh.inbound().refused['transport.barred'] ?? 0) > 0)
    await closeAll(nodes)
  }
})

test('a mesh that is closed while it judges a Hello stays closed', async () => {
  const nodes: Node[] = []
  const closed = Promise.withResolvers<void>()
  const acceptHello: MeshOptions['acceptHello'] = () => {
    nodes[0]!.mesh.close().then(closed.resolve, closed.reject)
    return undefined
  }
  nodes.push(await startNode(1, identities[1]!, [peerOf(0, identities[0]!)], { acceptHello }))
  const [closing] = nodes
  const dialler = await startNode(0, identities[0]!, [peerOf(1, identities[1]!, closing!.mesh.address.port)])
  running.push(dialler)
  await until('the dialler has failed', () => faultsOf(dialler, 1).length > 0)
  await closed.promise
  assert.equal(closing!.mesh.peers()[0]!.up, false)
  assert.deepEqual(closing!.events, [])
})

test('a port in use is one sentence', async () => {
  const [a] = await cluster(1)
  const { address } = a!.mesh
  const refused = await createMesh({
    self: 1,
    identity: identities[1]!,
    peers: [],
    listen: address,
    random: () => 0,
    helloPayload: () => new Uint8Array(1),
    acceptHello: () => undefined,
    onFrame: () => undefined,
    onPeer: () => undefined,
  })
  assert(!refused.ok)
  assert.deepEqual(refused.fault, {
    code: 'transport.port-in-use',
    message: `listen 127.0.0.1:${address.port}: expected a free port, got one that another process listens on`,
  })
})

test('an address that is not ours is one sentence', async () => {
  const started = startNode(0, identities[0]!, [], { listen: { host: '192.0.2.1', port: 0 } })
  await assert.rejects(started, { message: 'listen 192.0.2.1:0: expected to listen, got EADDRNOTAVAIL' })
})

test('peers that cannot be told apart are a fault', async () => {
  const one = peerOf(1, identities[1]!)
  const bad = [
    [peerOf(0, identities[1]!)],
    [one, peerOf(1, identities[2]!)],
    [one, peerOf(2, identities[1]!)],
    [{ ...one, tlsKeyHash: new Uint8Array(32) }],
    [{ ...one, id: 65_536 }],
  ]
  for (const peers of bad) {
    await assert.rejects(
      startNode(0, identities[0]!, peers),
      /expected (the other members, each once|a TLS key hash of 48 bytes)/,
    )
  }
})

test('no event comes after close, and the port is free again', async () => {
  const [a, b] = await cluster(2)
  const { address } = a!.mesh
  const seen = a!.events.length
  await a!.mesh.close()
  await until('the other side noticed', () => faultsOf(b!, 0).length > 0)
  assert.equal(a!.events.length, seen)
  running.push(await startNode(0, identities[0]!, [], { listen: address }))
})
