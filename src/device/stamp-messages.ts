import type { MessagePort } from 'node:worker_threads'
import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import type { RangingOrder, RangingSpec, RangingTold } from './ranging-messages.ts'
import type { SocketAddress } from './stamped-socket.ts'

/** A socket whose packets are to be stamped; its descriptor stays with the thread that opened it. */
export interface WatchedSocket {
  readonly id: number
  readonly fd: number
  /** The hardware clock that its card stamps on, `/dev/ptpN`; absent: the kernel stamps. */
  readonly clockPath: string | undefined
  /** Two 32-bit counts: packets that came and were taken by the other thread, packets to send that were taken by this one. */
  readonly counts: SharedArrayBuffer
  /** What comes of it may be told a little late, together with what else comes (`stamp-outbox.ts`): a thread is woken for less. */
  readonly mayWait: boolean
  /** The thread itself ranges over it, and passes no packets on. */
  readonly ranging?: RangingSpec
}

/** A descriptor of the other thread, who reads it himself when he is told that there is something. */
export interface WatchedDescriptor {
  readonly id: number
  readonly fd: number
  /** As of a socket; that of packets to send stays 0. */
  readonly counts: SharedArrayBuffer
}

export const TAKEN_AT = 0
export const SENT_AT = 1

/** What a thread begins with. */
export interface StampThreadData {
  /** Where its orders come; `wakeFd` is raised for them. */
  readonly orders: MessagePort
  readonly wakeFd: number
  /** One 32-bit flag: `wakeFd` was raised, and the thread has not looked for its orders since. */
  readonly raised: SharedArrayBuffer
}

/** A packet to send; `serial` is what its sender knows it by. */
export interface PacketToSend {
  readonly serial: number
  readonly bytes: Uint8Array
  /** As the kernel takes it. */
  readonly address: Uint8Array
}

/** What the thread with the sockets is told. */
export type StampOrder =
  | { readonly type: 'send'; readonly id: number; readonly packet: PacketToSend }
  | { readonly type: 'watch'; readonly socket: WatchedSocket }
  | { readonly type: 'watch-descriptor'; readonly descriptor: WatchedDescriptor }
  | { readonly type: 'ranging'; readonly id: number; readonly order: RangingOrder }
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
  /** What could not be sent, and why. */
  readonly unsent: readonly { readonly serial: number; readonly fault: Fault }[]
  /** Why packets or stamps were not taken, how often each. */
  readonly lost: ReadonlyMap<string, number>
  /** The socket is of no use any more. */
  readonly fault: Fault | undefined
}

export type StampNews =
  /** With a fault where its card's clock cannot be read: the kernel's stamps serve. */
  | { readonly type: 'watching'; readonly id: number; readonly fault: Fault | undefined }
  | { readonly type: 'released'; readonly id: number }
  | { readonly type: 'batches'; readonly batches: readonly StampBatch[] }
  | { readonly type: 'readable'; readonly ids: readonly number[] }
  | { readonly type: 'ranging'; readonly id: number; readonly told: RangingTold }
