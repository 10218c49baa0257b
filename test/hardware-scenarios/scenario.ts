import type { Figures } from './judge.ts'

/** What one run of a scenario came to. */
export interface Outcome {
  /** Which run: the family, the seed, what was present. */
  readonly run: string
  readonly figures: Figures
  /** What else was measured, by what it is. */
  readonly facts: Readonly<Record<string, string | number>>
  /** What should have been otherwise; a missed truth is one. */
  readonly problems: readonly string[]
}

/** Hardware that meets with something, held against the truth all along. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** `short`: as much of it as a test run has time for. */
  run(scale: 'full' | 'short'): readonly Outcome[]
}

/** An outcome with the one problem that every scenario looks for. */
export function outcomeOf(
  run: string,
  figures: Figures,
  facts: Outcome['facts'],
  problems: readonly (string | undefined)[],
): Outcome {
  const missed = `expected the truth inside the bound at every instant, got it outside at ${figures.missed}`
  const told = [figures.missed > 0 ? missed : undefined, ...problems].filter((problem) => problem !== undefined)
  return { run, figures, facts, problems: told }
}

/** A problem unless the condition holds. */
export function unless(condition: boolean, problem: string): string | undefined {
  return condition ? undefined : problem
}
