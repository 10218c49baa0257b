import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * What the status bytes have shown. Reading clears them in the unit, so a bit that came and went is seen once by whoever
 * asks first: it is kept here for a minute, so that an operator who looks once a minute sees it.
 */
export interface Latch {
  take(bits: readonly number[], now: MonoNs): void
  /** Those of the last answer. */
  present(): readonly number[]
  /** Lets go of what was not seen for a minute. */
  release(now: MonoNs): void
  /** What is kept, in ascending order. */
  held(): readonly number[]
  /** When there is something to let go of. */
  nextAt(): MonoNs | undefined
  clear(): void
}

const HOLD_NS = 60n * NS_PER_SECOND

export function createLatch(): Latch {
  const heldUntil = new Map<number, MonoNs>()
  let present: readonly number[] = []
  return {
    take(bits, now) {
      present = bits
      for (const bit of bits) heldUntil.set(bit, plus(now, HOLD_NS))
    },
    present: () => present,
    release(now) {
      for (const [bit, until] of heldUntil) if (until <= now) heldUntil.delete(bit)
    },
    held: () => [...heldUntil.keys()].sort((a, b) => a - b),
    nextAt() {
      let first: MonoNs | undefined
      for (const until of heldUntil.values()) if (first === undefined || until < first) first = until
      return first
    },
    clear() {
      heldUntil.clear()
      present = []
    },
  }
}
