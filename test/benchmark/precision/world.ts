import type { Scope } from '../../support/scope.ts'
import type { CabledHosts } from './network.ts'

/** What every part of the benchmark is given. */
export interface BenchmarkWorld {
  readonly scope: Scope
  readonly network: CabledHosts
  /** An empty folder of its own. */
  readonly folder: string
  /** How long to read, once everything runs. */
  readonly seconds: number
  progress(line: string): void
}

export const NODES = [0, 1, 2, 3] as const
