import { divFloor } from '../../../src/core/integer.ts'
import { type ClockPair, readClockPair } from '../../../src/linux/clock.ts'
import type { Scope } from '../../support/scope.ts'

/** What CLOCK_REALTIME showed at true instants, by pairs that are read all the time; between two of them it ran evenly. */
export interface RealtimeRecord {
  /** Undefined outside of what was recorded. */
  at(trueNs: bigint): bigint | undefined
}

const READ_MS = 500

export function keepRealtime(scope: Scope): RealtimeRecord {
  const pairs: ClockPair[] = [readClockPair()]
  const timer = setInterval(() => pairs.push(readClockPair()), READ_MS)
  scope.after(() => clearInterval(timer))
  return {
    at: (trueNs) => {
      const index = pairs.findIndex(({ monoNs }) => monoNs >= trueNs)
      const [from, to] = [pairs[index - 1], pairs[index]]
      if (from === undefined || to === undefined) return undefined
      const shown = (to.shownNs as bigint) - from.shownNs
      return from.shownNs + divFloor((trueNs - from.monoNs) * shown, (to.monoNs as bigint) - from.monoNs)
    },
  }
}
