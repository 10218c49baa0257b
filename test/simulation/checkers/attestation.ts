import type { ClusterNode } from '../../support/replica-cluster.ts'
import type { VirtualAttestation } from '../../support/virtual-attestation.ts'
import { type Problem, problem } from './problem.ts'

/**
 * What no block may say whoever judges falsely: another verdict than the one that all come to who judge rightly, or that the clock of a
 * refused member counts. Nobody is judged where nobody is asked.
 */
export function findMisjudged(
  nodes: readonly ClusterNode[],
  attestation: VirtualAttestation | undefined,
): readonly Problem[] {
  const problems: Problem[] = []
  for (const { id, commits } of nodes) {
    for (const { block } of commits) {
      const { attestation: attested, frames, outliers } = block.outcome
      const where = `node ${id}, epoch ${block.epoch}`
      const right = attestation?.verdicts
      for (const { member, verdict } of attested) {
        if (verdict === 'unjudged' || verdict === right?.[member]) continue
        problems.push(problem('misjudgedRecords', `${where}: the record of ${member} is called ${verdict}`))
      }
      const refused = attested.filter(({ verdict }) => verdict === 'refused').map(({ member }) => member)
      const counted = frames.filter(
        ({ member, intervals, verdict }) =>
          intervals > block.list.length - refused.length || (refused.includes(member) && verdict !== 'none'),
      )
      if (counted.length > 0 || outliers.some((member) => refused.includes(member))) {
        problems.push(problem('misjudgedRecords', `${where}: the clock of a refused member counts`))
      }
    }
  }
  return problems
}
