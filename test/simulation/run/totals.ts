import { VIOLATIONS, type Violation } from '../checkers/problem.ts'
import type { SeedReport } from './simulate.ts'

/** What many runs came to. Everything adds up but the longest and the highest. */
export type Totals = Readonly<Record<Violation, number>> & {
  readonly seeds: number
  /** Runs in which more than f members were wrong, so that nothing was held against the truth. */
  readonly beyondF: number
  readonly epochs: number
  readonly finalized: number
  readonly events: number
  readonly framesChecked: number
  readonly readingsChecked: number
  readonly restarts: number
  readonly recoveryMsMax: number
  readonly recoveryViewsMax: number
}

export const NOTHING: Totals = {
  seeds: 0,
  beyondF: 0,
  epochs: 0,
  finalized: 0,
  ...(Object.fromEntries(VIOLATIONS.map((violation) => [violation, 0])) as Record<Violation, number>),
  events: 0,
  framesChecked: 0,
  readingsChecked: 0,
  restarts: 0,
  recoveryMsMax: 0,
  recoveryViewsMax: 0,
}

export function totalsOf(report: SeedReport): Totals {
  const { sound, epochs, finalized, events, frames, readings, restarts, recoveryMs, recoveryViews, problems } = report
  const counts = VIOLATIONS.map((violation) => [
    violation,
    problems.filter((one) => one.violation === violation).length,
  ])
  return {
    ...NOTHING,
    seeds: 1,
    beyondF: sound ? 0 : 1,
    epochs,
    finalized,
    ...(Object.fromEntries(counts) as Record<Violation, number>),
    events,
    framesChecked: frames,
    readingsChecked: readings,
    restarts,
    recoveryMsMax: recoveryMs,
    recoveryViewsMax: recoveryViews,
  }
}

export function add(a: Totals, b: Totals): Totals {
  const sums = Object.entries(a).map(([key, value]) => {
    const other = b[key as keyof Totals]
    return [key, key.endsWith('Max') ? Math.max(value, other) : value + other]
  })
  return Object.fromEntries(sums) as Totals
}

export function violationsOf(totals: Totals): number {
  return VIOLATIONS.reduce((sum, violation) => sum + totals[violation], 0)
}
