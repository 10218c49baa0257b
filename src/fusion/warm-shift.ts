import type { TemperatureVerdict } from './temperature-trial.ts'
import type { Warmth } from './thermometer.ts'

/** What the temperature of an oscillator says about where it is, beside what its rate alone says. */
export interface WarmShift {
  /** To be added. */
  readonly shiftNs: bigint
  /** What temperatures beyond those learnt may have done, rounded up: nothing is known there but that it is more. */
  readonly beyondNs: bigint
}

export const NO_SHIFT: WarmShift = { shiftNs: 0n, beyondNs: 0n }
/** A coefficient may double beyond the temperatures for which it was learnt (a crystal's rate goes with their cube). */
const BEYOND_FACTOR = 2

/** By the rate that goes with the temperature instead of the mean, which was expected to be `plainPpb`. */
export function shiftFromMean(verdict: TemperatureVerdict, plainPpb: number, from: Warmth, to: Warmth): WarmShift {
  const { fit, used } = verdict
  if (!used || fit === undefined) return NO_SHIFT
  const believedS = to.believedS - from.believedS
  const warmerKs = to.heldKs - from.heldKs - fit.referenceC * believedS
  return shiftOf((fit.ratePpb - plainPpb) * believedS + fit.ppbPerK * warmerKs, fit.ppbPerK, from, to)
}

/** By what the temperature has changed since the rate was measured, just before `from`. */
export function shiftFromRecent(verdict: TemperatureVerdict, from: Warmth, to: Warmth): WarmShift {
  const { fit, used } = verdict
  if (!used || fit === undefined || from.celsius === undefined) return NO_SHIFT
  const startC = Math.min(fit.hiC, Math.max(fit.loC, from.celsius))
  const warmerKs = to.heldKs - from.heldKs - startC * (to.believedS - from.believedS)
  return shiftOf(fit.ppbPerK * warmerKs, fit.ppbPerK, from, to)
}

function shiftOf(shiftNs: number, ppbPerK: number, from: Warmth, to: Warmth): WarmShift {
  const beyondNs = BEYOND_FACTOR * Math.abs(ppbPerK) * Math.abs(to.beyondKs - from.beyondKs)
  return { shiftNs: BigInt(Math.round(shiftNs)), beyondNs: BigInt(Math.ceil(beyondNs)) }
}

/** What the thermometer of one oscillator says, and what that is worth. */
export interface TemperatureReading {
  /** Undefined while it is silent. */
  readonly celsius: number | undefined
  /** How much faster TAI runs against it, a degree; undefined before that was learnt. */
  readonly ppbPerK: number | undefined
  readonly used: boolean
  /** Why it is used, or why not. */
  readonly reason: string
}

export function readTemperature(
  { celsius, believed }: Warmth,
  verdict: TemperatureVerdict | undefined,
): TemperatureReading {
  const ppbPerK = verdict?.fit?.ppbPerK
  if (celsius === undefined) return { celsius, ppbPerK, used: false, reason: 'its thermometer is silent, or stuck' }
  if (verdict === undefined) return { celsius, ppbPerK, used: false, reason: 'its rate is not being learnt' }
  const { fit, used, reason } = verdict
  if (used && !believed)
    return { celsius, ppbPerK, used: false, reason: 'its thermometer was silent or stuck, or jumped' }
  if (!used || fit === undefined || (celsius >= fit.loC && celsius <= fit.hiC))
    return { celsius, ppbPerK, used, reason }
  const [range, now] = [`${fit.loC.toFixed(1)} to ${fit.hiC.toFixed(1)} °C`, celsius.toFixed(1)]
  return { celsius, ppbPerK, used, reason: `held at the end of what was learnt, expected ${range}, got ${now} °C` }
}
