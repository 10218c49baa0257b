import type { Fault } from '../core/fault.ts'
import { alarm, type Report } from './agent-event.ts'

/** Counts faults that others can cause at any rate, and says only the first, tenth, hundredth … of each kind. */
export interface FaultLog {
  note(who: string, fault: Fault): void
  /** Counts without a word: what anybody on the network can cause and nobody has to act on. */
  count(who: string, code: string, times?: number): void
  counts(): Readonly<Record<string, number>>
}

const KINDS_MAX = 1_000

export function createFaultLog(report: Report): FaultLog {
  const counts = new Map<string, number>()
  /** How often it has been seen, this time included; 0 when there is no room for another kind. */
  const count = (who: string, code: string, times = 1): number => {
    const key = `${who} ${code}`
    if (!counts.has(key) && counts.size >= KINDS_MAX) return 0
    const seen = (counts.get(key) ?? 0) + times
    counts.set(key, seen)
    return seen
  }
  return {
    note: (who, fault) => {
      const seen = count(who, fault.code)
      if (!/^10*$/.test(String(seen))) return
      alarm(report, { code: fault.code, message: `${who}: ${fault.message}${seen > 1 ? ` (${seen} times)` : ''}` })
    },
    count,
    counts: () => Object.fromEntries(counts),
  }
}
