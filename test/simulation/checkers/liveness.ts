import type { ClusterNode } from '../../support/replica-cluster.ts'
import { type Problem, problem } from './problem.ts'

/** What is wanted after the calm. */
export interface LivenessWanted {
  /** The first epoch whose mark is after the calm. */
  readonly firstEpoch: number
  /** The last epoch of the run. */
  readonly lastEpoch: number
  /** Views until every member that works had its first certificate. */
  readonly recoveryViews: number
  readonly recoveryViewsMax: number
  /** So many epochs in a row may stay without a certificate after the first one. */
  readonly gapMax: number
}

type Certified = Pick<ClusterNode, 'id' | 'commits'>

/** A certificate of an epoch after the calm, with its own votes, not only as an ancestor. */
export function hasRecovered({ commits }: Certified, firstEpoch: number): boolean {
  return commits.some(({ block, votes }) => votes !== undefined && block.epoch >= firstEpoch)
}

/** After the network has healed everybody who works gets certificates within a bounded number of views, and goes on to. */
export function findStalls(nodes: readonly Certified[], wanted: LivenessWanted): readonly Problem[] {
  const { firstEpoch, lastEpoch, recoveryViews, recoveryViewsMax, gapMax } = wanted
  const stuck = nodes.filter((node) => !hasRecovered(node, firstEpoch)).map(({ id }) => id)
  if (stuck.length > 0) return [problem('stalls', `no certificate after the calm for nodes ${stuck.join(', ')}`)]
  const late = recoveryViews > recoveryViewsMax
  const views = `${recoveryViews} views to the first certificate after the calm, expected at most ${recoveryViewsMax}`
  return [
    ...(late ? [problem('stalls', views)] : []),
    ...nodes.flatMap((node) => findGap(node, firstEpoch, lastEpoch, gapMax)),
  ]
}

function findGap(
  { id, commits }: Certified,
  firstEpoch: number,
  lastEpoch: number,
  gapMax: number,
): readonly Problem[] {
  const epochs = commits.map(({ block }) => block.epoch).filter((epoch) => epoch >= firstEpoch)
  const [first] = epochs
  if (first === undefined) return []
  const ends = [...epochs, Math.max(lastEpoch, epochs.at(-1) ?? 0)]
  let worst = { from: first, length: 0 }
  for (const [index, epoch] of ends.entries()) {
    const from = ends[index - 1] ?? first
    if (epoch - from - 1 > worst.length) worst = { from, length: epoch - from - 1 }
  }
  const message = `node ${id}: ${worst.length} epochs without a certificate after epoch ${worst.from}, expected at most ${gapMax}`
  return worst.length > gapMax ? [problem('stalls', message)] : []
}
