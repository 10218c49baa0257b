import { equalBytes } from '../core/bytes.ts'
import type { Stamp } from '../core/stamp.ts'
import { type MonoNs, plus } from '../core/time.ts'

/** A packet whose transmit stamp is awaited. */
export interface SentPacket<Token> {
  /** What its sender knows it by. */
  readonly serial: number
  readonly bytes: Uint8Array
  readonly port: number
  /** Of the receiver, in network order. */
  readonly address: Uint8Array
  readonly token: Token
  /** Taken by this program before it sent the packet: what is told where no other stamp comes. */
  readonly before: Stamp
}

/**
 * Which packet a transmit stamp belongs to. The kernel can number them, but a send that fails may use up a number or not,
 * by its version and the reason; a stamp that is told for a wrong packet is a wrong bound. So the kernel is asked to
 * return each packet with its stamp, and the packet itself is looked for.
 */
export interface SentPackets<Token> {
  /** Returns those that it gives up, oldest first, so that the limit on their number holds. */
  add(packet: SentPacket<Token>): readonly SentPacket<Token>[]
  /** Takes out the one that this frame carries. Undefined for none, or for several that cannot be told apart. */
  take(frame: Uint8Array): SentPacket<Token> | undefined
  /** Takes out one that was not sent after all. */
  withdraw(serial: number): void
  /** Takes out those that have waited too long. */
  expire(now: MonoNs): readonly SentPacket<Token>[]
  nextExpiryAt(): MonoNs | undefined
}

const PACKETS_MAX = 256
/** The kernel has a stamp within microseconds, a card within milliseconds; the rest is for a thread that waits for its turn. */
const WAIT_NS = 200_000_000n
const UDP_HEADER_BYTES = 8

export function createSentPackets<Token>(): SentPackets<Token> {
  const waiting: SentPacket<Token>[] = []
  return {
    add: (packet) => {
      waiting.push(packet)
      return waiting.splice(0, Math.max(0, waiting.length - PACKETS_MAX))
    },
    take: (frame) => {
      const carried = waiting.filter((packet) => carries(frame, packet) !== undefined)
      const [only, ...more] = carried.length > 1 ? carried.filter((packet) => isAddressed(frame, packet)) : carried
      if (only === undefined || more.length > 0) return undefined
      waiting.splice(waiting.indexOf(only), 1)
      return only
    },
    withdraw: (serial) => {
      const index = waiting.findIndex((packet) => packet.serial === serial)
      if (index >= 0) waiting.splice(index, 1)
    },
    expire: (now) => {
      const alive = waiting.findIndex(({ before }) => plus(before.at, WAIT_NS) > now)
      return waiting.splice(0, alive < 0 ? waiting.length : alive)
    },
    nextExpiryAt: () => (waiting[0] === undefined ? undefined : plus(waiting[0].before.at, WAIT_NS)),
  }
}

/** Where in a frame the packet is: at its end or before padding, behind a UDP header that has its length. */
function carries(frame: Uint8Array, { bytes }: SentPacket<unknown>): number | undefined {
  const lastAt = frame.length - bytes.length
  for (let at = lastAt; at >= UDP_HEADER_BYTES && at >= lastAt - PADDING_MAX; at--) {
    const length = ((frame[at - 4] ?? 0) << 8) | (frame[at - 3] ?? 0)
    if (length === bytes.length + UDP_HEADER_BYTES && equalBytes(frame.subarray(at, at + bytes.length), bytes))
      return at
  }
  return undefined
}

/** What the shortest Ethernet frame may add. */
const PADDING_MAX = 46

/** The header of IPv4 and that of IPv6 both end with the address of the receiver. */
function isAddressed(frame: Uint8Array, packet: SentPacket<unknown>): boolean {
  const headerAt = (carries(frame, packet) ?? 0) - UDP_HEADER_BYTES
  const port = ((frame[headerAt + 2] ?? 0) << 8) | (frame[headerAt + 3] ?? 0)
  const address = frame.subarray(Math.max(0, headerAt - packet.address.length), Math.max(0, headerAt))
  return port === packet.port && equalBytes(address, packet.address)
}
