import { abs, divCeil, divFloor, driftNs } from '../../src/core/integer.ts'
import { between } from '../../src/core/time.ts'
import type { ClockReading } from '../clock-driver.ts'

/** Whether a clock runs as one does that somebody keeps right. */
export interface Steadiness {
  /** Takes the next reading. Undefined: nothing speaks against it. */
  next(reading: ClockReading): Unsteadiness | undefined
  /** So many readings in a row have had nothing against them. */
  steady(): number
}

export interface Unsteadiness {
  readonly code: 'phc.stands-still' | 'phc.rate' | 'phc.stepped'
  readonly message: string
}

/** More than its oscillator, that of this machine and a daemon that steers it can explain together, ppb. */
const RATE_PPB_MAX = 500_000n

/**
 * By so much a daemon changes the rate between two readings once it has found it; more is a step, or the daemon still looks.
 * It is also what tells a step: one of less than 20 µs passes for steering, and is left to the comparison with others.
 */
const RATE_CHANGE_PPB_MAX = 20_000n

/** What the clock did from one reading to the next: its offset from the oscillator moved, in so much time. */
interface Course {
  readonly elapsedNs: bigint
  readonly movedNs: bigint
  readonly errorNs: bigint
}

export function createSteadiness(): Steadiness {
  let last: ClockReading | undefined
  let before: Course | undefined
  let steady = 0
  return {
    steady: () => steady,
    next: (reading) => {
      const found = last === undefined ? undefined : judge(last, reading, before)
      steady = found === undefined ? steady + 1 : 0
      before = last === undefined || found !== undefined ? undefined : courseOf(last, reading)
      last = reading
      return found
    },
  }
}

function courseOf(from: ClockReading, to: ClockReading): Course {
  const elapsedNs = between(from.monoNs, to.monoNs)
  const errorNs = divCeil(from.bracketNs, 2n) + divCeil(to.bracketNs, 2n) + 1n
  return { elapsedNs, movedNs: to.shownNs - from.shownNs - elapsedNs, errorNs }
}

function judge(from: ClockReading, to: ClockReading, before: Course | undefined): Unsteadiness | undefined {
  const { elapsedNs, movedNs, errorNs } = courseOf(from, to)
  if (to.shownNs === from.shownNs) {
    return { code: 'phc.stands-still', message: `expected a clock that runs, got the same time after ${elapsedNs} ns` }
  }
  if (before !== undefined) {
    // Had its rate stayed what it was.
    const expectedNs = divFloor(before.movedNs * elapsedNs, before.elapsedNs)
    const expectedErrorNs = divCeil(before.errorNs * elapsedNs, before.elapsedNs) + 1n
    const offNs = movedNs - expectedNs
    const offNsMax = errorNs + expectedErrorNs + driftNs(elapsedNs, RATE_CHANGE_PPB_MAX)
    if (abs(offNs) > offNsMax) {
      const message = `expected a clock that goes on within ${offNsMax} ns of where it was going, got one ${offNs} ns off after ${elapsedNs} ns`
      return { code: 'phc.stepped', message }
    }
  }
  const rateNsMax = driftNs(elapsedNs, RATE_PPB_MAX) + errorNs
  if (abs(movedNs) <= rateNsMax) return undefined
  const message = `expected a clock that moves at most ${rateNsMax} ns against the oscillator in ${elapsedNs} ns, got ${movedNs} ns`
  return { code: 'phc.rate', message }
}
