/** How much a process takes at an instant. */
export interface Taking {
  readonly atS: number
  readonly miB: number
}

/** By how much something grows, with what is not known of it: two standard errors, and wider for as few points as there are. */
export interface Growth {
  readonly perHourMiB: number
  readonly uncertaintyMiB: number
}

/**
 * What is collected now and then climbs between two collections and falls with each. So a line is drawn through the least of
 * each stretch, which is what is left, and the stretches are longer than the minutes from one collection to the next. What
 * one stretch says is taken to be independent of the others.
 */
const STRETCHES = 8
/** Quantiles of Student's distribution, 97.5 %, for 6 degrees of freedom: STRETCHES less the two that a line takes. */
const STUDENT = 2.447

/** Growth through the second half of a run; undefined where a stretch of it has nothing. `taken` is by time. */
export function growthOf(taken: readonly Taking[]): Growth | undefined {
  const fromS = (taken.at(-1)?.atS ?? 0) / 2
  const stretchS = fromS / STRETCHES
  const least: Taking[] = []
  for (let index = 0; index < STRETCHES; index++) {
    const beginS = fromS + index * stretchS
    const within = taken.filter(({ atS }) => atS >= beginS && atS < beginS + stretchS)
    const [first, ...rest] = within.toSorted((one, other) => one.miB - other.miB)
    if (first === undefined || rest.length === 0) return undefined
    least.push({ atS: beginS + stretchS / 2, miB: first.miB })
  }
  const mean = (value: (each: Taking) => number): number =>
    least.reduce((sum, each) => sum + value(each), 0) / STRETCHES
  const [atS, miB] = [mean((each) => each.atS), mean((each) => each.miB)]
  const along = mean((each) => (each.atS - atS) ** 2) * STRETCHES
  const slope = (mean((each) => (each.atS - atS) * (each.miB - miB)) * STRETCHES) / along
  const astray = mean((each) => (each.miB - miB - slope * (each.atS - atS)) ** 2) * STRETCHES
  const standardError = Math.sqrt(astray / (STRETCHES - 2) / along)
  return { perHourMiB: slope * 3_600, uncertaintyMiB: STUDENT * standardError * 3_600 }
}

/** Less than this a run of an hour cannot tell from nothing. A leak of it would be found by the unit's MemoryMax after weeks. */
const FLAT_PER_HOUR_MIB = 1

/** What may be said: flat only where the largest growth that fits is small, growing only where the smallest that fits is one. */
export function verdictOf({ perHourMiB, uncertaintyMiB }: Growth): 'flat' | 'grows' | 'cannot tell' {
  if (perHourMiB + uncertaintyMiB <= FLAT_PER_HOUR_MIB) return 'flat'
  return perHourMiB > uncertaintyMiB ? 'grows' : 'cannot tell'
}
