import { equalBytes } from '../../core/bytes.ts'
import type { MonoNs } from '../../core/time.ts'
import { certificateBytes, certificateOf } from '../certificate.ts'
import type { CompactVote, SignedMessage } from '../messages.ts'
import { type QuorumCertificate, quorumCertificateBytes, type VoteType } from '../quorum-certificate.ts'
import { accuse, isExposed } from './accuse.ts'
import { askForBlock } from './ask.ts'
import { openGap } from './backfill.ts'
import { type Context, leaderOfView } from './context.ts'
import { endingWith } from './end-session.ts'
import { castFinalize } from './own-votes.ts'
import { addVote, type OfferedBlock, offerBlock, type ViewRecord } from './view-book.ts'

/** Rules 4, 6 and 7: what votes and certificates do. Each returns whether its sender repeated itself. */

/** Counts a vote, own or verified, and everything that it completes. */
export function takeVote(context: Context, vote: SignedMessage<VoteType>, now: MonoNs): boolean {
  const { view } = vote.body
  if (!context.views.keeps(view, context.view)) return view < context.view
  const record = context.views.at(view)
  const { repeated, certificate, evidence } = addVote(record, vote, context.quorum.q)
  for (const found of evidence) accuse(context, found)
  if (certificate !== undefined) takeCertificate(context, certificate, now)
  return repeated
}

/** Keeps a leader's block, and puts it into its place in the chain when it is known to be notarized. */
export function takeOfferedBlock(context: Context, offered: OfferedBlock, now: MonoNs): void {
  const { view } = offered.block
  if (!context.views.keeps(view, context.view)) return
  const record = context.views.at(view)
  for (const found of offerBlock(record, offered)) accuse(context, found)
  const certified = record.finalization?.hash ?? record.notarization?.hash
  if (certified === undefined || !equalBytes(certified, offered.hash)) return
  context.chain.add(offered.block, offered.hash)
  settle(context, now)
}

/** A verified certificate, from votes counted here or from a peer. */
export function takeCertificate(context: Context, certificate: QuorumCertificate, now: MonoNs): void {
  const { type, view, hash } = certificate
  if (view <= context.chain.finalized.view && context.chain.finalized.block !== undefined) return
  const record = context.views.at(view)
  if (type === 'nullify') {
    if (record.nullification !== undefined) return
    record.nullification = certificate
    keep(context, 'nullification', certificate)
    if (view >= context.view) {
      const leader = leaderOfView(context, view)
      // Its view was given up without waiting: that says nothing of how long messages take.
      if (!isExposed(context, leader)) context.pacemaker.viewNullified(leader)
      enterView(context, view + 1, certificate, now)
    }
    return
  }
  if (hash === undefined) return
  if (type === 'notarize') takeNotarization(context, record, certificate, hash, now)
  else takeFinalization(context, record, certificate, hash, now)
}

function takeNotarization(
  context: Context,
  record: ViewRecord,
  certificate: QuorumCertificate,
  hash: Uint8Array,
  now: MonoNs,
): void {
  if (record.notarization !== undefined) return
  record.notarization = certificate
  keep(context, 'notarization', certificate)
  buildOn(context, record, hash, now)
  if (record.view >= context.view) enterView(context, record.view + 1, certificate, now)
  const vote = castFinalize(context, record, hash, now)
  if (vote !== undefined) takeVote(context, vote, now)
}

function takeFinalization(
  context: Context,
  record: ViewRecord,
  certificate: QuorumCertificate,
  hash: Uint8Array,
  now: MonoNs,
): void {
  if (record.finalization !== undefined) return
  record.finalization = certificate
  buildOn(context, record, hash, now)
  if (record.view >= context.view) enterView(context, record.view + 1, certificate, now)
  if ((context.awaitedFinal?.view ?? 0) < record.view) context.awaitedFinal = certificate
  settle(context, now)
}

/**
 * A liar may have signed it for this member alone: then nobody can make it again once it is forgotten, and what this member
 * has said because of it keeps the others from ever leaving the view without it.
 */
function keep(context: Context, kind: 'notarization' | 'nullification', certificate: QuorumCertificate): void {
  context.outbox.persist.push({
    kind,
    number: certificate.view,
    get bytes() {
      return quorumCertificateBytes(certificate)
    },
  })
}

/** A certified block is what the next one builds on; its content is fetched when it is not here. */
function buildOn(context: Context, record: ViewRecord, hash: Uint8Array, now: MonoNs): void {
  if (record.view > context.tip.view) context.tip = { view: record.view, hash }
  if (context.chain.get(hash) !== undefined) return
  const offered = record.offered.find((candidate) => equalBytes(candidate.hash, hash))
  if (offered === undefined) askForBlock(context, hash, now)
  else context.chain.add(offered.block, hash)
}

/** Makes the awaited finalization final as soon as its block is here. */
export function settle(context: Context, now: MonoNs): void {
  const awaited = context.awaitedFinal
  if (awaited?.hash === undefined) return
  const node = context.chain.get(awaited.hash)
  if (node === undefined) {
    askForBlock(context, awaited.hash, now)
    return
  }
  context.awaitedFinal = undefined
  if (node.block !== undefined) makeFinal(context, awaited.hash, awaited.votes)
}

function makeFinal(context: Context, hash: Uint8Array, votes: readonly CompactVote[]): void {
  const { chain, outbox, pacemaker } = context
  const knownHeight = chain.finalized.height
  const newly = chain.finalize(hash)
  const oldest = newly[0]?.block
  if (oldest !== undefined) openGap(context, oldest, knownHeight)
  for (const { block, hash: blockHash } of newly) {
    if (block === undefined) continue
    const own = equalBytes(blockHash, hash)
    // A closing block decides nothing: it only makes the change before it final.
    if (block.change?.step !== 'closing') outbox.commit.push({ block, blockHash, votes: own ? votes : undefined })
    if (!own) continue
    context.final = { block, hash, votes }
    if (block.change !== undefined) context.ending = endingWith(context, { block, hash, votes })
    const certificate = certificateOf(block, votes)
    outbox.persist.push({
      kind: 'final',
      number: block.view,
      get bytes() {
        return certificateBytes(certificate)
      },
    })
    pacemaker.viewFinalized(leaderOfView(context, block.view))
    context.views.dropBefore(block.view)
  }
}

/** Rule 4 and 6: into the next view, by the certificate that opens it. */
function enterView(context: Context, view: number, entry: QuorumCertificate | undefined, now: MonoNs): void {
  context.view = view
  context.enteredAt = now
  context.entry = entry
  context.spokeAt = undefined
  context.viewFetch.wanted = []
}
