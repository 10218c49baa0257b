import type { Prng } from '../../../src/core/prng.ts'
import { monoNs } from '../../../src/core/time.ts'
import { below } from '../../support/chance.ts'
import type { Oscillator } from '../../support/replica-cluster.ts'
import type { Wander } from './wander.ts'

/** A local oscillator whose rate is known to the simulator. */
export interface SimulatedOscillator extends Oscillator {
  /** Its mean rate against TAI, minus 1, ppb. */
  readonly meanPpb: number
  /** No second of the run is farther from the mean rate than this, ppb. */
  readonly strayPpb: number
}

const NS = 1_000_000_000
/** What a bare crystal may be off altogether is 50 ppm: rate, temperature and wander together stay below it. */
const RATE_PPB_MAX = 35_000
const TEMPERATURE_PPB_MAX = 2_000
const STEP_PPB_MAX = 49_000

/**
 * A crystal: a rate of its own, a temperature that comes and goes, a random walk of its rate, and the wander of two real
 * network cards. Each whole second has one rate, in whole ppb; it is never stepped.
 */
export function createOscillator(prng: Prng, wander: Wander, seconds: number): SimulatedOscillator {
  const meanPpb = Math.round((2 * prng.nextUnit() - 1) * RATE_PPB_MAX)
  const rates = ratesOf(prng, wander.draw(prng, seconds + 1), meanPpb)
  const base = below(prng, 10n ** 15n)
  /** What it shows beyond `base` at each whole second. */
  const shown = [0]
  for (const rate of rates) shown.push((shown.at(-1) ?? 0) + NS + rate)
  const last = rates.length - 1
  const after = (second: number, ns: number): number => ns + Math.floor((ns * (rates[second] ?? meanPpb)) / NS)
  return {
    meanPpb,
    strayPpb: rates.reduce((most, rate) => Math.max(most, Math.abs(rate - meanPpb)), 0),
    at: (virtual) => {
      const ns = Number(virtual)
      const second = Math.min(last, Math.floor(ns / NS))
      return monoNs(base + BigInt((shown[second] ?? 0) + after(second, ns - second * NS)))
    },
    whenShows: (local) => {
      const wanted = Number(local - base)
      if (wanted <= 0) return monoNs(0n)
      let second = Math.min(last, Math.floor(wanted / NS))
      while (second > 0 && (shown[second] ?? 0) >= wanted) second -= 1
      while (second < last && (shown[second + 1] ?? 0) < wanted) second += 1
      const left = wanted - (shown[second] ?? 0)
      let ns = Math.ceil(left / (1 + (rates[second] ?? meanPpb) / NS))
      while (ns > 0 && after(second, ns - 1) >= left) ns -= 1
      while (after(second, ns) < left) ns += 1
      return monoNs(BigInt(second * NS + ns))
    },
  }
}

function ratesOf(prng: Prng, phases: readonly number[], meanPpb: number): readonly number[] {
  const amplitudePpb = prng.nextUnit() * TEMPERATURE_PPB_MAX
  const periodSeconds = 20 + prng.nextUnit() * 600
  const phase = prng.nextUnit()
  let walkPpb = 0
  return phases.slice(1).map((value, second) => {
    walkPpb += prng.nextNormal() * 5
    const temperaturePpb = amplitudePpb * Math.sin(2 * Math.PI * (second / periodSeconds + phase))
    const wanderPpb = value - (phases[second] ?? value)
    const rate = Math.round(meanPpb + temperaturePpb + walkPpb + wanderPpb)
    return Math.max(-STEP_PPB_MAX, Math.min(STEP_PPB_MAX, rate))
  })
}
