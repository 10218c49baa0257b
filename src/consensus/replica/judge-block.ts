import { equalBytes } from '../../core/bytes.ts'
import { type Fault, fail } from '../../core/fault.ts'
import type { MonoNs } from '../../core/time.ts'
import { checkEmptyBlock, closingOf } from '../empty-block.ts'
import { WANTED_MAX } from '../wire-message.ts'
import { askForBlock, askForEvidence, askForOrder, askForProposals, askForQuorums } from './ask.ts'
import { calendarOf } from './calendar.ts'
import type { ChainNode } from './chain.ts'
import { checkBlock, checkPlace } from './check-block.ts'
import { type Context, leaderOfView } from './context.ts'
import type { PooledProposal } from './proposal-pool.ts'
import { viewsNotNullified } from './skipped-views.ts'
import type { OfferedBlock } from './view-book.ts'

/** `wait`: something it needs has been asked for, or its epoch is not here yet. `refuse`: no correct leader sends it. */
export type Judgement =
  | { readonly verdict: 'valid' }
  | { readonly verdict: 'wait' }
  | { readonly verdict: 'refuse'; readonly fault: Fault; readonly proposals?: readonly PooledProposal[] }

/**
 * Rule 3: whether this member may notarize a block of its present view. The parent is notarized, every view between is
 * nullified, every listed proof and proposal is here and verified, and the whole block is what follows from them.
 */
export function judgeBlock(context: Context, offered: OfferedBlock, now: MonoNs): Judgement {
  const { block } = offered
  const { config } = context
  const parent = context.chain.get(block.parent)
  if (parent === undefined) {
    askForBlock(context, block.parent, now)
    // Which view it is of, only its certificate tells: any view since the newest certified block, if it has none here.
    askForQuorums(context, undecidedViews(context, block.view), now)
    return { verdict: 'wait' }
  }
  const placed = checkPlace(block, parent, config.membership)
  if (!placed.ok) return refuse(context, offered, placed.fault)
  if (!isCertified(context, parent)) {
    askForQuorums(context, [parent.view], now)
    return { verdict: 'wait' }
  }
  const missing = viewsNotNullified(context, parent.view, block.view)
  if (missing.length > 0) {
    askForQuorums(context, missing, now)
    return { verdict: 'wait' }
  }
  if (block.change !== undefined || closingOf(parent) !== undefined) return judgeEmpty(context, offered, parent, now)
  const calendar = calendarOf(context)
  if (calendar === undefined) return { verdict: 'wait' }
  // A stale or early epoch proves nothing of the leader: clocks differ. It only gets no vote from here, now.
  if (Math.abs(block.epoch - calendar.epochAt(now)) > 1) return { verdict: 'wait' }
  const evidence = judgeEvidence(context, offered, now)
  return evidence ?? judgeContent(context, offered, parent, now)
}

/** A block that certifies no time: the order that it carries out must be here, and all the rest follows from its parent. */
function judgeEmpty(context: Context, offered: OfferedBlock, parent: ChainNode, now: MonoNs): Judgement {
  const { block, hash } = offered
  const { change } = block
  if (change?.step === 'order' && context.orders.byDigest(change.digest) === undefined) {
    askForOrder(context, change.digest, now)
    return { verdict: 'wait' }
  }
  const checked = checkEmptyBlock(block, hash, parent, context.config.membership)
  return checked.ok ? { verdict: 'valid' } : refuse(context, offered, checked.fault)
}

/** Every proof that the block lists must be here, verified, and what the list says of it; undefined when all are. */
function judgeEvidence(context: Context, offered: OfferedBlock, now: MonoNs): Judgement | undefined {
  const missing: Uint8Array[] = []
  for (const { member, kind, number, digest } of offered.block.evidence) {
    const held = context.proofs.byDigest(digest)?.entry
    if (held === undefined) missing.push(digest)
    else if (held.member !== member || held.kind !== kind || held.number !== number) {
      const expected = `expected ${held.kind} ${held.number} of member ${held.member}`
      const { fault } = fail('block.evidence', `${expected}, got ${kind} ${number} of member ${member}`)
      return { verdict: 'refuse', fault }
    }
  }
  if (missing.length === 0) return undefined
  askForEvidence(context, missing, now)
  return { verdict: 'wait' }
}

function judgeContent(context: Context, offered: OfferedBlock, parent: ChainNode, now: MonoNs): Judgement {
  const { block, hash } = offered
  const proposals: PooledProposal[] = []
  const missing: Uint8Array[] = []
  for (const { member, digest } of block.list) {
    const pooled = context.pool.byDigest(digest)
    if (pooled === undefined) missing.push(digest)
    else if (pooled.member === member && pooled.message.body.epoch === block.epoch) proposals.push(pooled)
    else {
      const expected = `expected a proposal of member ${member} for epoch ${block.epoch}, got one of ${pooled.member}`
      return refuse(context, offered, fail('block.list', expected).fault)
    }
  }
  if (missing.length > 0) {
    askForProposals(context, missing, now)
    return { verdict: 'wait' }
  }
  const leader = leaderOfView(context, block.view)
  const claim = { block, hash, leader, parent, proposals }
  const checked = checkBlock(claim, context.config.membership, context.compose)
  return checked.ok ? { verdict: 'valid' } : { verdict: 'refuse', fault: checked.fault, proposals }
}

/** Whether a block may be built on: it is the newest final one, or a certificate of its view names it. */
function isCertified(context: Context, { hash, view }: ChainNode): boolean {
  if (equalBytes(hash, context.chain.finalized.hash)) return true
  const record = context.views.find(view)
  return [record?.notarization, record?.finalization].some(
    (certificate) => certificate?.hash !== undefined && equalBytes(certificate.hash, hash),
  )
}

/** Views before `view`, newer than the newest certified block, of which no certificate is held. */
function undecidedViews(context: Context, view: number): readonly number[] {
  const undecided: number[] = []
  for (let earlier = view - 1; earlier > context.tip.view && undecided.length < WANTED_MAX; earlier--) {
    if (context.views.find(earlier)?.nullification === undefined) undecided.push(earlier)
  }
  return undecided
}

/** What a block is refused for stands in it and its parent; with all proposals of its list here, others can be shown it. */
function refuse(context: Context, { block }: OfferedBlock, fault: Fault): Judgement {
  const proposals = block.list.flatMap(({ digest }) => context.pool.byDigest(digest) ?? [])
  return { verdict: 'refuse', fault, ...(proposals.length === block.list.length ? { proposals } : {}) }
}
