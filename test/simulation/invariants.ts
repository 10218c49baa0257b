import type { ReplicaCluster } from '../support/replica-cluster.ts'
import { testVerify, verifyTestSignature } from '../support/replica-cluster.ts'
import type { VirtualAttestation } from '../support/virtual-attestation.ts'
import { findFramed } from './checkers/accountability.ts'
import { findForks } from './checkers/agreement.ts'
import { findMisjudged } from './checkers/attestation.ts'
import { findBadCertificates } from './checkers/certificates.ts'
import { findUnjournalled } from './checkers/journal.ts'
import { findHoard } from './checkers/memory.ts'

/** What must hold of every run, whatever the weather and whoever lies, for the members that do not. Empty: all holds. */
export async function findProblems(
  cluster: ReplicaCluster,
  honest: readonly number[],
  attestation?: VirtualAttestation,
): Promise<readonly string[]> {
  const { membership } = cluster
  const nodes = honest.flatMap((id) => cluster.nodes[id] ?? [])
  const certificates = { membership, verify: testVerify, verifySignature: verifyTestSignature, independentEvery: 8 }
  const problems = [
    ...findForks(nodes),
    ...findMisjudged(nodes, attestation),
    ...nodes.flatMap(findUnjournalled),
    ...nodes.flatMap(({ id, replica }) => findHoard(id, cluster.nodes.length, replica.status())),
    ...(await findBadCertificates(nodes, certificates)),
    ...(await findFramed(nodes, new Set(honest), membership, testVerify)),
  ]
  return problems.map(({ message }) => message)
}
