import { splitAddress } from '../config/address.ts'
import type { Configuration } from '../config/schema.ts'
import type { Membership } from '../consensus/membership.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { SocketAddress } from '../device/ranging-socket.ts'
import type { MeshPeer } from '../transport/mesh-options.ts'

/** A peer as the genesis and the configuration together describe it. */
export interface PeerEntry extends MeshPeer {
  readonly name: string
  readonly ranging: SocketAddress
}

/**
 * Every member of the genesis but ourselves, with the addresses that the configuration gives. Faults: a member without
 * addresses (`peers.missing`), addresses of somebody who is no member (`peers.stranger`).
 */
export function resolvePeers({ node, cluster }: Configuration, membership: Membership): Result<readonly PeerEntry[]> {
  const stranger = cluster.peers.find(({ name }) => !membership.members.some((member) => member.name === name))
  if (stranger !== undefined) {
    return fail('peers.stranger', `cluster.peers: expected members of the genesis, got "${stranger.name}"`)
  }
  const peers: PeerEntry[] = []
  for (const { id, name, tlsKeyHash } of membership.members) {
    if (name === node.name) continue
    const configured = cluster.peers.find((peer) => peer.name === name)
    if (configured === undefined)
      return fail('peers.missing', `cluster.peers: expected addresses of "${name}", got none`)
    const { host, port } = splitAddress(configured.rangingAddress)
    peers.push({
      id,
      name,
      tlsKeyHash,
      address: splitAddress(configured.address),
      ranging: { address: host, port },
    })
  }
  return ok(peers)
}
