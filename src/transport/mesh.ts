import { createSecureContext } from 'node:tls'
import { toHex } from '../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import type { Address } from './address.ts'
import { encodeFrame, FRAME_PAYLOAD_BYTES_MAX } from './frame.ts'
import type { InboundCounts } from './inbound-counts.ts'
import type { Traffic } from './link.ts'
import { type Listener, type ListenLimits, listen } from './listener.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { RangingKeys } from './ranging-keys.ts'
import { barPeer, connectionHooks, createPeers, dialPeer, type Peer, type Roster } from './roster.ts'
import { tlsSettings } from './tls-settings.ts'

export interface PeerStatus extends Readonly<Traffic> {
  readonly id: number
  readonly up: boolean
  /** How often a link with it has come up. */
  readonly linksUp: number
  readonly sendQueueBytes: number
  readonly lastFault: Fault | undefined
}

export interface Mesh {
  /** Where it really listens: the port that the system chose, if 0 was asked for. */
  readonly address: Address
  /** Queues one frame. Faults: `frame.length`, `transport.down`, `transport.send-queue`. */
  send(peer: number, payload: Uint8Array): Result<void>
  /** Queues one frame to everyone who is up; the number of them. Fault: `frame.length`. */
  broadcast(payload: Uint8Array): Result<number>
  /**
   * Ends the link with a peer that sent what no correct member sends. It comes back after a second, and after twice as
   * long each time, up to a minute. A no-op while there is no link.
   */
  bar(peer: number, fault: Fault): void
  peers(): readonly PeerStatus[]
  /** Connections from outside, whoever made them. */
  inbound(): InboundCounts
  /** The keys of the present link with this peer, undefined while there is none. */
  rangingKeys(peer: number): RangingKeys | undefined
  /** Ends every link; no event comes after this call. Resolves when the port is free. */
  close(): Promise<void>
}

/**
 * One link with every other member. Of two members the one with the lower id dials, so there is one link for each pair;
 * a member that dials again has lost its old link, and the new one replaces it. Faults: `transport.peers`,
 * `transport.port-in-use`, `transport.listen`.
 */
export async function createMesh(options: MeshOptions): Promise<Result<Mesh>> {
  const { self, identity } = options
  const peers = createPeers(self, options.peers)
  if (!peers.ok) return peers
  const all = [...peers.value.values()]
  const tls = tlsSettings(identity)
  const roster: Roster = {
    options,
    limits: { ...defaultLimits(all.length + 1), ...options.limits },
    peers: peers.value,
    byKey: new Map(all.map((peer) => [toHex(peer.member.tlsKeyHash), peer])),
    secureContext: createSecureContext(tls),
    closed: false,
  }
  const { limits } = roster
  const listener = await listen({
    self,
    address: options.listen,
    tls,
    limits,
    diallers: all
      .filter((peer) => peer.id < self)
      .map(({ id, member }) => ({ id, hosts: [member.address.host, ...(member.alsoFrom ?? [])] })),
    isLinked: (id) => roster.peers.get(id)?.link !== undefined,
    createHooks: () => connectionHooks(roster),
    onRefused: (fault) => options.onRefused?.(fault),
  })
  if (!listener.ok) return listener
  for (const peer of all) if (peer.id > self) dialPeer(roster, peer)
  return ok(meshOf(roster, listener.value))
}

/** Room for a whole cluster of this size starting at once; beyond it, what a stranger may cost. */
function defaultLimits(members: number): ListenLimits {
  return {
    // Known members alone are read: a Hello, or how a session has ended, with a key and a signature of each of them.
    helloBytesMax: Math.min(FRAME_PAYLOAD_BYTES_MAX, (64 + 16 * members) * 1024),
    frameBytesMax: FRAME_PAYLOAD_BYTES_MAX,
    sendQueueBytesMax: 8 * FRAME_PAYLOAD_BYTES_MAX,
    silenceMsMax: 10_000,
    greetingMsMax: 5_000,
    // A handshake takes the listener 5 to 10 ms, so under attack it is a fifth of a core at most.
    handshakesPerSecond: 20,
    handshakesBurst: Math.max(32, 2 * members),
    memberPerSecond: 5,
    memberBurst: 5,
    unfinishedMax: 32,
    // Several round trips of any network.
    patienceMs: 1_000,
    knockingMax: 32,
  }
}

function meshOf(roster: Roster, listener: Listener): Mesh {
  const { peers } = roster
  return {
    address: listener.address,
    send: (id, payload) => {
      const frame = encodeFrame(payload)
      if (!frame.ok) return frame
      const link = peers.get(id)?.link
      return link?.send(frame.value) ?? fail('transport.down', `member ${id}: expected a link to send over, got none`)
    },
    broadcast: (payload) => {
      const frame = encodeFrame(payload)
      if (!frame.ok) return frame
      let reached = 0
      for (const { link } of peers.values()) if (link?.send(frame.value).ok === true) reached += 1
      return ok(reached)
    },
    bar: (id, fault) => {
      const peer = peers.get(id)
      if (peer !== undefined) barPeer(peer, fault)
    },
    peers: () => [...peers.values()].map(statusOf),
    inbound: () => listener.inbound(),
    rangingKeys: (id) => peers.get(id)?.link?.rangingKeys,
    close: async () => {
      roster.closed = true
      const fault: Fault = {
        code: 'transport.closed',
        message: `mesh of member ${roster.options.self}: closed by this side`,
      }
      for (const { redial, dialling, link } of peers.values()) {
        clearTimeout(redial)
        dialling?.close(fault)
        link?.close(fault)
      }
      await listener.close(fault)
    },
  }
}

function statusOf({ id, link, linksUp, lastFault, traffic }: Peer): PeerStatus {
  return { id, up: link !== undefined, linksUp, sendQueueBytes: link?.sendQueueBytes() ?? 0, lastFault, ...traffic }
}
