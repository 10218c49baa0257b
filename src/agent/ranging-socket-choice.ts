import type { SocketAddress } from '../device/stamped-socket.ts'

/** What the socket for ranging is to be like. */
export interface RangingSocketChoice {
  readonly listen: SocketAddress
  /** Who stamps: 'kernel' is the best that there is. Absent: 'kernel'. */
  readonly stamps?: 'kernel' | 'user' | undefined
  /** Packets go through this network interface alone, and its card stamps them where it can. */
  readonly interface?: string | undefined
}
