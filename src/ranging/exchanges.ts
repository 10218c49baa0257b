import { assert } from '../core/assert.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import type { ExchangeLimits } from './exchange.ts'
import { readSender } from './packet.ts'
import type { Mac, RangingKeys } from './packet-key.ts'
import { createPeerExchange, type PeerAction, type PeerExchange, type SendToken } from './peer-exchange.ts'
import type { SessionMemory } from './session-memory.ts'
import type { RangingClock } from './stamp.ts'

/** The exchanges of one node with all peers, over one socket that belongs to the caller. Pure. */
export interface Exchanges {
  /** A TLS session with the peer is up: its exchange starts afresh under these keys, or goes on where `memory` is not. */
  setKeys(peer: number, keys: RangingKeys, now: MonoNs, memory?: SessionMemory): readonly PeerAction[]
  /** The session is gone: no more packets to or from the peer. */
  dropKeys(peer: number): readonly PeerAction[]
  nextWakeAt(): MonoNs | undefined
  /** When one request is due, makes one to every peer: a node is woken once for all of them. A spurious wake is a no-op. */
  wake(now: MonoNs, clock: RangingClock): readonly PeerAction[]
  /** A datagram as it came from the socket, from anybody. */
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly PeerAction[]
  /** When the packet of a `send` left: at once for stamps of this program, some time later for those of the kernel. */
  sent(token: SendToken, stamp: Stamp, clock: RangingClock): readonly PeerAction[]
}

export interface ExchangesOptions {
  readonly self: number
  readonly peers: readonly number[]
  readonly mac: Mac
  readonly prng: Prng
  /** Whatever is not given is as in `EXCHANGE_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>
}

/**
 * 4 requests a second to each peer, which it answers with room for eight times that. The peer asks as often, and both learn
 * from every exchange: 8 a second on each link.
 */
const EXCHANGE_LIMITS: ExchangeLimits = {
  requestPeriodNs: 250_000_000n,
  answerNsMax: 2_000_000_000n,
  outstandingMax: 32,
  answersPerSecond: 32,
  answersBurst: 16,
}

export function createExchanges({ self, peers, mac, prng, ...options }: ExchangesOptions): Exchanges {
  const limits: ExchangeLimits = { ...EXCHANGE_LIMITS, ...options.limits }
  const sorted = peers.toSorted((a, b) => a - b)
  const exchanges = new Map(
    sorted.map((peer) => [peer, createPeerExchange({ self, peer, mac, prng, limits })] as const),
  )
  assert(!exchanges.has(self) && exchanges.size === peers.length, 'the peers are the other members, each once')

  const exchangeWith = (peer: number): PeerExchange => {
    const exchange = exchanges.get(peer)
    assert(exchange !== undefined, `member ${peer} is no peer of ${self}`)
    return exchange
  }

  // Asked after every packet.
  const nextWakeAt = (): MonoNs | undefined => {
    let first: MonoNs | undefined
    for (const each of exchanges.values()) {
      const at = each.nextRequestAt()
      if (first === undefined || (at !== undefined && at < first)) first = at
    }
    return first
  }

  return {
    setKeys: (peer, keys, now, memory) => exchangeWith(peer).setKeys(keys, now, memory),
    dropKeys: (peer) => exchangeWith(peer).dropKeys(),
    nextWakeAt,
    wake: (now, clock) => {
      const dueAt = nextWakeAt()
      if (dueAt === undefined || now < dueAt) return []
      const up = [...exchanges.values()].filter((each) => each.nextRequestAt() !== undefined)
      const requests = up.flatMap((each) => each.request(now, clock))
      // The first one's jitter is everybody's: the earliest of several would be early on the whole.
      const next = up[0]?.nextRequestAt()
      if (next !== undefined) for (const each of up) each.requestAt(next)
      return requests
    },
    receive: (bytes, stamp, clock) => {
      const sender = readSender(bytes)
      if (!sender.ok) return [{ type: 'fault', fault: sender.fault }]
      const exchange = exchanges.get(sender.value)
      if (exchange !== undefined) return exchange.receive(bytes, stamp, clock)
      const message = `ranging packet: expected one from a peer of ${self}, got one from ${sender.value}`
      return [{ type: 'fault', fault: { code: 'ranging.sender', message } }]
    },
    sent: (token, stamp, clock) => exchangeWith(token.peer).sent(token, stamp, clock),
  }
}
