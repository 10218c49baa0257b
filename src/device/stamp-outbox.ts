import type { StampBatch } from './stamp-messages.ts'

/**
 * What the thread that stamps has to tell, until it is worth waking the other one. A grandmaster says in two packets what one
 * instant is, and answers a question whose stamp is of no use without the answer: for all that one wake will do.
 */
export interface StampOutbox {
  add(batches: readonly StampBatch[]): void
  /** What is to be told now: all that there is, in order, or nothing yet. */
  take(): readonly StampBatch[]
  /** How long may be waited for something to go with what is here. */
  waitMsMax(): number
}

/** Well before whoever awaits a stamp gives it up (`sent-packets.ts`). */
const HELD_MS_MAX = 50
/** No more are held than this. */
const HELD_MAX = 64

/** `mayWait`: whether what came of this socket may be told with what comes next of any. */
export function createStampOutbox(mayWait: (id: number) => boolean, nowMs: () => number): StampOutbox {
  let held: StampBatch[] = []
  let heldSinceMs = 0
  let due = false
  return {
    add: (batches) => {
      if (held.length === 0) heldSinceMs = nowMs()
      held.push(...batches)
      due ||= batches.some((batch) => isUrgent(batch) || !mayWait(batch.id)) || held.length > HELD_MAX
    },
    take: () => {
      if (!due && (held.length === 0 || nowMs() - heldSinceMs < HELD_MS_MAX)) return []
      const told = held
      held = []
      due = false
      return told
    },
    waitMsMax: () =>
      held.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil(HELD_MS_MAX - (nowMs() - heldSinceMs))),
  }
}

/** What is wrong with a socket, or could not be sent. */
function isUrgent({ unsent, fault }: StampBatch): boolean {
  return unsent.length > 0 || fault !== undefined
}
