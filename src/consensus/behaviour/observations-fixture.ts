import { agedNs, filled } from './number-range.ts'
import type { ClockSeen, Observations, RegionSeen, Sight } from './observe.ts'

/** Observations by hand: `[observer, subject, offset, uncertainty]`, ages of nothing unless the test says so. */
export interface ByHand {
  readonly sights?: readonly (readonly [observer: number, subject: number, offsetNs: number, uncertaintyNs: number])[]
  readonly clocks?: readonly (ClockSeen | undefined)[]
  readonly regions?: readonly (RegionSeen | undefined)[]
  readonly ageNs?: number
  readonly ratePpb?: number
}

/** Target 1,000 ns, everybody listed; each clock has its own rate bound `ratePpb`. */
export function observed(n: number, { sights = [], clocks, regions, ageNs = 0, ratePpb = 0 }: ByHand): Observations {
  const all = filled<Sight | undefined>(n * n, undefined)
  for (const [observer, subject, offsetNs, uncertaintyNs] of sights) {
    const ageingNs = agedNs(2 * ratePpb, ageNs)
    const apartNs = Math.abs(offsetNs) + uncertaintyNs + ageingNs
    const aged = { ageNs, peerRatePpb: ratePpb, ratesPpb: 2 * ratePpb, ageingNs, apartNs }
    all[observer * n + subject] = { offsetNs, uncertaintyNs, ...aged }
  }
  return {
    n,
    targetPrecisionNs: 1_000,
    listed: filled(n, true),
    clocks: clocks ?? filled(n, undefined),
    sights: all,
    regions: regions ?? filled(n, undefined),
  }
}
