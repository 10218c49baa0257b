import type { ReplicaCluster } from '../../support/replica-cluster.ts'
import { START_TAI } from '../../support/replica-cluster.ts'

/** Half of the widest interval that an honest member of a virtual cluster shows another, its ageing included. */
const HONEST_REACH_NS = 31_000n

/**
 * For a cluster on honest virtual hardware: every certified region of an honest member contains the truth and lies within
 * the hull of honest intervals, whatever the others say. Returns what does not.
 */
export function findMisses({ nodes }: ReplicaCluster, honest: readonly number[]): readonly string[] {
  const [first] = honest
  const commits = first === undefined ? [] : (nodes[first]?.commits ?? [])
  return commits.flatMap(({ block }) =>
    block.outcome.frames.flatMap(({ member, region }) => {
      if (!honest.includes(member)) return []
      if (region === undefined) return [`epoch ${block.epoch}: no region for honest member ${member}`]
      // T − R_r: every ranging clock of the virtual hardware has a zero of its own and no rate.
      const truth = START_TAI - BigInt(member) * 1_000_000_000_000n
      const { lo, hi } = region
      const inside = lo <= truth && truth <= hi && lo >= truth - HONEST_REACH_NS && hi <= truth + HONEST_REACH_NS
      return inside
        ? []
        : [`epoch ${block.epoch}: member ${member} has [${lo - truth}, ${hi - truth}] ns around the truth`]
    }),
  )
}
