import { ok, type Result } from '../core/fault.ts'
import { createFaultCounter } from '../device/fault-counter.ts'
import { openRangedSocket } from '../device/ranged-socket.ts'
import { createLinkBook } from '../ranging/link-book.ts'
import { PACKET_BYTES, PACKET_MAGIC } from '../ranging/packet.ts'
import type { RangingSegment } from '../ranging/stamp.ts'
import type { RangingPort, RangingPortOptions } from './ranging-port.ts'

/**
 * Ranging in the thread that stamps, which is told of keys and of the own clock. Here is the book of what it measured, and it
 * is written up when it is read: no packet wakes this thread. Faults: those of `openRangedSocket`.
 */
export async function openThreadRanging(options: RangingPortOptions): Promise<Result<RangingPort>> {
  const { self, peers, clock, seed, interface: device } = options
  const faults = createFaultCounter()
  const segmentNow = (): RangingSegment => {
    const { bootId, segment, course, boundPpb } = clock
    return { bootId, segment, course, boundPpb }
  }
  const first = segmentNow()
  // Whoever is no peer can not even wake the thread that stamps; the tag of a packet is still all that proves its sender.
  const from = peers.flatMap((peer) => [peer.ranging.address, ...(peer.alsoFrom ?? [])])
  const opened = await openRangedSocket(
    {
      local: options.listen,
      interface: device,
      hardware: device === undefined ? 'off' : { prefer: 'all' },
      filter: { from: [...new Set(from)], bytes: PACKET_BYTES, begins: PACKET_MAGIC },
      self,
      peers: peers.map(({ id, ranging }) => ({ id, ranging })),
      seed,
      segment: first,
    },
    {
      onFault: options.onFault,
      onPacketFault: (fault, times) => {
        faults.count(fault.code, times)
        options.onPacketFault(fault, times)
      },
    },
  )
  if (!opened.ok) return opened
  const socket = opened.value
  const book = createLinkBook(peers.map(({ id }) => id))
  let told = first.segment

  const follow = (): void => {
    if (clock.segment === told) return
    told = clock.segment
    socket.follow(segmentNow())
  }
  const writeUp = (): void => {
    follow()
    socket.news().forEach(book.learn)
  }
  return ok({
    setKeys: (peer, keys) => {
      socket.setKeys(peer, keys)
      book.session(peer, true)
    },
    dropKeys: (peer) => {
      socket.dropKeys(peer)
      book.session(peer, false)
    },
    follow,
    row: (now) => {
      writeUp()
      return book.row(now, clock)
    },
    links: (now) => {
      writeUp()
      return book.links(now)
    },
    faultCounts: faults.counts,
    standing: () => {
      const { kind, reason } = socket.stamping
      return { stamps: kind, reason: reason?.message, lost: Object.fromEntries(socket.lost()) }
    },
    close: socket.close,
  })
}
