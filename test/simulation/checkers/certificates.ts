import { certificateCodec, certificateOf, verifyCertificate } from '../../../src/consensus/certificate.ts'
import { type Membership, membershipCodec } from '../../../src/consensus/membership.ts'
import type { Verify } from '../../../src/consensus/quorum-certificate.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { encode } from '../../../src/core/encoding.ts'
import type { ClusterNode } from '../../support/replica-cluster.ts'
import { type VerifySignature, verifyCertificateFile } from '../../vectors/independent-verifier.ts'
import { type Problem, problem } from './problem.ts'

export interface CertificateCheck {
  readonly membership: Membership
  readonly verify: Verify
  /** How the independent verifier checks one signature; that of ML-DSA-87 when not given. */
  readonly verifySignature: VerifySignature | undefined
  /** One in so many certificates goes through the independent verifier as well, and the last one. */
  readonly independentEvery: number
}

type Certified = Pick<ClusterNode, 'id' | 'commits'>

/** Every certificate verifies; and what the independent verifier says of it is what the product says. */
export async function findBadCertificates(
  nodes: readonly Certified[],
  { membership, verify, verifySignature, independentEvery }: CertificateCheck,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const genesis = encode(membershipCodec, membership)
  for (const { id, commits } of nodes) {
    for (const [index, { block, blockHash, votes }] of commits.entries()) {
      if (votes === undefined) continue
      const what = `node ${id}, height ${block.height}`
      const bytes = encode(certificateCodec, certificateOf(block, votes))
      const verified = await verifyCertificate(bytes, membership, verify)
      if (!verified.ok) problems.push(problem('invalidCertificates', `${what}: ${verified.fault.message}`))
      if (index % independentEvery !== id % independentEvery && index < commits.length - 1) continue
      const verdict = verifyCertificateFile(bytes, genesis, verifySignature)
      if (verdict.accepted && verdict.blockHash === toHex(blockHash)) continue
      const said = verdict.accepted ? `block ${verdict.blockHash}` : verdict.reason
      problems.push(problem('invalidCertificates', `${what}, independently: ${said}`))
    }
  }
  return problems
}
