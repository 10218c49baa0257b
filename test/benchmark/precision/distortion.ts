import { NS_PER_SECOND } from '../../../src/core/time.ts'

/** How a false clock differs from the true one, as numbers that can be handed to another process. */
export interface Distortion {
  /** The true instant at which it is `offsetNs` ahead, as a decimal string. */
  readonly sinceNs: string
  readonly offsetNs: string
  readonly driftPpb: number
  /** Slow waves on top, as the temperature of a rack makes them; each begins at 0. */
  readonly waves: readonly { readonly amplitudeNs: number; readonly periodSeconds: number; readonly phase: number }[]
}

/** A distortion in both directions, each exact to 1 ns. */
export interface FalseTime {
  shownAt(trueNs: bigint): bigint
  trueAt(shownNs: bigint): bigint
  /** What TAI gains on the clock in the mean, ppb: the rate that an appliance has to learn. */
  readonly rateToTruthPpb: number
}

export function createFalseTime({ sinceNs, offsetNs, driftPpb, waves }: Distortion): FalseTime {
  const since = BigInt(sinceNs)
  const ahead = BigInt(offsetNs)
  const shiftAt = (trueNs: bigint): bigint => {
    // Hours in nanoseconds are far below 2^53, so doubles round this by less than a thousandth of a nanosecond.
    const elapsedNs = Number(trueNs - since)
    let shiftNs = elapsedNs * (driftPpb / Number(NS_PER_SECOND))
    for (const { amplitudeNs, periodSeconds, phase } of waves) {
      const angle = (2 * Math.PI * elapsedNs) / (periodSeconds * Number(NS_PER_SECOND))
      shiftNs += amplitudeNs * (Math.sin(angle + phase) - Math.sin(phase))
    }
    return ahead + BigInt(Math.round(shiftNs))
  }
  return {
    shownAt: (trueNs) => trueNs + shiftAt(trueNs),
    trueAt: (shownNs) => {
      // The shift changes by less than 10^-4 of the time that passes: each step leaves so much of the error.
      let trueNs = shownNs - ahead
      for (let steps = 0; steps < 4; steps++) trueNs = shownNs - shiftAt(trueNs)
      return trueNs
    },
    rateToTruthPpb: -driftPpb / (1 + driftPpb / Number(NS_PER_SECOND)),
  }
}

/** How the clocks of the appliances go wrong: tens of ppm apart, minutes of offset, and waves within a crystal's floor. */
export function distortionOf(node: number, sinceNs: bigint): Distortion {
  const driftPpb = [23_417, -41_902, 7_338, -12_671][node % 4] ?? 0
  return {
    sinceNs: String(sinceNs),
    offsetNs: String(97_000_000_123n * BigInt(node + 1)),
    driftPpb,
    // At most 2π·amplitude/period: 63 ppb and 52 ppb, of the 200 ppb that the class of a crystal allows for.
    waves: [
      { amplitudeNs: 3_000, periodSeconds: 300 - 17 * node, phase: node },
      { amplitudeNs: 500, periodSeconds: 60 + 7 * node, phase: 2 * node },
    ],
  }
}
