import { type Fault, ok, type Result } from '../core/fault.ts'
import { openUdpSocket, type UdpSocket } from '../linux/udp-socket.ts'
import type { PeerNews } from '../ranging/link-news.ts'
import type { RangingKeys } from '../ranging/packet-key.ts'
import type { RangingSegment } from '../ranging/stamp.ts'
import { createFaultCounter } from './fault-counter.ts'
import type { KernelSocketOptions } from './kernel-stamped-socket.ts'
import { createNewsMemory, createNewsReader } from './news-ring.ts'
import type { RangedPeer, RangingOrder, RangingTold } from './ranging-messages.ts'
import { shareFreshMemory } from './shared-session-memory.ts'
import { type Stamping, startStamping } from './socket-stamping.ts'
import { rangeOver, type StandingRanging } from './stamp-service.ts'

/** A socket over which the thread that stamps ranges by itself: nothing that comes or leaves concerns this thread. */
export interface RangedSocket {
  readonly stamping: Stamping
  setKeys(peer: number, keys: RangingKeys): void
  dropKeys(peer: number): void
  /** The own ranging clock is in this segment. */
  follow(segment: RangingSegment): void
  /** What was found out since the last time. */
  news(): readonly PeerNews[]
  /** As of `KernelStampedSocket`. */
  lost(): ReadonlyMap<string, number>
  close(): Promise<void>
}

export interface RangedSocketOptions extends Pick<KernelSocketOptions, 'local' | 'interface' | 'filter' | 'hardware'> {
  readonly self: number
  readonly peers: readonly RangedPeer[]
  readonly seed: number
  readonly segment: RangingSegment
}

export interface RangedSocketEvents {
  /** A packet could not be sent, the socket failed, or the thread did: the next one goes on. */
  onFault(fault: Fault): void
  /** Packets from anybody were refused: the first of so many. */
  onPacketFault(fault: Fault, times: number): void
}

/** So many of one kind at once are told one by one; whoever counts them needs to know no better. */
const FAULTS_TOLD_MAX = 1_000

/** Faults: those of `openKernelSocket`. */
export async function openRangedSocket(
  options: RangedSocketOptions,
  events: RangedSocketEvents,
): Promise<Result<RangedSocket>> {
  const opened = openUdpSocket(options)
  if (!opened.ok) return opened
  return range(opened.value, options, events)
}

async function range(
  udp: UdpSocket,
  options: RangedSocketOptions,
  events: RangedSocketEvents,
): Promise<Result<RangedSocket>> {
  const { self, seed, peers } = options
  const { clockPath, ...stamping } = startStamping(udp, options)
  const memory = createNewsMemory(peers.length)
  const reader = createNewsReader(memory, options.segment.bootId)
  const sessions = new Map<number, RangingOrder>()
  const losses = createFaultCounter()
  let { segment } = options
  let closing: Promise<void> | undefined
  const standing = (): StandingRanging => ({
    spec: { self, family: udp.family, peers, seed, segment, news: memory },
    orders: [...sessions.values()],
  })
  const hear = ({ packetFaults, faults, lost }: RangingTold): void => {
    for (const { fault, times } of packetFaults) events.onPacketFault(fault, times)
    for (const { fault, times } of faults) {
      for (let told = 0; told < Math.min(times, FAULTS_TOLD_MAX); told++) events.onFault(fault)
    }
    for (const [code, times] of lost) losses.count(code, times)
  }
  const handle = rangeOver({ fd: udp.fd, clockPath, mayWait: false }, standing, {
    onTold: (told) => closing === undefined && hear(told),
    onFault: events.onFault,
  })
  const close = (): Promise<void> => {
    closing ??= handle.release().then(() => udp.close())
    return closing
  }
  const lacking = await handle.watching
  if (lacking?.code === 'stamp.thread') {
    await close()
    return { ok: false, fault: lacking }
  }
  const order = (what: RangingOrder): void => {
    if (closing === undefined) handle.order(what)
  }
  return ok({
    stamping: lacking === undefined ? stamping : { kind: 'kernel', reason: lacking },
    setKeys: (peer, keys) => {
      const session: RangingOrder = { type: 'keys', peer, keys, memory: shareFreshMemory() }
      sessions.set(peer, session)
      order(session)
    },
    dropKeys: (peer) => {
      sessions.delete(peer)
      order({ type: 'drop-keys', peer })
    },
    follow: (next) => {
      segment = next
      order({ type: 'segment', segment })
    },
    news: reader.read,
    lost: () => {
      const dropped = udp.drops() ?? 0
      return dropped === 0 ? losses.counts() : new Map([...losses.counts(), ['socket.dropped', dropped]])
    },
    close,
  })
}
