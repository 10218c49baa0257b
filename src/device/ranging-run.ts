import { unreachable } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import { min } from '../core/integer.ts'
import { createPrng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { addressBytes } from '../linux/socket-address.ts'
import { addressOf } from '../linux/udp-socket.ts'
import { createExchanges } from '../ranging/exchanges.ts'
import type { Mac } from '../ranging/packet-key.ts'
import type { PeerAction, SendToken } from '../ranging/peer-exchange.ts'
import { clockIn } from '../ranging/stamp.ts'
import { createNewsWriter } from './news-ring.ts'
import type { CountedFault, RangingOrder, RangingSpec, RangingTold } from './ranging-messages.ts'
import { createSentPackets, type SentPacket } from './sent-packets.ts'
import { sharedMemory } from './shared-session-memory.ts'
import type { PacketToSend, SentFrame, StampBatch } from './stamp-messages.ts'

/**
 * Ranging where the stamps are: a request is answered in the turn that it was read in, and the thread with the event loop has
 * nothing to do with packets. It finds what was measured in memory that both share.
 */
export interface RangingRun {
  obey(order: RangingOrder): void
  /** What came of the socket. True when something was sent for it. */
  take(batch: StampBatch): boolean
  /** A spurious wake is a no-op. True when something was sent. */
  wake(now: MonoNs): boolean
  nextWakeAt(): MonoNs | undefined
  /** What is to be told, once; undefined for nothing. */
  tell(): RangingTold | undefined
}

export interface RangingRunParts {
  readonly mac: Mac
  readonly now: () => MonoNs
  readonly stampNow: () => Stamp
  /** Sends now; what the kernel refuses is in a later batch. */
  send(packet: PacketToSend): void
}

export function createRangingRun(spec: RangingSpec, { mac, now, stampNow, send }: RangingRunParts): RangingRun {
  const places = new Map(spec.peers.map(({ id, ranging }) => [id, ranging]))
  const addresses = new Map<number, Uint8Array>()
  const exchanges = createExchanges({ self: spec.self, peers: [...places.keys()], mac, prng: createPrng(spec.seed) })
  const news = createNewsWriter(spec.news)
  const waiting = createSentPackets<SendToken>()
  const untold = createUntold()
  let clock = clockIn(spec.segment)
  let serial = 0

  /** An address in a zone is one as long as there is its interface: it is asked for until there is. */
  const addressTo = (peer: number): Uint8Array | undefined => {
    const place = places.get(peer)
    const known = addresses.get(peer)
    if (known !== undefined || place === undefined) return known
    const address = addressOf(spec.family, place)
    if (address.ok) addresses.set(peer, address.value)
    else untold.fault(address.fault)
    return address.ok ? address.value : undefined
  }
  const sendTo = ({ peer, bytes, token }: PeerAction & { readonly type: 'send' }): void => {
    const [place, address] = [places.get(peer), addressTo(peer)]
    if (place === undefined || address === undefined) return
    serial += 1
    const receiver = { address: addressBytes(address), port: place.port }
    giveUp(waiting.add({ ...receiver, serial, bytes, token, before: stampNow() }))
    send({ serial, bytes, address })
  }
  const perform = (actions: readonly PeerAction[]): void => {
    for (const action of actions) {
      if (action.type === 'send') sendTo(action)
      else if (action.type === 'news') news.write(action)
      else untold.packetFault(action.fault)
    }
  }
  const giveUp = (packets: readonly SentPacket<SendToken>[]): void => {
    for (const { token, before } of packets) {
      untold.lost('stamp.late', 1)
      perform(exchanges.sent(token, before, clock))
    }
  }
  const left = ({ frame, stamp }: SentFrame): void => {
    const packet = waiting.take(frame)
    if (packet === undefined) untold.lost('stamp.unmatched', 1)
    else perform(exchanges.sent(packet.token, stamp ?? packet.before, clock))
  }

  return {
    obey: (order) => {
      if (order.type === 'keys') {
        perform(exchanges.setKeys(order.peer, order.keys, now(), sharedMemory(order.memory)))
      } else if (order.type === 'drop-keys') perform(exchanges.dropKeys(order.peer))
      else if (order.type === 'segment') clock = clockIn(order.segment)
      else unreachable(order)
    },
    take: ({ packets, sent, unsent, lost, fault }) => {
      const before = serial
      for (const refused of unsent) {
        waiting.withdraw(refused.serial)
        untold.fault(refused.fault)
      }
      for (const [code, count] of lost) untold.lost(code, count)
      sent.forEach(left)
      for (const { bytes, stamp } of packets) perform(exchanges.receive(bytes, stamp, clock))
      if (fault !== undefined) untold.fault(fault)
      return serial !== before
    },
    wake: (at) => {
      const before = serial
      giveUp(waiting.expire(at))
      perform(exchanges.wake(at, clock))
      return serial !== before
    },
    nextWakeAt: () => {
      const [dueAt, expiryAt] = [exchanges.nextWakeAt(), waiting.nextExpiryAt()]
      return dueAt === undefined || expiryAt === undefined ? (dueAt ?? expiryAt) : min(dueAt, expiryAt)
    },
    tell: untold.take,
  }
}

interface Untold {
  packetFault(fault: Fault): void
  fault(fault: Fault): void
  lost(code: string, times: number): void
  take(): RangingTold | undefined
}

/** Counts by codes, which stand in the source and are few: whatever the network does, there is little to tell. */
function createUntold(): Untold {
  let packetFaults = new Map<string, CountedFault>()
  let faults = new Map<string, CountedFault>()
  let lost = new Map<string, number>()
  const count = (counted: Map<string, CountedFault>, fault: Fault): void => {
    const { fault: first, times } = counted.get(fault.code) ?? { fault, times: 0 }
    counted.set(fault.code, { fault: first, times: times + 1 })
  }
  return {
    packetFault: (fault) => count(packetFaults, fault),
    fault: (fault) => count(faults, fault),
    lost: (code, times) => lost.set(code, (lost.get(code) ?? 0) + times),
    take: () => {
      if (packetFaults.size + faults.size + lost.size === 0) return undefined
      const told: RangingTold = { packetFaults: [...packetFaults.values()], faults: [...faults.values()], lost }
      packetFaults = new Map()
      faults = new Map()
      lost = new Map()
      return told
    },
  }
}
