import { toHex } from '../../core/bytes.ts'
import type { MonoNs } from '../../core/time.ts'
import type { VerifiedOrder } from '../membership-order.ts'

/** A membership order that a block may name, with its bytes as they travel. */
export interface HeldOrder {
  readonly order: VerifiedOrder
  readonly bytes: Uint8Array
  readonly since: MonoNs
}

/**
 * Operators who sign more than a few for one membership contradict themselves; the oldest is forgotten. One that this member
 * has voted for is not, as long as that can be: its block may become final, and then nobody else may have it.
 */
const ORDERS_MAX = 8
const VOTED_MAX = 64

/** Verified orders for the present membership. */
export interface OrderBook {
  /** The one that came first: it is what this member carries out when it leads. */
  readonly pending: HeldOrder | undefined
  /** Returns whether it is new. */
  add(held: HeldOrder): boolean
  /** This member votes for a block that carries it out. */
  keep(digest: Uint8Array): void
  byDigest(digest: Uint8Array): HeldOrder | undefined
}

export function createOrderBook(): OrderBook {
  const held = new Map<string, HeldOrder>()
  const voted = new Map<string, HeldOrder>()
  return {
    get pending() {
      const [first] = held.values()
      return first
    },
    keep: (digest) => {
      const key = toHex(digest)
      const order = held.get(key)
      if (order !== undefined) voted.set(key, order)
      const [oldest] = voted.keys()
      if (voted.size > VOTED_MAX && oldest !== undefined) voted.delete(oldest)
    },
    add: (order) => {
      const key = toHex(order.order.digest)
      if (held.has(key)) return false
      held.set(key, order)
      const [oldest] = held.keys()
      if (held.size > ORDERS_MAX && oldest !== undefined) held.delete(oldest)
      return true
    },
    byDigest: (digest) => held.get(toHex(digest)) ?? voted.get(toHex(digest)),
  }
}
