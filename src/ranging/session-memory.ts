/**
 * What has to outlive whoever runs an exchange, as long as its keys do: a number that was used once is never used again,
 * and what was accepted once is never accepted again. It is written before anything is sent or answered.
 */
export interface SessionMemory {
  /** The number of the last request that was made; 0 before the first. */
  lastSequence: bigint
  /** The highest number of a request of the peer that was accepted, 0 before the first. */
  highestSeen: bigint
  /** Bit i stands for the number `highestSeen - i`: set where it was accepted. */
  seen: bigint
}

/** What stands below the first number is taken as seen: there is no such request. */
export const ALL_SEEN = (1n << 64n) - 1n

/** As it is under new keys. */
export function freshMemory(): SessionMemory {
  return { lastSequence: 0n, highestSeen: 0n, seen: ALL_SEEN }
}
