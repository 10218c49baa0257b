import { assert } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { createExchange, type Exchange, type ExchangeAction, type ExchangeLimits, type PacketRef } from './exchange.ts'
import type { PeerNews } from './link-news.ts'
import { MEMBER_ID_MAX } from './packet.ts'
import type { Mac, RangingKeys } from './packet-key.ts'
import type { SessionMemory } from './session-memory.ts'
import type { RangingClock } from './stamp.ts'

export type PeerAction =
  /** Send these bytes to the address that the configuration names for the peer, and tell `sent` when they left. */
  | { readonly type: 'send'; readonly peer: number; readonly bytes: Uint8Array; readonly token: SendToken }
  | ({ readonly type: 'news' } & PeerNews)
  /** Remote input causes these at any rate: limit how many are logged. */
  | { readonly type: 'fault'; readonly fault: Fault }

/** Ties a transmit stamp to what was sent; opaque to the caller. */
export interface SendToken {
  readonly peer: number
  readonly session: number
  readonly packet: PacketRef
}

/** The exchange with one peer through all sessions, and the silence between them. */
export interface PeerExchange {
  setKeys(keys: RangingKeys, now: MonoNs, memory?: SessionMemory): readonly PeerAction[]
  dropKeys(): readonly PeerAction[]
  /** When its next request is due; undefined without a session. */
  nextRequestAt(): MonoNs | undefined
  requestAt(at: MonoNs): void
  /** Makes the next request, due or not. */
  request(now: MonoNs, clock: RangingClock): readonly PeerAction[]
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly PeerAction[]
  sent(token: SendToken, stamp: Stamp, clock: RangingClock): readonly PeerAction[]
}

export interface PeerExchangeOptions {
  readonly self: number
  readonly peer: number
  readonly mac: Mac
  readonly prng: Prng
  readonly limits: ExchangeLimits
}

export function createPeerExchange({ self, peer, mac, prng, limits }: PeerExchangeOptions): PeerExchange {
  assert(peer >= 0 && peer <= MEMBER_ID_MAX, `a member id of 0 to ${MEMBER_ID_MAX}, got ${peer}`)
  let exchange: Exchange | undefined
  // Counts the sessions: a stamp that comes after its session ended must not meet the next one's numbers.
  let session = 0

  const dropKeys = (): readonly PeerAction[] => {
    const count = exchange?.unanswered() ?? 0
    exchange = undefined
    session += 1
    return count === 0 ? [] : [{ type: 'news', peer, news: { type: 'lost', count } }]
  }
  const named = (action: ExchangeAction): PeerAction => {
    if (action.type === 'fault') return action
    if (action.type !== 'send') return { type: 'news', peer, news: action }
    return { type: 'send', peer, bytes: action.bytes, token: { peer, session, packet: action.packet } }
  }

  return {
    setKeys: (keys, now, memory) => {
      const lost = dropKeys()
      exchange = createExchange({ self, peer, keys, mac, prng, limits, startAt: now, ...(memory && { memory }) })
      return lost
    },
    dropKeys,
    nextRequestAt: () => exchange?.nextRequestAt(),
    requestAt: (at) => exchange?.requestAt(at),
    request: (now, clock) => exchange?.request(now, clock).map(named) ?? [],
    receive: (bytes, stamp, clock) => {
      if (exchange !== undefined) return exchange.receive(bytes, stamp, clock).map(named)
      const message = `ranging packet: expected one from a peer with a session, got one from ${peer}`
      return [{ type: 'fault', fault: { code: 'ranging.sender', message } }]
    },
    sent: (token, stamp, clock) => {
      if (exchange === undefined || token.session !== session) return []
      return exchange.sent(token.packet, stamp, clock).map(named)
    },
  }
}
