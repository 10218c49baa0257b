/** How long messages take from the socket to the replica: the floor of Δ. A window of the last few epochs: what a start cost is soon forgotten. */
export interface ReceiveLatency {
  observe(durationNs: bigint): void
  /** 99th percentile of the window, ns. */
  p99Ns(): bigint
}

const WINDOW = 128

export function createReceiveLatency(): ReceiveLatency {
  const window: bigint[] = []
  let next = 0
  return {
    observe: (durationNs) => {
      window[next] = durationNs
      next = (next + 1) % WINDOW
    },
    p99Ns: () => {
      const sorted = window.toSorted((a, b) => (a < b ? -1 : 1))
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0n
    },
  }
}
