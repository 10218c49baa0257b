import type { Outgoing } from '../consensus/replica/types.ts'
import { encodeWireMessage, type WireMessage } from '../consensus/wire-message.ts'
import type { Mesh } from '../transport/mesh.ts'

/** Puts what a replica wants to say on the links. Best effort: what a link loses, the protocol says again. */
export function sendOutgoing(mesh: Mesh, { to, message }: Outgoing): void {
  const frame = encodeWireMessage(message)
  if (to === 'all') mesh.broadcast(frame)
  else mesh.send(to, frame)
}

export function sendTo(mesh: Mesh, peer: number, message: WireMessage): void {
  mesh.send(peer, encodeWireMessage(message))
}
