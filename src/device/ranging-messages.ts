import type { Fault } from '../core/fault.ts'
import type { RangingKeys } from '../ranging/packet-key.ts'
import type { RangingSegment } from '../ranging/stamp.ts'
import type { SocketAddress } from './stamped-socket.ts'

/** What a thread needs to range over a socket; keys come later. */
export interface RangingSpec {
  readonly self: number
  /** Of the socket. */
  readonly family: 4 | 6
  readonly peers: readonly RangedPeer[]
  readonly seed: number
  /** The one that the own ranging clock is in. */
  readonly segment: RangingSegment
  /** Where it writes what it finds out (`news-ring.ts`). */
  readonly news: SharedArrayBuffer
}

export interface RangedPeer {
  readonly id: number
  readonly ranging: SocketAddress
}

/** What it is told while it ranges. */
export type RangingOrder =
  /** `memory`: of the session (`shared-session-memory.ts`), which another thread may have begun. */
  | {
      readonly type: 'keys'
      readonly peer: number
      readonly keys: RangingKeys
      readonly memory: SharedArrayBuffer
    }
  | { readonly type: 'drop-keys'; readonly peer: number }
  /** The own ranging clock is in another segment. */
  | { readonly type: 'segment'; readonly segment: RangingSegment }

/** A fault, and how often it was seen. */
export interface CountedFault {
  readonly fault: Fault
  readonly times: number
}

/** What else came of ranging since the last time: nothing that anybody has to be woken for at once. */
export interface RangingTold {
  /** Packets from anybody that were refused. */
  readonly packetFaults: readonly CountedFault[]
  /** What could not be sent, or that the socket is of no use any more. */
  readonly faults: readonly CountedFault[]
  readonly lost: ReadonlyMap<string, number>
}
