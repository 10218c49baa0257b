/** Readings of one quantity whose truth is known: by how much each was off, and what it promised to be off at most. */
export interface Series {
  readonly what: string
  add(errorNs: bigint, boundNs?: bigint): void
  figures(): Figures
}

/** Nanoseconds; undefined where there was no reading, or none promised anything. */
export interface Figures {
  readonly what: string
  readonly readings: number
  readonly errorNs: Quantiles | undefined
  readonly boundNs: Quantiles | undefined
  /** How many readings that promised a bound were farther off. */
  readonly outside: number | undefined
}

export interface Quantiles {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export function createSeries(what: string): Series {
  const errors: number[] = []
  const bounds: number[] = []
  let outside = 0
  return {
    what,
    add: (errorNs, boundNs) => {
      const size = errorNs < 0n ? -errorNs : errorNs
      errors.push(Number(size))
      if (boundNs === undefined) return
      bounds.push(Number(boundNs))
      if (size > boundNs) outside += 1
    },
    figures: () => ({
      what,
      readings: errors.length,
      errorNs: quantiles(errors),
      boundNs: quantiles(bounds),
      outside: bounds.length === 0 ? undefined : outside,
    }),
  }
}

function quantiles(values: readonly number[]): Quantiles | undefined {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number): number | undefined =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  const [p50, p99, max] = [at(0.5), at(0.99), sorted.at(-1)]
  return p50 === undefined || p99 === undefined || max === undefined ? undefined : { p50, p99, max }
}
