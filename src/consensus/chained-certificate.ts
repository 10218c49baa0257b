import { blobCodec, type Codec, decode, listCodec, literalCodec, recordCodec } from '../core/encoding.ts'
import { ok, type Result } from '../core/fault.ts'
import { type VerifiedCertificate, verifyCertificate } from './certificate.ts'
import type { Membership } from './membership.ts'
import { BODY_BYTES_MAX } from './messages.ts'
import type { Verify } from './quorum-certificate.ts'
import type { Session } from './session.ts'
import { verifySessionChain } from './session-chain.ts'
import { SESSION_STEP_BYTES_MAX } from './session-step.ts'

/** Changes of the membership in one file. */
const STEPS_MAX = 1_024

/** The steps that lead from the genesis to a later session, each as it is encoded. */
export const stepsCodec: Codec<readonly Uint8Array[]> = listCodec(blobCodec(SESSION_STEP_BYTES_MAX), STEPS_MAX)

/**
 * A certificate of a later session, for a reader who has the genesis file alone: with it stands how every membership took
 * the place of the one before it.
 */
export interface ChainedCertificate {
  readonly format: 'quorumtime-chained-1'
  /** From the genesis to the session of the certificate; oldest first. */
  readonly steps: readonly Uint8Array[]
  /** A certificate file. */
  readonly certificate: Uint8Array
}

export const chainedCertificateCodec: Codec<ChainedCertificate> = recordCodec<ChainedCertificate>({
  format: literalCodec('quorumtime-chained-1'),
  steps: stepsCodec,
  certificate: blobCodec(2 * BODY_BYTES_MAX),
})

export interface VerifiedChained extends VerifiedCertificate {
  /** Under whose membership it was signed. */
  readonly session: Session
}

/** Verifies such a file offline, from the genesis on. Faults: those of its steps, and of its certificate. */
export async function verifyChainedCertificate(
  bytes: Uint8Array,
  genesis: Membership,
  verify: Verify,
): Promise<Result<VerifiedChained>> {
  const chained = decode(chainedCertificateCodec, bytes, 'chained')
  if (!chained.ok) return chained
  const chain = await verifySessionChain(genesis, chained.value.steps, verify)
  if (!chain.ok) return chain
  const { present } = chain.value
  const verified = await verifyCertificate(chained.value.certificate, present.membership, verify, present.root)
  return verified.ok ? ok({ ...verified.value, session: present }) : verified
}
