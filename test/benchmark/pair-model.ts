import type { BiasReading } from '../../src/consensus/behaviour/bias.ts'
import type { Prng } from '../../src/core/prng.ts'

/** How two honest clocks and the way between them behave, an epoch a second. */
export interface PairModel {
  readonly boundNs: number
  /** Standard deviation of the noise on a node clock, ns. */
  readonly noiseNs: number
  /** Whether clocks stay inside their bounds, as they promise, or go beyond with their noise. */
  readonly keepsBounds: boolean
  /** Mean of the queue in each direction, exponential, ns. */
  readonly queueNs: number
  /** What of the error of φ no bound knows of, standard deviation, ns. */
  readonly strayNs: number
}

export const PAIR_MODELS = {
  /** What the bounds say is true. */
  bounded: { boundNs: 200, noiseNs: 20, keepsBounds: true, queueNs: 2_000, strayNs: 0 },
  /**
   * Claims that are too good: bounds of three standard deviations, which every 370th reading breaks, and ranging errors
   * beyond u.
   */
  rough: { boundNs: 200, noiseNs: 67, keepsBounds: false, queueNs: 50, strayNs: 20 },
  /** Hardware stamps on a quiet network: the slack is at its least. */
  quiet: { boundNs: 100, noiseNs: 20, keepsBounds: true, queueNs: 20, strayNs: 5 },
} as const satisfies Readonly<Record<string, PairModel>>
export type PairModelName = keyof typeof PAIR_MODELS

/** (ρ_r + ρ_j) of two crystals over a second and a half. */
const DRIFT_NS = 600
const RELOCK_CHANCE = 1 / 500
const BURST_CHANCE = 1 / 300
const BURST_NS = 2_000_000
const DETOUR_CHANCE = 1 / 50_000
const DETOUR_NS = 100_000

/**
 * The readings of one pair, one after the other. Both clocks wander over the whole of ±ε and re-lock to anywhere in it
 * every 500 s. The way has a constant asymmetry of up to 1 ms; queues in each direction; congestion of one direction by
 * up to 2 ms for one to three epochs every 300 s; a detour of one direction by up to 100 µs about twice a day, until
 * the next.
 */
export function createPairModel(prng: Prng, model: PairModel): () => BiasReading {
  const { boundNs, queueNs } = model
  const even = (most: number): number => (2 * prng.nextUnit() - 1) * most
  const normal = (deviation: number): number => (deviation === 0 ? 0 : prng.nextNormal() * deviation)
  const queue = (): number => -queueNs * Math.log(1 - prng.nextUnit())
  const asymmetryNs = even(500_000)
  const wayNs = 2 * Math.abs(asymmetryNs) + 10_000
  let [ownNs, peerNs, burst, burstNs] = [even(boundNs), even(boundNs), 0, 0]
  // Half of all pairs meet on a detour, so that the way becomes shorter than it ever was.
  let detourNs = prng.nextUnit() < 0.5 ? 0 : even(DETOUR_NS)
  const noisy = (errorNs: number): number => {
    const read = errorNs + normal(model.noiseNs)
    return model.keepsBounds ? limited(read, boundNs) : read
  }
  const happen = (): void => {
    const drawn = prng.nextUnit()
    if (drawn < RELOCK_CHANCE) ownNs = even(boundNs)
    else if (drawn < 2 * RELOCK_CHANCE) peerNs = even(boundNs)
    else if (drawn < 2 * RELOCK_CHANCE + BURST_CHANCE && burst === 0) {
      burst = 1 + prng.nextBelow(3)
      burstNs = even(BURST_NS)
    } else if (drawn > 1 - DETOUR_CHANCE) detourNs = detourNs === 0 ? even(DETOUR_NS) : 0
  }
  return () => {
    happen()
    // Where bounds are broken by noise the clocks behind it stay in the middle: a bound of three standard deviations.
    const room = model.keepsBounds ? boundNs : 0
    ownNs = limited(ownNs + even(4), room)
    peerNs = limited(peerNs + even(4), room)
    const extraNs = burst > 0 ? burstNs : 0
    burst = Math.max(0, burst - 1)
    const there = queue() + Math.max(0, extraNs) + Math.max(0, detourNs)
    const back = queue() + Math.max(0, -extraNs) + Math.max(0, -detourNs)
    const errorNs = asymmetryNs + (there - back) / 2 + even(DRIFT_NS / 2) + normal(model.strayNs)
    return {
      offsetNs: Math.round(noisy(peerNs) - noisy(ownNs) + errorNs),
      uncertaintyNs: Math.ceil((wayNs + there + back) / 2),
      allowanceNs: 2 * boundNs + DRIFT_NS,
    }
  }
}

function limited(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value))
}
