import { ceilOf } from './number-range.ts'

/**
 * What the records know of the way between two members: the least uncertainty ranging ever had on it, which is the way
 * when nothing queues, and what it has as a rule. In ns.
 *
 * Of a way with delays f there and b back, u = (f + b)/2 and the error of φ is (f − b)/2. So when queues lengthen a
 * way, the error of φ changes by no more than u grows above its floor: that is all that the bias test needs to know of
 * networks.
 */
export interface PathFloor {
  readonly floorNs: number
  /** The median of u, followed in small steps. */
  readonly usualNs: number
  /** The median of |u − usual|: how much queues come and go. */
  readonly noiseNs: number
}

/**
 * How much of the way to a lower u the floor goes at once. Fast, because until it is there a way that has become shorter
 * than ever looks like a clock that moved. A liar that lowers it with false samples is suspected of delay once ten times
 * less is claimed than there is.
 */
const LOWERING = 2
/** Medians are followed in steps of a 32nd of the noise. */
const MEDIAN_STEP = 32

export function startFloor(uncertaintyNs: number): PathFloor {
  return { floorNs: uncertaintyNs, usualNs: uncertaintyNs, noiseNs: 0 }
}

export function stepFloor({ floorNs, usualNs, noiseNs }: PathFloor, uncertaintyNs: number): PathFloor {
  const step = 1 + Math.floor(noiseNs / MEDIAN_STEP)
  return {
    floorNs: uncertaintyNs < floorNs ? floorNs - ceilOf(floorNs - uncertaintyNs, LOWERING) : floorNs,
    usualNs: towards(usualNs, uncertaintyNs, step),
    noiseNs: towards(noiseNs, Math.abs(uncertaintyNs - usualNs), step),
  }
}

function towards(medianNs: number, valueNs: number, step: number): number {
  if (valueNs > medianNs) return medianNs + step
  return valueNs < medianNs ? Math.max(0, medianNs - step) : medianNs
}
