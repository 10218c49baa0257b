import type { TaiNs } from '../../../src/core/time.ts'
import type { ServedReading } from '../../../src/fusion/served-clock.ts'
import { type Problem, problem } from './problem.ts'

/** What is served never goes back within one run of a process, and a certified bound contains the truth. */
export interface MonotonicChecker {
  served(member: number, boot: number, reading: ServedReading, tai: TaiNs): void
  readonly readings: number
  problems(): readonly Problem[]
}

/** Problems that are told of; more say nothing more. */
const TOLD_MAX = 20

/** `bounded`: whose certified bound must hold; nobody's when more are faulty than agreement can bear. */
export function createMonotonicChecker(bounded: ReadonlySet<number>): MonotonicChecker {
  const last = new Map<number, { readonly boot: number; readonly reading: ServedReading }>()
  const problems: Problem[] = []
  let readings = 0
  const note = (message: string): void => {
    if (problems.length < TOLD_MAX) problems.push(problem('nonMonotonic', message))
  }
  return {
    get readings() {
      return readings
    },
    served: (member, boot, reading, tai) => {
      readings += 1
      const before = last.get(member)
      if (before?.boot === boot && reading.taiNs < before.reading.taiNs) {
        note(`node ${member} served ${before.reading.taiNs}, then ${reading.taiNs}`)
      }
      last.set(member, { boot, reading })
      if (reading.origin !== 'certified' || !bounded.has(member)) return
      const errorNs = reading.taiNs - tai
      if (errorNs > reading.boundNs || -errorNs > reading.boundNs) {
        if (problems.length < TOLD_MAX) {
          const message = `node ${member} serves ${errorNs} ns from the truth, bound ${reading.boundNs} ns`
          problems.push(problem('containmentViolations', message))
        }
      }
    },
    problems: () => problems,
  }
}
