import { agedNs } from './number-range.ts'
import { type Observations, type Sight, sightOn } from './observe.ts'

/**
 * Pairs whose two rows contradict each other about the same difference: φ_rj + φ_jr beyond both uncertainties and all
 * that the oscillators may have run apart between the two samples. Two honest members never do: one of each such pair
 * lies, and who does with `needed` distinct others lies itself. Sorted, the smaller id first.
 */
export function inconsistentPairs(seen: Observations): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  for (let r = 0; r < seen.n; r++) {
    for (let j = r + 1; j < seen.n; j++) {
      const there = sightOn(seen, r, j)
      const back = sightOn(seen, j, r)
      if (there !== undefined && back !== undefined && contradict(there, back)) pairs.push([r, j])
    }
  }
  return pairs
}

function contradict(there: Sight, back: Sight): boolean {
  const known = there.uncertaintyNs + back.uncertaintyNs
  const difference = Math.abs(there.offsetNs + back.offsetNs)
  if (difference <= known) return false
  // Each sample is at most its age older than its mark, and the marks are at most `apartNs` apart.
  return difference > known + agedNs(there.ratesPpb, there.apartNs + there.ageNs + back.ageNs)
}
