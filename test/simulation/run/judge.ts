import { NS_PER_SECOND } from '../../../src/core/time.ts'
import { findFramed } from '../checkers/accountability.ts'
import { findForks } from '../checkers/agreement.ts'
import { findMisjudged } from '../checkers/attestation.ts'
import { findBadCertificates } from '../checkers/certificates.ts'
import { findUnjournalled } from '../checkers/journal.ts'
import { findStalls } from '../checkers/liveness.ts'
import { findHoard } from '../checkers/memory.ts'
import type { Problem } from '../checkers/problem.ts'
import { honestNodes, type Run } from './run.ts'

/**
 * How long after the calm a new certificate may take: two faulty leaders in a row cost 2Δ each, and Δ may stand at its cap
 * of 2 s; members that are apart find each other within another 2Δ; the epoch under way may be lost.
 */
export const RECOVERY_NS_MAX = 15n * NS_PER_SECOND
const RECOVERY_VIEWS_MAX = 12
/** In the calm a faulty leader may cost an epoch, and several of them may lead one after the other. */
const GAP_EPOCHS_MAX = 6
/** One in so many certificates goes through the independent verifier. */
const INDEPENDENT_EVERY = 16

/** Everything that this run must not show. */
export async function findProblems(run: Run, firstEpoch: number, recoveryViews: number): Promise<readonly Problem[]> {
  const { cluster, scenario, simulation, validity, monotonic } = run
  const { membership } = cluster
  const { verify, verifySignature } = simulation.signatures
  const nodes = honestNodes(run)
  const never = cluster.nodes.filter(({ id }) => !scenario.cast.liars.has(id))
  return [
    ...findForks(never),
    ...findMisjudged(never, scenario.attestation),
    ...validity.problems(),
    ...(await findFramed(never, new Set(never.map(({ id }) => id)), membership, verify)),
    ...(await findBadCertificates(never, { membership, verify, verifySignature, independentEvery: INDEPENDENT_EVERY })),
    ...monotonic.problems(),
    ...never.flatMap(findUnjournalled),
    ...never.flatMap(({ id, replica }) => findHoard(id, cluster.nodes.length, replica.status())),
    ...findStalls(nodes, {
      firstEpoch,
      lastEpoch: Math.floor(Number(cluster.now()) / 1e9),
      recoveryViews,
      recoveryViewsMax: RECOVERY_VIEWS_MAX,
      gapMax: GAP_EPOCHS_MAX,
    }),
  ]
}
