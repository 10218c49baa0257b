import { certificateCodec, certificateOf, verifyCertificate } from '../../../src/consensus/certificate.ts'
import { type Membership, membershipCodec } from '../../../src/consensus/membership.ts'
import type { Verify } from '../../../src/consensus/quorum-certificate.ts'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { encode } from '../../../src/core/encoding.ts'
import type { ClusterNode } from '../../support/replica-cluster.ts'
import type { VerifySignature } from '../../vectors/independent-parts.ts'
import { verifyCertificateFile } from '../../vectors/independent-verifier.ts'
import { type Problem, problem } from './problem.ts'

export interface CertificateCheck {
  readonly membership: Membership
  readonly verify: Verify
  /** How the independent verifier checks one signature; that of ML-DSA-87 when not given. */
  readonly verifySignature: VerifySignature | undefined
  /** One in so many certificates goes through the independent verifier as well. */
  readonly independentEvery: number
}

type Certified = Pick<ClusterNode, 'id' | 'commits'>

/**
 * The certificate of every decision verifies, as one of those who have it holds it, another one for each height; and what
 * the independent verifier says of some is what the product says.
 */
export async function findBadCertificates(
  nodes: readonly Certified[],
  { membership, verify, verifySignature, independentEvery }: CertificateCheck,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const genesis = encode(membershipCodec, membership)
  for (const { id, commit, votes } of oneHolderEach(nodes)) {
    const { block, blockHash } = commit
    const what = `node ${id}, height ${block.height}`
    const bytes = encode(certificateCodec, certificateOf(block, votes))
    const verified = await verifyCertificate(bytes, membership, verify)
    if (!verified.ok) problems.push(problem('invalidCertificates', `${what}: ${verified.fault.message}`))
    if (block.height % independentEvery !== 1 % independentEvery) continue
    const verdict = verifyCertificateFile(bytes, genesis, verifySignature)
    if (verdict.accepted && verdict.blockHash === toHex(blockHash)) continue
    const said = verdict.accepted ? `block ${verdict.blockHash}` : verdict.reason
    problems.push(problem('invalidCertificates', `${what}, independently: ${said}`))
  }
  return problems
}

interface Held {
  readonly id: number
  readonly commit: Commit
  readonly votes: NonNullable<Commit['votes']>
}

function oneHolderEach(nodes: readonly Certified[]): readonly Held[] {
  const holders = new Map<string, Held[]>()
  for (const { id, commits } of nodes) {
    for (const commit of commits) {
      if (commit.votes === undefined) continue
      const hash = toHex(commit.blockHash)
      const held = holders.get(hash) ?? []
      held.push({ id, commit, votes: commit.votes })
      holders.set(hash, held)
    }
  }
  return [...holders.values()].flatMap((held) => held[(held[0]?.commit.block.height ?? 0) % held.length] ?? [])
}
