import { assert } from '../../core/assert.ts'
import { equalBytes } from '../../core/bytes.ts'
import { decode } from '../../core/encoding.ts'
import { sha384 } from '../../core/hash.ts'
import type { MonoNs } from '../../core/time.ts'
import { blockCodec, blockHash } from '../block.ts'
import { certificateCodec } from '../certificate.ts'
import { decodeEnvelope, type MessageType, type SignedMessage } from '../messages.ts'
import { quorumCertificateCodec, type VoteType } from '../quorum-certificate.ts'
import { takeVote } from './advance.ts'
import type { Context } from './context.ts'
import { endingWith, restoreEnd, restoreOrder } from './end-session.ts'
import { takeProposal } from './take-proposal.ts'
import type { JournalRecord } from './types.ts'

/**
 * Takes back what the journal holds: what this member has said it never unsays, and it goes on from the newest final
 * block and the certificates after it. The records are this member's own; one that does not decode means a damaged
 * journal, and the process dies. What follows from the own votes is in the outbox then.
 */
export function restore(context: Context, records: readonly JournalRecord[], now: MonoNs): void {
  const votes: SignedMessage<VoteType>[] = []
  for (const { kind, bytes } of records) {
    if (kind === 'final') restoreFinal(context, bytes)
    else if (kind === 'order') restoreOrder(context, bytes, now)
    else if (kind === 'session-end') restoreEnd(context, bytes)
    else if (kind === 'notarization' || kind === 'nullification') restoreQuorum(context, bytes)
    else {
      const message = restoreMessage(context, kind, bytes)
      if (message.type === 'notarize' || message.type === 'nullify' || message.type === 'finalize') votes.push(message)
    }
  }
  context.measuringEpoch = context.proposal?.epoch ?? 0
  for (const vote of votes) takeVote(context, vote, now)
}

function restoreFinal(context: Context, bytes: Uint8Array): void {
  const certificate = decode(certificateCodec, bytes, 'journal')
  assert(certificate.ok, 'the journal holds a certificate that does not decode')
  const block = decode(blockCodec, certificate.value.block, 'journal')
  assert(block.ok, 'the journal holds a block that does not decode')
  const hash = sha384(certificate.value.block)
  if (block.value.height <= context.chain.finalized.height) return
  const { view } = block.value
  context.chain.add(block.value, hash)
  context.chain.finalize(hash)
  context.final = { block: block.value, hash, votes: certificate.value.votes }
  if (block.value.change !== undefined) context.ending = endingWith(context, context.final)
  if (view >= context.tip.view) context.tip = { view, hash }
  context.view = Math.max(context.view, view + 1)
  context.views.dropBefore(view)
}

function restoreQuorum(context: Context, bytes: Uint8Array): void {
  const decoded = decode(quorumCertificateCodec, bytes, 'journal')
  assert(decoded.ok, 'the journal holds a quorum certificate that does not decode')
  const { view, hash } = decoded.value
  const record = context.views.at(view)
  if (view >= context.view) {
    context.view = view + 1
    context.entry = decoded.value
  }
  if (hash === undefined) {
    record.nullification = decoded.value
    return
  }
  record.notarization = decoded.value
  if (view > context.tip.view) context.tip = { view, hash }
  const offered = record.offered.find((candidate) => equalBytes(candidate.hash, hash))
  if (offered !== undefined) context.chain.add(offered.block, hash)
}

function restoreMessage(context: Context, kind: MessageType, bytes: Uint8Array): SignedMessage {
  const decoded = decodeEnvelope(bytes)
  assert(decoded.ok && decoded.value.type === kind, `the journal holds a ${kind} that does not decode`)
  const message = decoded.value
  if (message.type === 'proposal') restoreProposal(context, message, bytes)
  else if (message.type !== 'hello') restoreVoice(context, message, bytes)
  return message
}

function restoreProposal(context: Context, message: SignedMessage<'proposal'>, bytes: Uint8Array): void {
  const { epoch } = message.body
  if (epoch <= (context.proposal?.epoch ?? 0)) return
  context.proposal = { epoch, bytes }
  context.pool.moveTo(epoch)
  takeProposal(context, message)
}

function restoreVoice(context: Context, message: SignedMessage<'block' | VoteType>, bytes: Uint8Array): void {
  const { view } = message.body
  const record = context.views.at(view)
  const { own } = record
  if (message.type === 'block') {
    record.offered.push({ block: message.body, hash: blockHash(message.body), message })
    if (message.header.sender === context.config.self) own.block = bytes
  } else if (message.type === 'notarize') own.notarize = { hash: message.body.hash, bytes }
  else if (message.type === 'nullify') own.nullify = { bytes }
  else own.finalize = { hash: message.body.hash, bytes }
  // A voice in a view shows that this member had been let into it.
  context.view = Math.max(context.view, view)
}
