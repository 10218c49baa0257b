import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'

/**
 * Keeps a broken line from flooding the log: within one second at most `FAULTS_PER_SECOND_MAX` faults are reported one
 * by one, the others are counted and summed up in one fault with a code of its own when the second is over.
 */
export interface FaultLimit {
  /** What may be reported now that `fault` has happened. */
  offer(fault: DriverFault, at: MonoNs): readonly DriverFault[]
  /** The sum of what was held back, if its second is over. */
  expire(now: MonoNs): readonly DriverFault[]
  /** When `expire` will have something to say. */
  nextAt(): MonoNs | undefined
}

/** A 9600 baud line has about fifteen sentences a second, one of 57600 baud ninety: all bad, they still fit. */
export const FAULTS_PER_SECOND_MAX = 100

/** `code` is that of the sum: `nmea.faults-suppressed`. */
export function createFaultLimit(code: string): FaultLimit {
  let secondEndsAt: MonoNs | undefined
  let reported = 0
  let suppressed = 0

  const expire = (now: MonoNs): readonly DriverFault[] => {
    if (secondEndsAt === undefined || now < secondEndsAt) return []
    const held = suppressed
    secondEndsAt = undefined
    reported = 0
    suppressed = 0
    if (held === 0) return []
    const message = `expected at most ${FAULTS_PER_SECOND_MAX} faults a second, got ${held} more, which were only counted`
    return [{ code, message }]
  }

  return {
    offer(fault, at) {
      const sum = expire(at)
      secondEndsAt ??= plus(at, NS_PER_SECOND)
      if (reported === FAULTS_PER_SECOND_MAX) {
        suppressed += 1
        return sum
      }
      reported += 1
      return [...sum, fault]
    },
    expire,
    nextAt: () => (suppressed > 0 ? secondEndsAt : undefined),
  }
}
