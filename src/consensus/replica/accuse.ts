import { equalBytes } from '../../core/bytes.ts'
import { sha384 } from '../../core/hash.ts'
import { EVIDENCE_BYTES_MAX, type Evidence, encodeEvidence } from '../evidence.ts'
import { isConvicted } from '../state.ts'
import { type Context, sendTo } from './context.ts'

/**
 * A proof that this member has found itself. The first against a member is reported and shown to all, once: more of them
 * convict nobody more. What is lost on the way is asked for again as soon as a block lists it.
 */
export function accuse(context: Context, evidence: Evidence): void {
  const { member, kind, number } = evidence
  if (context.proofs.of(member) !== undefined) return
  context.outbox.evidence.push(evidence)
  const bytes = encodeEvidence(evidence)
  if (bytes.length > EVIDENCE_BYTES_MAX) return
  context.proofs.addFirst({ entry: { member, kind, number, digest: sha384(bytes) }, bytes })
  if (!isConvicted(context.chain.finalized.state, member)) sendTo(context, 'all', { kind: 'evidence', value: bytes })
}

/** A verified proof that somebody shows: the first against a member is kept, and whatever a block of the present view lists. */
export function takeEvidence(context: Context, evidence: Evidence, bytes: Uint8Array): void {
  const { member, kind, number } = evidence
  const held = { entry: { member, kind, number, digest: sha384(bytes) }, bytes }
  if (!needsEvidence(context, member, held.entry.digest)) return
  if (!context.proofs.addFirst(held)) context.proofs.addListed(held)
  context.outbox.evidence.push(evidence)
}

/** Whether a proof would be kept. A liar can make any number of valid ones against itself, and one of them is enough. */
export function needsEvidence(context: Context, member: number, digest: Uint8Array): boolean {
  if (context.proofs.byDigest(digest) !== undefined) return false
  return context.proofs.of(member) === undefined || isListed(context, digest)
}

function isListed(context: Context, digest: Uint8Array): boolean {
  const offered = context.views.find(context.view)?.offered ?? []
  return offered.some(({ block }) => block.evidence.some((entry) => equalBytes(entry.digest, digest)))
}

/** Whether a member is known to lie: by a proof that is here, or by the chain that the next block stands on. */
export function isExposed(context: Context, member: number): boolean {
  const { chain, tip, proofs } = context
  return proofs.of(member) !== undefined || isConvicted((chain.get(tip.hash) ?? chain.finalized).state, member)
}
