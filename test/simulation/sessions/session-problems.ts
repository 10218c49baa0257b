import { certificateCodec, certificateOf, verifyCertificate } from '../../../src/consensus/certificate.ts'
import type { Session } from '../../../src/consensus/session.ts'
import { verifySessionChain } from '../../../src/consensus/session-chain.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { encode } from '../../../src/core/encoding.ts'
import { testVerify } from '../../support/replica-cluster.ts'
import type { SessionCluster, SessionNode } from '../../support/session-cluster.ts'

/**
 * What must hold of every run over changes of the membership: one block for one height whatever the session, the same
 * sessions everywhere, each verified from the genesis, no word after the end of a session. Empty: all holds.
 */
export async function findSessionProblems(cluster: SessionCluster): Promise<readonly string[]> {
  const nodes = [...cluster.nodes.values()]
  const problems = [...findForks(nodes), ...findSplitSessions(nodes)]
  for (const node of nodes) {
    problems.push(...node.afterEnd.map((what) => `node ${node.key} said ${what} after its end`))
    for (const [hash, journal] of node.journals) {
      problems.push(...journal.contradictions.map((said) => `node ${node.key} in ${hash.slice(0, 6)}: ${said}`))
    }
    problems.push(...node.evidence.map(({ kind, member }) => `node ${node.key} accuses member ${member}: ${kind}`))
    const verified = await verifySessionChain(cluster.genesis, node.chain.steps, testVerify)
    if (!verified.ok) problems.push(`node ${node.key}: ${verified.fault.message}`)
    problems.push(...(await findBadCertificates(node)))
  }
  return problems
}

function findForks(nodes: readonly SessionNode[]): readonly string[] {
  const problems: string[] = []
  const decided = new Map<number, string>()
  const parents = new Map<number, string>()
  for (const { key, commits } of nodes) {
    for (const { block, blockHash } of commits) {
      const known = decided.get(block.height)
      if (known !== undefined && known !== toHex(blockHash)) problems.push(`fork at ${block.height}, node ${key}`)
      decided.set(block.height, toHex(blockHash))
      if (block.height > 1) parents.set(block.height, toHex(block.parent))
    }
  }
  for (const [height, parent] of parents) {
    const below = decided.get(height - 1)
    if (below !== undefined && below !== parent) problems.push(`height ${height} does not stand on ${height - 1}`)
  }
  return problems
}

function findSplitSessions(nodes: readonly SessionNode[]): readonly string[] {
  const seen = new Map<number, string>()
  return nodes.flatMap(({ key, chain }) =>
    chain.sessions.flatMap(({ hash, root }, index) => {
      const name = `${toHex(hash)} ${toHex(root.hash)}`
      const known = seen.get(index) ?? name
      seen.set(index, known)
      return known === name ? [] : [`node ${key} is in another session ${index}`]
    }),
  )
}

async function findBadCertificates({ key, commits, chain }: SessionNode): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { block, votes } of commits) {
    if (votes === undefined) continue
    const session = sessionAt(chain.sessions, block.height)
    const bytes = encode(certificateCodec, certificateOf(block, votes))
    const verified = await verifyCertificate(bytes, session.membership, testVerify, session.root)
    const expected = block.change === undefined ? 'ok' : 'certificate.no-time'
    const got = verified.ok ? 'ok' : verified.fault.code
    if (got !== expected) problems.push(`node ${key}, height ${block.height}: ${got}`)
  }
  return problems
}

/** The session in which a height was decided: the newest whose root lies below it. */
function sessionAt(sessions: readonly Session[], height: number): Session {
  const found = sessions.findLast(({ root }) => root.height < height)
  if (found === undefined) throw new Error(`expected a session for height ${height}`)
  return found
}
