import { verifyEvidence } from '../../../src/consensus/evidence-check.ts'
import type { Membership } from '../../../src/consensus/membership.ts'
import { quorumOf } from '../../../src/consensus/membership.ts'
import type { Verify } from '../../../src/consensus/quorum-certificate.ts'
import type { ClusterNode } from '../../support/replica-cluster.ts'
import { type Problem, problem } from './problem.ts'

type Accuser = Pick<ClusterNode, 'id' | 'evidence' | 'commits'>

/**
 * No honest member is ever accused, or convicted by a block, and every accusation stands on what the accused has signed.
 */
export async function findFramed(
  accusers: readonly Accuser[],
  honest: ReadonlySet<number>,
  membership: Membership,
  verify: Verify,
): Promise<readonly Problem[]> {
  const problems = accusers.flatMap(({ id, evidence }) =>
    evidence
      .filter(({ member }) => honest.has(member))
      .map(({ kind, member, number }) =>
        problem('framedHonest', `node ${id} accuses honest node ${member}: ${kind} ${number}`),
      ),
  )
  for (const { id, commits } of accusers) {
    const convicting = commits.find(({ block }) =>
      block.state.reputationPpm.some((ppm, member) => ppm === 0 && honest.has(member)),
    )
    if (convicting === undefined) continue
    problems.push(problem('framedHonest', `height ${convicting.block.height} of node ${id} convicts an honest member`))
  }
  // Many accuse of the same: one of each is looked at.
  const distinct = new Map(
    accusers
      .flatMap(({ evidence }) => evidence)
      .map((evidence) => [`${evidence.kind} ${evidence.number} of ${evidence.member}`, evidence]),
  )
  for (const [what, evidence] of distinct) {
    const verified = await verifyEvidence(evidence, membership, verify)
    if (!verified.ok) problems.push(problem('framedHonest', `no proof of ${what}: ${verified.fault.message}`))
  }
  return problems
}

/** A fork needs f + 1 who signed what no correct member signs: all that honest members heard has to name them. */
export function findUnaccountable(
  culprits: ReadonlySet<number>,
  honest: ReadonlySet<number>,
  membership: Membership,
): readonly Problem[] {
  const { f } = quorumOf(membership.members.length)
  const guilty = [...culprits].filter((member) => !honest.has(member))
  const framed = [...culprits].filter((member) => honest.has(member))
  return [
    ...framed.map((member) => problem('framedHonest', `the votes of a fork name honest node ${member}`)),
    ...(guilty.length >= f + 1
      ? []
      : [problem('unaccountableForks', `a fork, and ${guilty.length} members named, expected at least ${f + 1}`)]),
  ]
}
