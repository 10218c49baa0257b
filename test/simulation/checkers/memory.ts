import type { ReplicaStatus } from '../../../src/consensus/replica.ts'
import { type Problem, problem } from './problem.ts'

/** What a replica keeps is bounded by how many views are open, not by how long it runs or what others send. */
export function findHoard(id: number, n: number, { view, finalizedView, kept }: ReplicaStatus): readonly Problem[] {
  const open = view - finalizedView
  const limits = { views: open + 18, blocks: 66 + 2 * (open + 18), proposals: 9 * 2 * n, gaps: 8, proofs: 2 * n }
  return Object.entries(limits).flatMap(([what, limit]) => {
    const size = kept[what as keyof typeof limits]
    const message = `node ${id} keeps ${size} ${what}, expected at most ${limit} in ${open} open views`
    return size > limit ? [problem('memoryViolations', message)] : []
  })
}
