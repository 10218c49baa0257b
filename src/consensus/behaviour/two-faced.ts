import { agedNs, filled } from './number-range.ts'
import { type Observations, type Sight, sightOn } from './observe.ts'

export type Triangle = readonly [number, number, number]

/**
 * Whether φ_rj − φ_sj = φ_rs beyond all uncertainties and all ageing: the clock that j shows to r and the one that it
 * shows to s are not one. In an honest triangle that never is, so one of the three lies.
 */
function isInconsistent(seen: Observations, r: number, s: number, j: number): boolean {
  const rj = sightOn(seen, r, j)
  const sj = sightOn(seen, s, j)
  const rs = sightOn(seen, r, s)
  return rj !== undefined && sj !== undefined && rs !== undefined && contradict(rj, sj, rs)
}

function contradict(rj: Sight, sj: Sight, rs: Sight): boolean {
  const difference = Math.abs(rj.offsetNs - sj.offsetNs - rs.offsetNs)
  const known = rj.uncertaintyNs + sj.uncertaintyNs + rs.uncertaintyNs
  if (difference <= known) return false
  // All three are carried to r's mark; what s saw is as old as its age and what lies between the two marks.
  return difference > known + rj.ageingNs + rs.ageingNs + agedNs(sj.ratesPpb, sj.ageNs + rs.apartNs)
}

/**
 * Disjoint pairs of others that find j inconsistent, matched greedily in ascending order, at most `needed` of them. If
 * j is honest each pair holds a liar, a different one: so there are at most f. Greedy finds at least half of the most
 * that there are, and all of them where j shows one face to some and another to the rest.
 */
export function disjointTriangles(seen: Observations, j: number, needed: number): readonly Triangle[] {
  const found: Triangle[] = []
  const used = filled<boolean>(seen.n, false)
  used[j] = true
  for (let r = 0; r < seen.n && found.length < needed; r++) {
    if (used[r] === true || sightOn(seen, r, j) === undefined) continue
    for (let s = r + 1; s < seen.n; s++) {
      if (used[s] === true || !isInconsistent(seen, r, s, j)) continue
      used[r] = true
      used[s] = true
      found.push([r, s, j])
      break
    }
  }
  return found
}

/** Below this many members f + 1 disjoint pairs do not exist beside j, and nobody can be named. */
export function canBeNamed(n: number, needed: number): boolean {
  return n >= 2 * needed + 1
}

/** How many triangles one block may look at: some 0.5 ms. */
const TRIANGLES_MAX = 16_384

/**
 * Whose turn it is at a height, as the first of them and how many: everybody's in clusters of up to 32, above some
 * members' after the others'.
 */
export function turn(n: number, height: number): { readonly first: number; readonly count: number } {
  const each = ((n - 1) * (n - 2)) / 2
  const count = Math.min(n, Math.max(1, Math.floor(TRIANGLES_MAX / Math.max(1, each))))
  return { first: count === n ? 0 : ((height % n) * count) % n, count }
}
