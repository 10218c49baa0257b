import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import type { SocketAddress } from './stamped-socket.ts'

/** A socket whose packets are to be stamped; its descriptor stays with the thread that opened it. */
export interface WatchedSocket {
  readonly id: number
  readonly fd: number
  /** The hardware clock that its card stamps on, `/dev/ptpN`; absent: the kernel stamps. */
  readonly clockPath: string | undefined
  /** One 32-bit count of the packets that were taken from the queue between the threads. */
  readonly taken: SharedArrayBuffer
}

/** What the thread with the sockets is told. */
export type StampOrder =
  | { readonly type: 'watch'; readonly socket: WatchedSocket }
  /** Let go of it, and say so: its descriptor is closed after that, and may then belong to anything. */
  | { readonly type: 'release'; readonly id: number }

export interface StampedPacket {
  readonly bytes: Uint8Array
  readonly from: SocketAddress
  readonly stamp: Stamp
}

/** A packet that left, as it went to the driver, with all its headers. */
export interface SentFrame {
  readonly frame: Uint8Array
  /** Undefined where there was none, or none that can be believed. */
  readonly stamp: Stamp | undefined
}

/** What came of one socket in one turn. */
export interface StampBatch {
  readonly id: number
  readonly packets: readonly StampedPacket[]
  readonly sent: readonly SentFrame[]
  /** Why packets or stamps were not taken, how often each. */
  readonly lost: ReadonlyMap<string, number>
  /** The socket is of no use any more. */
  readonly fault: Fault | undefined
}

export type StampNews =
  /** With a fault where its card's clock cannot be read: the kernel's stamps serve. */
  | { readonly type: 'watching'; readonly id: number; readonly fault: Fault | undefined }
  | { readonly type: 'released'; readonly id: number }
  | { readonly type: 'batch'; readonly batch: StampBatch }
