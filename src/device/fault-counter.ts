/** How often each fault was seen, by its code. */
export interface FaultCounter {
  /** Counts one more, or so many, and returns how many of this code there are now. */
  count(code: string, times?: number): number
  counts(): ReadonlyMap<string, number>
}

/** Codes are written in the source, so there are few; should a driver make them up, the rest share one. */
const CODES_MAX = 64
const OTHER = 'fault.other'

export function createFaultCounter(): FaultCounter {
  const counts = new Map<string, number>()
  return {
    count: (code, times = 1) => {
      const key = counts.has(code) || counts.size < CODES_MAX ? code : OTHER
      const seen = (counts.get(key) ?? 0) + times
      counts.set(key, seen)
      return seen
    },
    counts: () => counts,
  }
}
