import type { Fault } from '../core/fault.ts'
import type { Address } from './address.ts'
import type { Refusal } from './link.ts'
import type { ListenLimits } from './listener.ts'
import type { RangingKeys } from './ranging-keys.ts'
import type { LinkIdentity } from './tls-settings.ts'

export interface MeshOptions {
  readonly self: number
  /** Every member but ourselves. */
  readonly peers: readonly MeshPeer[]
  readonly identity: LinkIdentity
  readonly listen: Address
  /** Spreads reconnects; in [0, 1). */
  readonly random: () => number
  /** The first frame to this peer, made when the connection is ready for it; at most `limits.helloBytesMax`. */
  readonly helloPayload: (peer: number) => Uint8Array
  /** Judges the first frame of this peer: undefined accepts it, a refusal closes the connection, after its answer if it has one. */
  readonly acceptHello: (peer: number, hello: Uint8Array) => Refusal | undefined
  /** One frame, in order. A promise holds back this peer, and nobody else; its rejection ends the process. */
  readonly onFrame: (peer: number, payload: Uint8Array) => void | Promise<void>
  readonly onPeer: (event: MeshEvent) => void
  /** A connection ended that no member is known to have made. Anybody can cause this at any rate: limit what is said of it. */
  readonly onRefused?: (fault: Fault) => void
  readonly limits?: Partial<ListenLimits>
}

export type MeshEvent =
  | { readonly type: 'up'; readonly peer: number; readonly rangingKeys: RangingKeys }
  | { readonly type: 'down'; readonly peer: number; readonly fault: Fault }
  /** A connection with this member that never came up. */
  | { readonly type: 'failed'; readonly peer: number; readonly fault: Fault }

/** Another member of the cluster, as its membership and the configuration describe it. */
export interface MeshPeer {
  readonly id: number
  /** SHA-384 of the SubjectPublicKeyInfo of its TLS key. */
  readonly tlsKeyHash: Uint8Array
  /** Where it listens: members with a higher id than our own are dialled there, the others come from that host. */
  readonly address: Address
  /** Other addresses that it may dial from, literal or names. */
  readonly alsoFrom?: readonly string[] | undefined
}
