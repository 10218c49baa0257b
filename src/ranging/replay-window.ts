/** Remembers which sequence numbers were seen, so that each is accepted at most once, whatever order they come in. */
export interface ReplayWindow {
  /** True exactly once for each number; false for one seen before, and for one too old to be told from it. */
  accept(sequence: bigint): boolean
}

/** As RFC 4303 section 3.4.3: this many numbers below the highest may still come late. */
const WINDOW = 64n
const MASK = (1n << WINDOW) - 1n

export function createReplayWindow(): ReplayWindow {
  let highest = 0n
  // Bit i stands for the number `highest - i`.
  let seen = MASK
  return {
    accept: (sequence) => {
      if (sequence > highest) {
        const ahead = sequence - highest
        seen = ahead >= WINDOW ? 1n : ((seen << ahead) & MASK) | 1n
        highest = sequence
        return true
      }
      const behind = highest - sequence
      if (behind >= WINDOW || ((seen >> behind) & 1n) === 1n) return false
      seen |= 1n << behind
      return true
    },
  }
}
