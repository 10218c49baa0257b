import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import type { ExchangeLimits } from './exchange.ts'
import { createExchanges, type Exchanges, type ExchangesOptions } from './exchanges.ts'
import { createLinkBook, type LinkBook, type LinkBookLimits } from './link-book.ts'
import type { RangingSample } from './link-clock.ts'
import type { RangingKeys } from './packet-key.ts'
import type { PeerAction, SendToken } from './peer-exchange.ts'
import type { RangingClock } from './stamp.ts'

export type RangingAction =
  | Extract<PeerAction, { readonly type: 'send' }>
  | { readonly type: 'sample'; readonly peer: number; readonly sample: RangingSample }
  /** Remote input causes these at any rate: limit how many are logged. */
  | { readonly type: 'fault'; readonly fault: Fault }

/** The ranging of one node in one thread: its exchanges, and the book of what they find out. Pure. */
export interface Ranging extends Pick<Exchanges, 'nextWakeAt'>, Pick<LinkBook, 'row' | 'links'> {
  /** A TLS session with the peer is up: its exchange starts afresh under these keys. What was measured is kept. */
  setKeys(peer: number, keys: RangingKeys, now: MonoNs): void
  /** The session is gone: no more packets to or from the peer. What was measured ages on. */
  dropKeys(peer: number): void
  /** As those of `Exchanges`. */
  wake(now: MonoNs, clock: RangingClock): readonly RangingAction[]
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  sent(token: SendToken, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  /** How often each fault occurred since the start, by its code. */
  faultCounts(): ReadonlyMap<string, number>
}

export interface RangingOptions extends Omit<ExchangesOptions, 'limits'> {
  readonly limits?: Partial<ExchangeLimits & LinkBookLimits>
}

export function createRanging(options: RangingOptions): Ranging {
  const exchanges = createExchanges(options)
  const book = createLinkBook(options.peers, options.limits)
  const faultCounts = new Map<string, number>()

  /** Learns from what the exchanges did, and passes on what concerns the caller. */
  const learn = (action: PeerAction): readonly RangingAction[] => {
    if (action.type === 'send') return [action]
    if (action.type === 'fault') {
      faultCounts.set(action.fault.code, (faultCounts.get(action.fault.code) ?? 0) + 1)
      return [action]
    }
    const { peer, news } = action
    book.learn(action)
    return news.type === 'sample' ? [{ type: 'sample', peer, sample: news.sample }] : []
  }

  return {
    setKeys: (peer, keys, now) => {
      exchanges.setKeys(peer, keys, now).forEach(learn)
      book.session(peer, true)
    },
    dropKeys: (peer) => {
      exchanges.dropKeys(peer).forEach(learn)
      book.session(peer, false)
    },
    nextWakeAt: exchanges.nextWakeAt,
    wake: (now, clock) => exchanges.wake(now, clock).flatMap(learn),
    receive: (bytes, stamp, clock) => exchanges.receive(bytes, stamp, clock).flatMap(learn),
    sent: (token, stamp, clock) => exchanges.sent(token, stamp, clock).flatMap(learn),
    row: book.row,
    links: book.links,
    faultCounts: () => faultCounts,
  }
}
