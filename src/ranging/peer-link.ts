import { assert, unreachable } from '../core/assert.ts'
import type { Fault } from '../core/fault.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp, StampKind } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { createExchange, type Exchange, type ExchangeAction, type ExchangeLimits, type PacketRef } from './exchange.ts'
import { createLinkClock, type LinkClockLimits, type LinkEntry, type RangingSample } from './link-clock.ts'
import { createLinkQuality } from './link-quality.ts'
import { MEMBER_ID_MAX } from './packet.ts'
import type { Mac, RangingKeys } from './packet-key.ts'
import type { RangingClock } from './stamp.ts'

export type RangingAction =
  /** Send these bytes to the address that the configuration names for the peer, and tell `sent` when they left. */
  | { readonly type: 'send'; readonly peer: number; readonly bytes: Uint8Array; readonly token: SendToken }
  | { readonly type: 'sample'; readonly peer: number; readonly sample: RangingSample }
  /** Remote input causes these at any rate: limit how many are logged. */
  | { readonly type: 'fault'; readonly fault: Fault }

/** Ties a transmit stamp to what was sent; opaque to the caller. */
export interface SendToken {
  readonly peer: number
  readonly session: number
  readonly packet: PacketRef
}

/** A ranging entry of a proposal. */
export interface PeerEntry extends LinkEntry {
  readonly peer: number
}

/** The link state of a proposal, with what only this node's own pages show beside it. */
export interface LinkReport {
  readonly peer: number
  /** There is a session, and a request was answered lately. */
  readonly up: boolean
  /** The median of the window; undefined while the link is down or nothing was measured. */
  readonly roundTripNs: bigint | undefined
  readonly roundTripNsMin: bigint | undefined
  readonly lossPpm: number
  readonly stampKind: StampKind | undefined
}

export interface PeerLinkLimits extends ExchangeLimits, LinkClockLimits {
  /** A peer that answered nothing for longer than this is down: several request periods at least. */
  readonly silenceNsMax: bigint
}

export interface PeerLinkOptions {
  readonly self: number
  readonly peer: number
  readonly mac: Mac
  readonly prng: Prng
  readonly limits: PeerLinkLimits
}

/** Everything between this node and one peer: what was measured outlives the session that it was measured in. */
export interface PeerLink {
  setKeys(keys: RangingKeys, now: MonoNs): void
  dropKeys(): void
  /** When its next request is due; undefined without a session. */
  nextRequestAt(): MonoNs | undefined
  requestAt(at: MonoNs): void
  /** Makes the next request, due or not. */
  request(now: MonoNs, clock: RangingClock): readonly RangingAction[]
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  sent(token: SendToken, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  entry(now: MonoNs, clock: RangingClock): PeerEntry | undefined
  report(now: MonoNs): LinkReport
}

export function createPeerLink({ self, peer, mac, prng, limits }: PeerLinkOptions): PeerLink {
  assert(peer >= 0 && peer <= MEMBER_ID_MAX, `a member id of 0 to ${MEMBER_ID_MAX}, got ${peer}`)
  const clocks = createLinkClock(limits)
  const quality = createLinkQuality(limits.silenceNsMax)
  let exchange: Exchange | undefined
  // Counts the sessions: a stamp that comes after its session ended must not meet the next one's numbers.
  let session = 0

  const dropKeys = (): void => {
    if (exchange !== undefined) quality.lost(exchange.unanswered())
    exchange = undefined
    session += 1
  }

  /** Learns from what the exchange did, and passes on what concerns the caller. */
  const learn = (action: ExchangeAction): readonly RangingAction[] => {
    switch (action.type) {
      case 'send':
        return [{ type: 'send', peer, bytes: action.bytes, token: { peer, session, packet: action.packet } }]
      case 'sample':
        clocks.add(action.sample)
        return [{ type: 'sample', peer, sample: action.sample }]
      case 'fault':
        return [action]
      case 'answered':
        quality.answered(action.at)
        return []
      case 'lost':
        quality.lost(action.count)
        return []
      case 'segment':
        clocks.follow(action.peer)
        return []
      default:
        return unreachable(action)
    }
  }

  return {
    setKeys: (keys, now) => {
      dropKeys()
      exchange = createExchange({ self, peer, keys, mac, prng, limits, startAt: now })
    },
    dropKeys,
    nextRequestAt: () => exchange?.nextRequestAt(),
    requestAt: (at) => exchange?.requestAt(at),
    request: (now, clock) => exchange?.request(now, clock).flatMap(learn) ?? [],
    receive: (bytes, stamp, clock) => {
      if (exchange !== undefined) return exchange.receive(bytes, stamp, clock).flatMap(learn)
      const message = `ranging packet: expected one from a peer with a session, got one from ${peer}`
      return [{ type: 'fault', fault: { code: 'ranging.sender', message } }]
    },
    sent: (token, stamp, clock) => {
      if (exchange === undefined || token.session !== session) return []
      return exchange.sent(token.packet, stamp, clock).flatMap(learn)
    },
    entry: (now, clock) => {
      const entry = clocks.entry(now, clock)
      return entry === undefined ? undefined : { peer, ...entry }
    },
    report: (now) => {
      const up = exchange !== undefined && quality.isUp(now)
      const trips = up ? clocks.roundTrips() : undefined
      return {
        peer,
        up,
        roundTripNs: trips?.medianNs,
        roundTripNsMin: trips?.smallestNs,
        lossPpm: quality.lossPpm(),
        stampKind: trips?.stampKind,
      }
    },
  }
}
