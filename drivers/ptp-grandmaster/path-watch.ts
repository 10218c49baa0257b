import { abs } from '../../src/core/integer.ts'
import { between, type MonoNs } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import type { Alarms } from './alarms.ts'
import type { PathEstimate } from './path-filter.ts'

/**
 * Tells what a path should not do. Alarms: `ptp.delay-jump`, the shortest round trip is another than it was;
 * `ptp.asymmetry`, the configured asymmetry is more than the round trip allows.
 */
export interface PathWatch {
  observe(estimate: PathEstimate, now: MonoNs): readonly DriverFault[]
  restart(): void
}

export interface PathWatchOptions {
  readonly asymmetryNs: bigint
  /** While the first window fills, the best estimate of the round trip is still to come. */
  readonly settlesNs: bigint
  readonly jumpStandsNs: bigint
}

/** More than twice, or less than half, of the round trip before is told where it is more than this. */
const JUMP_NS_MIN = 20_000n
/** Each end of a round trip is off by the error of the estimate at most. */
const ERRORS = 2n

export function createPathWatch(options: PathWatchOptions, alarms: Alarms): PathWatch {
  let usual: { readonly roundTripNs: bigint; readonly errorNs: bigint; readonly at: MonoNs } | undefined

  const watchAsymmetry = ({ halfPathNs, errorNs }: PathEstimate): readonly DriverFault[] => {
    const fits = abs(options.asymmetryNs) <= halfPathNs + errorNs
    const message = `expected an asymmetry within ±${halfPathNs} ns, half of the round trip, got ${options.asymmetryNs} ns`
    return alarms.hold('ptp.asymmetry', fits ? undefined : message)
  }
  const watchRoundTrip = ({ halfPathNs, errorNs }: PathEstimate, now: MonoNs): readonly DriverFault[] => {
    const roundTripNs = 2n * halfPathNs
    usual ??= { roundTripNs, errorNs, at: now }
    const before = usual.roundTripNs
    if (between(usual.at, now) < options.settlesNs) {
      if (errorNs < usual.errorNs) usual = { ...usual, roundTripNs, errorNs }
      return []
    }
    const allowedNs = JUMP_NS_MIN + ERRORS * (errorNs + usual.errorNs)
    if (roundTripNs <= 2n * before + allowedNs && before <= 2n * roundTripNs + allowedNs) return []
    usual = { roundTripNs, errorNs, at: now }
    const message = `expected a shortest round trip of about ${before} ns, got one of ${roundTripNs} ns`
    return alarms.raise('ptp.delay-jump', message, now, options.jumpStandsNs)
  }

  return {
    observe: (estimate, now) => [...watchAsymmetry(estimate), ...watchRoundTrip(estimate, now)],
    restart: () => {
      usual = undefined
    },
  }
}
