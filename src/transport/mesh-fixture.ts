import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { generateSeed } from '../crypto/seed.ts'
import { createTlsIdentity, type TlsIdentity } from '../crypto/tls-identity.ts'
import type { Address } from './address.ts'
import { encodeFrame } from './frame.ts'
import { createMesh, type Mesh } from './mesh.ts'
import type { MeshEvent, MeshOptions, MeshPeer } from './mesh-options.ts'
import { tlsSettings } from './tls-settings.ts'

/** What the tests of this folder share: real meshes on loopback, and strangers at their doors. */

export interface Node {
  readonly id: number
  readonly mesh: Mesh
  readonly events: MeshEvent[]
  readonly frames: { readonly peer: number; readonly payload: Uint8Array }[]
}

export const HELLO = Uint8Array.of(0x48)

export function createIdentities(count: number): TlsIdentity[] {
  return Array.from({ length: count }, () => createTlsIdentity(generateSeed()))
}

/** A member as the others know it; a port of 0 for one that nobody will dial. */
export function peerOf(id: number, identity: TlsIdentity, port = 0): MeshPeer {
  return { id, tlsKeyHash: identity.keyHash, address: { host: '127.0.0.1', port } }
}

export async function startNode(
  self: number,
  identity: TlsIdentity,
  peers: readonly MeshPeer[],
  overrides: Partial<MeshOptions> = {},
): Promise<Node> {
  const events: MeshEvent[] = []
  const frames: { peer: number; payload: Uint8Array }[] = []
  const mesh = await createMesh({
    self,
    identity,
    peers,
    listen: { host: '127.0.0.1', port: 0 },
    random: () => 0,
    helloPayload: () => HELLO,
    acceptHello: () => undefined,
    onFrame: (peer, payload) => {
      frames.push({ peer, payload })
    },
    onPeer: (event) => {
      events.push(event)
    },
    ...overrides,
    // A handshake takes as long as the machine needs, unless a test is about that.
    limits: { greetingMsMax: 60_000, ...overrides.limits },
  })
  assert(mesh.ok, mesh.ok ? '' : mesh.fault.message)
  return { id: self, mesh: mesh.value, events, frames }
}

/** All members of a cluster, by id. Higher ids start first, so that those who dial know the ports. */
export async function startCluster(
  identities: readonly TlsIdentity[],
  overrides: Partial<MeshOptions> = {},
): Promise<Node[]> {
  const nodes: Node[] = []
  for (const [self, identity] of [...identities.entries()].reverse()) {
    const portOf = (id: number) => nodes.find((node) => node.id === id)?.mesh.address.port
    const peers = identities.map((other, id) => peerOf(id, other, portOf(id)))
    nodes.unshift(await startNode(self, identity, peers.toSpliced(self, 1), overrides))
  }
  return nodes
}

export async function closeAll(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.mesh.close()))
}

/** Waits for something that must happen; how long it takes does not matter, only that it does. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    assert(waitedMs < 20_000, `still waiting: ${what}`)
    await sleep(5)
  }
}

export async function untilAllUp(nodes: readonly Node[]): Promise<void> {
  await until('every link is up', () => nodes.every((node) => node.mesh.peers().every((peer) => peer.up)))
}

/** The codes of the faults that a node was told about one peer. */
export function faultsOf(node: Node, peer: number): string[] {
  return node.events.flatMap((event) => (event.peer === peer && event.type !== 'up' ? [event.fault.code] : []))
}

/** A TLS client that is not a mesh: it says what the test makes it say. */
export interface Stranger {
  readonly socket: TLSSocket
  received(): Buffer
  readonly secured: Promise<void>
  readonly ended: Promise<void>
}

export function connectStranger(
  address: Address,
  identity: TlsIdentity,
  options: ConnectionOptions & { readonly localAddress?: string } = {},
): Stranger {
  const socket = connect({ ...tlsSettings(identity), ...address, rejectUnauthorized: false, ...options })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { socket, received: () => Buffer.concat(chunks), secured: once(socket, 'secureConnect'), ended: endOf(socket) }
}

/** Resolves when the connection is gone, by error or not. */
export async function endOf(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy())
  await once(socket, 'close')
}

async function once(socket: Socket, event: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once(event, () => resolve())
  await promise
}

export function frameOf(payload: Uint8Array): Uint8Array {
  const frame = encodeFrame(payload)
  assert(frame.ok)
  return frame.value
}
