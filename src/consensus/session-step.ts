import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  type Codec,
  decode,
  encode,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { type Block, blockCodec } from './block.ts'
import { checkBlockForm } from './certificate.ts'
import {
  checkOrder,
  type MembershipOrder,
  membershipOrderCodec,
  ORDER_BYTES_MAX,
  orderDigest,
  verifyOrder,
} from './membership-order.ts'
import { BODY_BYTES_MAX, type CompactVote, votesCodec } from './messages.ts'
import { type QuorumCertificate, type Verify, verifyQuorumCertificate, votesSorted } from './quorum-certificate.ts'
import { nextSession, type Session } from './session.ts'

/**
 * How one session became the next: the order, the block that carries it out, and the signatures that make that block final.
 * Whoever trusts the membership before it needs nothing else to trust the one after it, so a list of steps from the
 * genesis on leads to any later membership, offline.
 */
export interface SessionStep {
  readonly format: 'quorumtime-session-1'
  readonly order: Uint8Array
  /** The block that names the order. */
  readonly change: Uint8Array
  /** The closing block that the votes are for, when the change became final as its ancestor. */
  readonly closing: Uint8Array | undefined
  /** Finalize votes of the membership before the change. */
  readonly votes: readonly CompactVote[]
}

/** With q votes of a hundred members and an order of as many it fits into one frame. */
export const SESSION_STEP_BYTES_MAX = 1023 * 1024

export const sessionStepCodec: Codec<SessionStep> = refinedCodec(
  recordCodec<SessionStep>({
    format: literalCodec('quorumtime-session-1'),
    order: blobCodec(ORDER_BYTES_MAX),
    change: blobCodec(BODY_BYTES_MAX),
    closing: optionalCodec(blobCodec(BODY_BYTES_MAX)),
    votes: votesCodec,
  }),
  ({ votes }) => (votesSorted(votes) ? undefined : 'votes sorted by sender, each sender once'),
)

export function encodeSessionStep(step: SessionStep): Uint8Array {
  return encode(sessionStepCodec, step)
}

/** A step whose every claim has been checked: the change, and the session that it starts. */
export interface VerifiedStep {
  readonly step: SessionStep
  readonly change: Block
  readonly changeHash: Uint8Array
  readonly next: Session
}

/** Verifies a step against the session that it ends. Faults: `session.*`, `order.*`, `block.*`, `certificate.*`. */
export async function verifySessionStep(
  step: SessionStep,
  present: Session,
  verify: Verify,
): Promise<Result<VerifiedStep>> {
  const read = readSessionStep(step, present)
  if (!read.ok) return read
  const ordered = await verifyOrder(read.value.order, present.membership, verify)
  if (!ordered.ok) return ordered
  const certified = await verifyQuorumCertificate(read.value.finalization, present.membership, present.hash, verify)
  return certified.ok ? ok(read.value.verified) : certified
}

interface StepRead {
  readonly verified: VerifiedStep
  readonly order: MembershipOrder
  readonly finalization: QuorumCertificate
}

/** The same without the signatures: enough for what this member has verified and kept itself. */
export function readSessionStep(step: SessionStep, present: Session): Result<StepRead> {
  const order = decode(membershipOrderCodec, step.order, 'session.order')
  if (!order.ok) return order
  const ordered = checkOrder(order.value, present.membership)
  if (!ordered.ok) return ordered
  const digest = orderDigest(present.membership.cluster, order.value)
  const change = readEmptyBlock(step.change, present, { step: 'order', digest })
  if (!change.ok) return change
  const changeHash = sha384(step.change)
  const last =
    step.closing === undefined ? change : readEmptyBlock(step.closing, present, { step: 'closing', digest: changeHash })
  if (!last.ok) return last
  const { view } = last.value
  const next = nextSession(present, ordered.value, change.value, changeHash)
  return ok({
    verified: { step, change: change.value, changeHash, next },
    order: order.value,
    finalization: { type: 'finalize', view, hash: sha384(step.closing ?? step.change), votes: step.votes },
  })
}

function readEmptyBlock(bytes: Uint8Array, present: Session, expected: NonNullable<Block['change']>): Result<Block> {
  const what = `session.${expected.step === 'order' ? 'change' : 'closing'}`
  const block = decode(blockCodec, bytes, what)
  if (!block.ok) return block
  const form = checkBlockForm(block.value, present.membership, present.root)
  if (!form.ok) return form
  const { change } = block.value
  return change?.step === expected.step && equalBytes(change.digest, expected.digest)
    ? block
    : fail(what, `${what}: expected the block that ${MEANING[expected.step]}, got another`)
}

const MEANING = { order: 'carries out this order', closing: 'makes this change final' } as const
