import { equalBytes, toHex } from '../../core/bytes.ts'
import { max } from '../../core/integer.ts'
import { between, type MonoNs, plus } from '../../core/time.ts'
import { type Block, blockBytes } from '../block.ts'
import { certificateOf } from '../certificate.ts'
import { encodeEnvelope } from '../messages.ts'
import { type BlocksWanted, runOf } from '../wire-message.ts'
import { type Context, sendTo } from './context.ts'
import type { ViewRecord } from './view-book.ts'
import { viewsPerAnswer } from './views-per-answer.ts'

/** Certificates pushed to one peer at a time, and views whose own votes are repeated. */
const PUSH_VIEWS_MAX = 16
const REPEAT_VIEWS_MAX = 4

/**
 * A peer has shown that it is in `shownView`. When that is behind, it gets the certificates that bring it here: without
 * this one liar that votes to one member only stalls n = 4 for ever. At most once per retry (`pacemaker.ts`) and peer.
 */
export function bringForward(context: Context, peer: number, shownView: number, now: MonoNs): void {
  if (shownView >= context.view) return
  const trace = context.peers.get(peer)
  if (trace !== undefined && between(trace.pushedAt, now) < context.pacemaker.retryNs()) return
  context.peers.set(peer, { pushedAt: now })
  const { final } = context
  if (final !== undefined && final.block.view >= shownView) {
    sendTo(context, peer, { kind: 'final', value: certificateOf(final.block, final.votes) })
  }
  // The newest alone lets it into the view where the others are; the older ones it asks for when there are many.
  if (context.entry !== undefined && context.entry.view >= shownView) {
    sendTo(context, peer, { kind: 'quorum', value: context.entry })
  }
  let pushed = 0
  for (const record of context.views.since(Math.max(shownView, (final?.block.view ?? 0) + 1))) {
    if (record.view >= Math.min(context.view, context.entry?.view ?? context.view) || pushed === PUSH_VIEWS_MAX) break
    if (sendQuorum(context, peer, record)) pushed += 1
  }
}

function sendQuorum(context: Context, peer: number, record: ViewRecord): boolean {
  const certificate = record.finalization ?? record.notarization ?? record.nullification
  if (certificate === undefined) return false
  sendTo(context, peer, { kind: 'quorum', value: certificate })
  return true
}

/**
 * Two retries (2Δ, at most a second) after the last word in a view, and as often, the own votes are sent again byte for byte, with the certificate
 * that let this member in: as long as a view with own votes is not final, or the present view is past its deadline. Returns when to come again.
 */
export function repeatOwnVoice(context: Context, timersFrom: MonoNs | undefined, now: MonoNs): MonoNs | undefined {
  const open = context.views.since(context.chain.finalized.view + 1).filter(hasVoted)
  const from = open.length > 0 ? context.enteredAt : timersFrom
  if (from === undefined) return undefined
  const everyNs = 2n * context.pacemaker.retryNs()
  const at = plus(max(from, context.spokeAt ?? from), everyNs)
  if (now < at) return at
  context.spokeAt = now
  for (const { own } of open.slice(-REPEAT_VIEWS_MAX)) {
    for (const bytes of [own.block, own.notarize?.bytes, own.nullify?.bytes, own.finalize?.bytes]) {
      if (bytes !== undefined) sendTo(context, 'all', { kind: 'signed', value: bytes })
    }
  }
  if (context.entry !== undefined) sendTo(context, 'all', { kind: 'quorum', value: context.entry })
  if (context.proposal !== undefined) sendTo(context, 'all', { kind: 'signed', value: context.proposal.bytes })
  return plus(now, everyNs)
}

function hasVoted({ own }: ViewRecord): boolean {
  return (
    own.block !== undefined || own.notarize !== undefined || own.nullify !== undefined || own.finalize !== undefined
  )
}

export function answerProposals(context: Context, peer: number, digests: readonly Uint8Array[], now: MonoNs): void {
  for (const digest of digests) {
    const pooled = context.pool.byDigest(digest)
    if (pooled !== undefined && context.answers.allows(peer, `proposal ${toHex(digest)}`, now))
      sendTo(context, peer, { kind: 'signed', value: encodeEnvelope(pooled.message) })
  }
}

export function answerEvidence(context: Context, peer: number, digests: readonly Uint8Array[], now: MonoNs): void {
  for (const digest of digests) {
    const held = context.proofs.byDigest(digest)
    if (held !== undefined && context.answers.allows(peer, `evidence ${toHex(digest)}`, now))
      sendTo(context, peer, { kind: 'evidence', value: held.bytes })
  }
}

/** Also a block that is not known here to be certified: whoever asks may hold the only certificate of it. */
export function answerBlock(context: Context, peer: number, hash: Uint8Array, now: MonoNs): void {
  const block = context.chain.get(hash)?.block ?? offeredBlock(context, hash)
  if (block !== undefined && context.answers.allows(peer, `block ${toHex(hash)}`, now))
    sendTo(context, peer, { kind: 'block-bytes', value: blockBytes(block) })
}

function offeredBlock({ views, chain }: Context, hash: Uint8Array): Block | undefined {
  const offered = views.since(chain.finalized.view + 1).flatMap((record) => record.offered)
  return offered.find((candidate) => equalBytes(candidate.hash, hash))?.block
}

/** What is still in the chain of a run; the shell answers from its log what is older. */
export function answerBlocks(context: Context, peer: number, { newest, count }: BlocksWanted, now: MonoNs): void {
  if (!context.answers.allows(peer, 'run', now)) return
  const found: Uint8Array[] = []
  let block = context.chain.get(newest)?.block
  for (; block !== undefined && found.length < count; block = context.chain.get(block.parent)?.block) {
    found.push(blockBytes(block))
  }
  if (found.length > 0) sendTo(context, peer, { kind: 'blocks', value: runOf(found) })
}

export function answerQuorums(context: Context, peer: number, views: readonly number[], now: MonoNs): void {
  const { final, answers } = context
  const shown = views.find((view) => final !== undefined && view <= final.block.view)
  if (final !== undefined && shown !== undefined && answers.allows(peer, 'final', now)) {
    sendTo(context, peer, { kind: 'final', value: certificateOf(final.block, final.votes) })
  }
  for (const view of views.slice(0, viewsPerAnswer(context.quorum.q))) {
    const record = context.views.find(view)
    if (record === undefined || !answers.allows(peer, `quorum ${view}`, now)) continue
    // Both may exist; the asker may need either: the notarization of a parent, the nullification of a skipped view.
    for (const certificate of [record.notarization, record.nullification]) {
      if (certificate !== undefined) sendTo(context, peer, { kind: 'quorum', value: certificate })
    }
  }
}
