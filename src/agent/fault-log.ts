import type { Fault } from '../core/fault.ts'
import { alarm, type Report } from './agent-event.ts'

/** Counts faults that others can cause at any rate, and says only the first, tenth, hundredth … of each kind. */
export interface FaultLog {
  note(who: string, fault: Fault): void
  counts(): Readonly<Record<string, number>>
}

const KINDS_MAX = 1_000

export function createFaultLog(report: Report): FaultLog {
  const counts = new Map<string, number>()
  return {
    note: (who, { code, message }) => {
      const key = `${who} ${code}`
      if (!counts.has(key) && counts.size >= KINDS_MAX) return
      const seen = (counts.get(key) ?? 0) + 1
      counts.set(key, seen)
      if (seen === 1 || /^10+$/.test(String(seen))) {
        alarm(report, { code, message: `${who}: ${message}${seen > 1 ? ` (${seen} times)` : ''}` })
      }
    },
    counts: () => Object.fromEntries(counts),
  }
}
