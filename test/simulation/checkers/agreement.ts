import { toHex } from '../../../src/core/bytes.ts'
import type { ClusterNode } from '../../support/replica-cluster.ts'
import { type Problem, problem } from './problem.ts'

type Decided = Pick<ClusterNode, 'id' | 'commits'>

/** Never two blocks for one height, and every block on the one before it. */
export function findForks(nodes: readonly Decided[]): readonly Problem[] {
  const problems: Problem[] = []
  const decided = new Map<number, string>()
  const parents = new Map<number, string>()
  for (const { id, commits } of nodes) {
    for (const { block, blockHash } of commits) {
      const hash = toHex(blockHash)
      const known = decided.get(block.height)
      if (known !== undefined && known !== hash)
        problems.push(problem('forks', `fork at height ${block.height}, seen by node ${id}`))
      decided.set(block.height, hash)
      parents.set(block.height, toHex(block.parent))
    }
  }
  for (const [height, parent] of parents) {
    const below = decided.get(height - 1)
    if (below !== undefined && below !== parent)
      problems.push(problem('forks', `height ${height} does not stand on height ${height - 1}`))
  }
  return problems
}
