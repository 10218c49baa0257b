import { abs, divCeil, max, min } from '../core/integer.ts'
import { between, type MonoNs } from '../core/time.ts'
import type { LearntRate } from './carrier-rate.ts'
import type { OscillatorClass, SourceClass } from './source-class.ts'

/**
 * What may be promised of the rate of an oscillator that nobody disciplines, by its class. Ages and temperatures of a
 * rack: a few degrees around a steady mean, after the warm-up of its manual. Rates in femto (1e-15) seconds a second.
 */
export interface Stability {
  /** While its rate has not been learnt: how far it may be from nominal. */
  readonly unlearntE15: bigint
  /**
   * However well its rate was learnt: flicker, temperature and whatever else moves it within a day. Undefined: it is
   * disciplined, or none of its own, and what it did yesterday says nothing.
   */
  readonly floorE15: bigint | undefined
  /** How fast its rate moves on for good, a day. */
  readonly ageingE15PerDay: bigint
}

const BARE_CRYSTAL_E15 = 50_000_000_000n

/** It follows another: an oscillator of a bare crystal once it is alone, and nothing to learn before. */
const FOLLOWER: Stability = { unlearntE15: BARE_CRYSTAL_E15, floorE15: undefined, ageingE15PerDay: 0n }

/**
 * Rubidium: ageing up to 5e-11 a month after the first (Efratom FRS-C specification, quoted on time-nuts 2007-06-12), taken
 * three times; the floor is a choice: "better than a few parts in 10^11 seems difficult" to predict (forty PRS10,
 * M. Wouters, time-nuts 2019-03-09). Caesium: 1e-12 accuracy, drift and temperature coefficient below 1e-14 a day and a
 * degree (5071A, R. Karlquist and T. Van Baak, time-nuts 2005-04-20 and 2007-07-16). OCXO: assumed, 5e-10 a day and 1e-9 over
 * the temperatures of a rack, what a good single oven does. A bare crystal: assumed, 2e-7 over those temperatures and 1e-8 a day. Each is a choice on the safe side, not a guarantee of a maker.
 */
export const STABILITY: Readonly<Record<SourceClass | OscillatorClass, Stability>> = {
  caesium: { unlearntE15: 10_000n, floorE15: 1_000n, ageingE15PerDay: 100n },
  rubidium: { unlearntE15: 1_000_000n, floorE15: 20_000n, ageingE15PerDay: 5_000n },
  ocxo: { unlearntE15: BARE_CRYSTAL_E15, floorE15: 1_000_000n, ageingE15PerDay: 500_000n },
  gpsdo: { unlearntE15: 1_000_000n, floorE15: undefined, ageingE15PerDay: 0n },
  gnss: FOLLOWER,
  ptp: FOLLOWER,
  serial: FOLLOWER,
  crystal: { unlearntE15: BARE_CRYSTAL_E15, floorE15: 200_000_000n, ageingE15PerDay: 10_000_000n },
}

const NS_PER_DAY = 86_400_000_000_000n
const E15 = 1_000_000_000_000_000n

/** How an oscillator ran from one instant to another: what to add for its rate, and how far that may be wrong. */
export interface Carried {
  readonly correctionNs: bigint
  /** Whether the rate is the one learnt. */
  readonly known: boolean
  /** Rounded up. */
  readonly driftNs: bigint
}

/** By what was learnt of it, where that promises more than the class does without. */
export function carry(stability: Stability, learnt: LearntRate | undefined, from: MonoNs, to: MonoNs): Carried {
  const elapsedNs = between(from, to)
  const boundE15 = min(stability.unlearntE15, learntBoundE15(stability, learnt, from, to) ?? stability.unlearntE15)
  const known = learnt !== undefined && boundE15 < stability.unlearntE15
  return {
    known,
    correctionNs: known ? (elapsedNs * learnt.rateE15) / E15 : 0n,
    driftNs: divCeil(abs(elapsedNs) * boundE15, E15),
  }
}

/**
 * How far the mean rate between two instants may be from the one learnt. The class's floor and the wander that was seen
 * are the same thing, guessed and measured: the larger counts. Ageing counts from the middle of what was learnt to the
 * middle of what is carried.
 */
function learntBoundE15(
  { floorE15, ageingE15PerDay }: Stability,
  learnt: LearntRate | undefined,
  from: MonoNs,
  to: MonoNs,
): bigint | undefined {
  if (learnt === undefined || floorE15 === undefined) return undefined
  const ageNs = abs(between(learnt.until, from)) + (learnt.baselineNs + abs(between(from, to))) / 2n + 1n
  return max(floorE15, learnt.wanderE15) + learnt.referenceE15 + divCeil(ageNs * ageingE15PerDay, NS_PER_DAY)
}
