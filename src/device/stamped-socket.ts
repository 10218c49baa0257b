import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'

/** A literal IP address and a UDP port. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
}

/**
 * A UDP socket that says when each packet left and came. `token` comes back with the transmit stamp of its packet:
 * inside `send` where this program takes the stamp, some time later where the kernel or the card does.
 */
export interface StampedSocket<Token> {
  /** Where it is bound; the port is the one that the system chose where 0 was asked for. */
  readonly local: SocketAddress
  send(bytes: Uint8Array, to: SocketAddress, token: Token): void
  /** Ends it; nothing is reported any more. */
  close(): Promise<void>
}

export interface StampedSocketEvents<Token> {
  onPacket(bytes: Uint8Array, from: SocketAddress, received: Stamp): void
  onSent(token: Token, sent: Stamp): void
  /** A packet could not be sent, or the socket failed. */
  onFault(fault: Fault): void
}
