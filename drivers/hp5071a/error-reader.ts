import type { Fault } from '../../src/core/fault.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { parseErrorEntry } from '../scpi/values.ts'

/** Empties the unit's error queue by reading it, since clearing it would put out the lights that an operator looks at. */
export interface ErrorReader {
  /** What the prompt after a reply showed; when to read the queue, undefined for not at all. */
  prompted(wasRead: boolean, errorCode: number, now: MonoNs): MonoNs | undefined
  /** The fault that an entry is worth; undefined for that of an empty queue. */
  entry(text: string): Fault | undefined
}

const READ_PERIOD_NS = 250n * NS_PER_MILLISECOND
/** A queue of thirty is empty by then; one that never is, is left for a while. */
const READS_MAX = 64
const AFTER_READS_NS = 60n * NS_PER_SECOND

export function createErrorReader(): ErrorReader {
  let reads = 0
  let waitsUntil: MonoNs | undefined
  return {
    prompted(wasRead, errorCode, now) {
      if (errorCode === 0) {
        reads = 0
        waitsUntil = undefined
        return undefined
      }
      if (wasRead) {
        reads += 1
        waitsUntil = plus(now, reads >= READS_MAX ? AFTER_READS_NS : READ_PERIOD_NS)
        if (reads >= READS_MAX) reads = 0
      }
      waitsUntil ??= now
      return waitsUntil
    },
    entry(text) {
      const entry = parseErrorEntry(text)
      if (!entry.ok) return entry.fault
      const { code, text: said } = entry.value
      if (code === 0) return undefined
      const message = `expected an empty error queue, got ${code} ${JSON.stringify(said)}`
      return { code: 'hp5071a.instrument-error', message }
    },
  }
}
