import type { AskedExchange } from './packet.ts'
import type { RangingStamp } from './stamp.ts'

/** What an asker has to tell of its exchanges: the latest of which both own stamps are known, once. */
export interface AskedExchanges {
  /** An exchange with whichever of its own stamps are known by now. */
  note(sequence: bigint, sent: RangingStamp | undefined, received: RangingStamp | undefined): void
  take(): AskedExchange | undefined
  /** The own ranging clock started a new segment: stamps of the old one must not be told as if they were of the new. */
  forget(): void
}

export function createAskedExchanges(): AskedExchanges {
  let untold: AskedExchange | undefined
  return {
    note: (sequence, sent, received) => {
      if (sent === undefined || received === undefined) return
      if (untold === undefined || untold.sequence < sequence) untold = { sequence, sent, received }
    },
    take: () => {
      const taken = untold
      untold = undefined
      return taken
    },
    forget: () => {
      untold = undefined
    },
  }
}
