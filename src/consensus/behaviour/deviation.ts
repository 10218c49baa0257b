import { reached } from './accusers.ts'
import { filled } from './number-range.ts'
import { driftOf, type Observations, sightOn } from './observe.ts'

/** Beyond so many times the target precision a clock is not worse than others: it is wrong. */
const TARGETS = 100

/**
 * Members whose interval lies farther than 100 × the target precision from the region of at least `needed` frames other
 * than their own; net of everything that it does not claim to know, for it is the interval's nearest end that counts.
 * An honest interval holds the truth in every honest frame, and so does the region: at most the f frames of liars can
 * show one apart.
 */
export function deviating(seen: Observations, needed: number): readonly number[] {
  const frames = filled<number>(seen.n, 0)
  for (const [observer, region] of seen.regions.entries()) {
    if (region === undefined) continue
    for (const [subject, clock] of seen.clocks.entries()) {
      const sight = clock && sightOn(seen, observer, subject)
      if (clock === undefined || sight === undefined) continue
      const mid = sight.offsetNs + clock.aheadNs
      const half = sight.uncertaintyNs + clock.boundNs + driftOf(sight)
      const distanceNs = Math.max(mid - half - region.hi, region.lo - mid - half)
      if (distanceNs > TARGETS * seen.targetPrecisionNs) frames[subject] = (frames[subject] ?? 0) + 1
    }
  }
  return reached(frames, needed)
}
