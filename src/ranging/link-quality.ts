import { between, type MonoNs } from '../core/time.ts'

/** Whether a peer answers, and how many of the last requests it did not. Diagnosis only. */
export interface LinkQuality {
  answered(at: MonoNs): void
  lost(count: number): void
  /** True when an answer came within the limit before `now`. */
  isUp(now: MonoNs): boolean
  /** Lost requests of the window in parts per million, rounded down; 0 while nothing was concluded. */
  lossPpm(): number
}

/** How many concluded requests the loss is counted over. */
const WINDOW = 64

export function createLinkQuality(silenceNsMax: bigint): LinkQuality {
  // Newest last, true for answered.
  let concluded: boolean[] = []
  let answeredAt: MonoNs | undefined
  const conclude = (outcomes: readonly boolean[]): void => {
    concluded = [...concluded, ...outcomes].slice(-WINDOW)
  }
  return {
    answered: (at) => {
      answeredAt = at
      conclude([true])
    },
    lost: (count) => conclude(Array.from({ length: Math.min(count, WINDOW) }, () => false)),
    isUp: (now) => answeredAt !== undefined && between(answeredAt, now) <= silenceNsMax,
    lossPpm: () => {
      const lost = concluded.filter((answered) => !answered).length
      return concluded.length === 0 ? 0 : Math.floor((lost * 1_000_000) / concluded.length)
    },
  }
}
