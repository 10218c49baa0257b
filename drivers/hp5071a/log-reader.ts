import type { ScpiRequest } from '../scpi/session.ts'
import { parseCount, readLog } from './protocol.ts'

/** Reads what comes into the unit's log while it is watched; what was there before is history. */
export interface LogReader {
  counted(text: string): void
  /** The entry to read next; undefined for none. */
  next(): ScpiRequest | undefined
  /** It is on its way. */
  asked(): void
}

/** What is more than this at once is left in the unit's log, whose number of entries is a detail of the status. */
const ENTRIES_AT_ONCE_MAX = 8

export function createLogReader(): LogReader {
  let known: number | undefined
  let waiting: ScpiRequest[] = []
  return {
    counted(text) {
      const count = parseCount(text)
      if (!count.ok) return
      const from = Math.max(known ?? count.value, count.value - ENTRIES_AT_ONCE_MAX)
      for (let entry = from + 1; entry <= count.value; entry++) waiting.push(readLog(entry))
      waiting = waiting.slice(-ENTRIES_AT_ONCE_MAX)
      known = count.value
    },
    next: () => waiting[0],
    asked() {
      waiting = waiting.slice(1)
    },
  }
}
