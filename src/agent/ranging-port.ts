import type { Fault, Result } from '../core/fault.ts'
import type { MonoNs } from '../core/time.ts'
import type { Stamping } from '../device/socket-stamping.ts'
import type { SocketAddress } from '../device/stamped-socket.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import type { LinkReport, PeerEntry as RangingRow } from '../ranging/link-book.ts'
import type { RangingKeys } from '../transport/ranging-keys.ts'
import { openLoopRanging } from './loop-ranging.ts'
import type { RangingSocketChoice } from './ranging-socket-choice.ts'
import { openThreadRanging } from './thread-ranging.ts'

/** Ranging with its socket: the peers' ranging clocks against the own one. */
export interface RangingPort {
  setKeys(peer: number, keys: RangingKeys): void
  dropKeys(peer: number): void
  /** The ranging clock may have begun another segment: it has to be told of as soon as it did. */
  follow(): void
  row(now: MonoNs): readonly RangingRow[]
  links(now: MonoNs): readonly LinkReport[]
  faultCounts(): ReadonlyMap<string, number>
  /** Who stamps its packets, why nobody better, and what was lost on the way, by its reason. */
  standing(): RangingStanding
  close(): Promise<void>
}

export interface RangingStanding {
  readonly stamps: Stamping['kind']
  readonly reason: string | undefined
  readonly lost: Readonly<Record<string, number>>
}

/** Where a peer is, and which other addresses its packets may come from. */
export interface RangingPeer {
  readonly id: number
  readonly ranging: SocketAddress
  readonly alsoFrom?: readonly string[] | undefined
}

export interface RangingPortOptions extends RangingSocketChoice {
  readonly self: number
  readonly peers: readonly RangingPeer[]
  readonly clock: RangingClock
  readonly seed: number
  /** The socket failed. */
  onFault(fault: Fault): void
  /** Packets from anybody were refused: the first of so many. */
  onPacketFault(fault: Fault, times: number): void
}

/** What stamps of this program do not mend either. */
const FINAL = ['socket.address', 'socket.interface', 'socket.port-in-use']

/**
 * Opens the socket with the stamps that were asked for, in the thread that takes them; where the kernel refuses them, with
 * those of this program, and the reason. Faults: those of either socket.
 */
export async function openRangingPort(options: RangingPortOptions): Promise<Result<RangingPort>> {
  if (options.stamps === 'user') return openLoopRanging(options, undefined)
  const inThread = await openThreadRanging(options)
  if (inThread.ok || FINAL.includes(inThread.fault.code)) return inThread
  return openLoopRanging(options, inThread.fault)
}
