import { splitAddress } from '../config/address.ts'
import type { Configuration } from '../config/schema.ts'
import type { Membership } from '../consensus/membership.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { SocketAddress } from '../device/stamped-socket.ts'
import type { MeshPeer } from '../transport/mesh-options.ts'

/** A peer as the genesis and the configuration together describe it. */
export interface PeerEntry extends MeshPeer {
  readonly name: string
  readonly ranging: SocketAddress
}

/** The peers whose addresses are configured, and a fault for every member without. */
export interface SessionPeers {
  readonly peers: readonly PeerEntry[]
  readonly missing: readonly Fault[]
}

/**
 * Every member of the genesis but ourselves, with the addresses that the configuration gives. It may give those of others as well:
 * of members to come, whose links are there with their session then. Fault: a member without addresses (`peers.missing`).
 */
export function resolvePeers({ node, cluster }: Configuration, membership: Membership): Result<readonly PeerEntry[]> {
  const { peers, missing } = lookUp({ node, cluster }, membership)
  return missing[0] === undefined ? ok(peers) : { ok: false, fault: missing[0] }
}

/**
 * The same for any session. After a change the configuration may not name yet who has come: that is no reason not to serve
 * time, and the link is missing until it does. Faults: those of `resolvePeers`, in the first session.
 */
export function peersOfSession(configuration: Configuration, membership: Membership): Result<SessionPeers> {
  if (membership.session > 0) return ok(lookUp(configuration, membership))
  const resolved = resolvePeers(configuration, membership)
  return resolved.ok ? ok({ peers: resolved.value, missing: [] }) : resolved
}

function lookUp({ node, cluster }: Pick<Configuration, 'node' | 'cluster'>, { members }: Membership): SessionPeers {
  const peers: PeerEntry[] = []
  const missing: Fault[] = []
  for (const { id, name, tlsKeyHash } of members) {
    if (name === node.name) continue
    const configured = cluster.peers.find((peer) => peer.name === name)
    if (configured === undefined) {
      missing.push({ code: 'peers.missing', message: `cluster.peers: expected addresses of "${name}", got none` })
      continue
    }
    const { host, port } = splitAddress(configured.rangingAddress)
    peers.push({
      id,
      name,
      tlsKeyHash,
      address: splitAddress(configured.address),
      alsoFrom: [host, ...configured.dialsFrom],
      ranging: { address: host, port },
    })
  }
  return { peers, missing }
}
