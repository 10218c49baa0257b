import { certificateCodec, certificateOf, verifyCertificate } from '../../src/consensus/certificate.ts'
import { toHex } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { type ClusterNode, type ReplicaCluster, testVerify } from '../support/replica-cluster.ts'
import { proves } from './evidence-check.ts'

/** What must hold of every run, whatever the weather and whoever lies, for the members that do not. Empty: all holds. */
export async function findProblems(cluster: ReplicaCluster, honest: readonly number[]): Promise<readonly string[]> {
  const nodes = honest.flatMap((id) => cluster.nodes[id] ?? [])
  return [
    ...findForks(nodes),
    ...nodes.flatMap((node) => [
      ...node.journal.contradictions.map((contradiction) => `node ${node.id} said ${contradiction}`),
      ...node.unjournalled.map((type) => `node ${node.id} sent a ${type} that was never durable`),
      ...node.evidence
        .filter(({ member }) => honest.includes(member))
        .map(({ kind, member, number }) => `node ${node.id} accuses honest node ${member}: ${kind} ${number}`),
    ]),
    ...nodes.flatMap(findHoard),
    ...(await findBadCertificates(cluster, nodes)),
    ...(await findHollowEvidence(cluster, nodes)),
  ]
}

/** Never two blocks for one height, and every block on the one before it. */
function findForks(nodes: readonly ClusterNode[]): readonly string[] {
  const problems: string[] = []
  const decided = new Map<number, string>()
  const parents = new Map<number, string>()
  for (const { id, commits } of nodes) {
    for (const { block, blockHash } of commits) {
      const hash = toHex(blockHash)
      const known = decided.get(block.height)
      if (known !== undefined && known !== hash) problems.push(`fork at height ${block.height}, seen by node ${id}`)
      decided.set(block.height, hash)
      parents.set(block.height, toHex(block.parent))
    }
  }
  for (const [height, parent] of parents) {
    const below = decided.get(height - 1)
    if (below !== undefined && below !== parent)
      problems.push(`height ${height} does not stand on height ${height - 1}`)
  }
  return problems
}

/** What a replica keeps is bounded by how many views are open, not by how long it runs or what others send. */
function findHoard({ id, replica }: ClusterNode): readonly string[] {
  const { view, finalizedView, kept, n } = { ...replica.status(), n: 100 }
  const open = view - finalizedView
  const limits = { views: open + 18, blocks: 66 + 2 * (open + 18), proposals: 9 * 2 * n, gaps: 8 }
  return Object.entries(limits).flatMap(([what, limit]) => {
    const size = kept[what as keyof typeof limits]
    return size > limit ? [`node ${id} keeps ${size} ${what}, expected at most ${limit} in ${open} open views`] : []
  })
}

async function findBadCertificates(cluster: ReplicaCluster, nodes: readonly ClusterNode[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { id, commits } of nodes) {
    for (const { block, votes } of commits) {
      if (votes === undefined) continue
      const bytes = encode(certificateCodec, certificateOf(block, votes))
      const verified = await verifyCertificate(bytes, cluster.membership, testVerify)
      if (!verified.ok) problems.push(`node ${id}, height ${block.height}: ${verified.fault.message}`)
    }
  }
  return problems
}

/** Every accusation stands on what the accused has signed. Many accuse of the same: one of each is looked at. */
async function findHollowEvidence(cluster: ReplicaCluster, nodes: readonly ClusterNode[]): Promise<readonly string[]> {
  const all = nodes.flatMap(({ evidence }) => evidence)
  const distinct = new Map(
    all.map((evidence) => [`${evidence.kind} ${evidence.number} of ${evidence.member}`, evidence]),
  )
  const problems: string[] = []
  for (const [what, evidence] of distinct) {
    if (!(await proves(evidence, cluster.membership))) problems.push(`no proof of ${what}`)
  }
  return problems
}
