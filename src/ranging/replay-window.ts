import { ALL_SEEN, freshMemory, type SessionMemory } from './session-memory.ts'

/** Remembers which sequence numbers were seen, so that each is accepted at most once, whatever order they come in. */
export interface ReplayWindow {
  /** True exactly once for each number; false for one seen before, and for one too old to be told from it. */
  accept(sequence: bigint): boolean
}

/** As RFC 4303 section 3.4.3: this many numbers below the highest may still come late. */
const WINDOW = 64n

export function createReplayWindow(memory: Pick<SessionMemory, 'highestSeen' | 'seen'> = freshMemory()): ReplayWindow {
  return {
    accept: (sequence) => {
      const { highestSeen, seen } = memory
      if (sequence > highestSeen) {
        const ahead = sequence - highestSeen
        memory.seen = ahead >= WINDOW ? 1n : ((seen << ahead) & ALL_SEEN) | 1n
        memory.highestSeen = sequence
        return true
      }
      const behind = highestSeen - sequence
      if (behind >= WINDOW || ((seen >> behind) & 1n) === 1n) return false
      memory.seen = seen | (1n << behind)
      return true
    },
  }
}
