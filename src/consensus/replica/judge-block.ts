import { equalBytes } from '../../core/bytes.ts'
import { type Fault, fail } from '../../core/fault.ts'
import type { MonoNs } from '../../core/time.ts'
import { blockHash } from '../block.ts'
import { checkEmptyBlock, closingOf } from '../empty-block.ts'
import { WANTED_MAX } from '../wire-message.ts'
import { askForBlock, askForOrder, askForProposals, askForQuorums } from './ask.ts'
import type { ChainNode } from './chain.ts'
import { composeBlock } from './compose-block.ts'
import { type Context, leaderOfView } from './context.ts'
import { epochAt } from './epoch-schedule.ts'
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
 * nullified, every listed proposal is here and verified, and the whole block is what follows from them.
 */
export function judgeBlock(context: Context, offered: OfferedBlock, now: MonoNs): Judgement {
  const { block } = offered
  const { quorum, config } = context
  const parent = context.chain.get(block.parent)
  if (parent === undefined) {
    askForBlock(context, block.parent, now)
    // Which view it is of, only its certificate tells: any view since the newest certified block, if it has none here.
    askForQuorums(context, undecidedViews(context, block.view), now)
    return { verdict: 'wait' }
  }
  if (parent.view >= block.view)
    return refuse('block.parent', `expected a parent of an earlier view, got view ${parent.view}`)
  if (!isCertified(context, parent)) {
    askForQuorums(context, [parent.view], now)
    return { verdict: 'wait' }
  }
  const missing = viewsNotNullified(context, parent.view, block.view)
  if (missing.length > 0) {
    askForQuorums(context, missing, now)
    return { verdict: 'wait' }
  }
  if (block.era !== config.membership.era)
    return refuse('block.era', `expected era ${config.membership.era}, got ${block.era}`)
  if (block.change !== undefined || closingOf(parent) !== undefined) return judgeEmpty(context, offered, parent, now)
  if (block.epoch <= parent.epoch)
    return refuse('block.epoch', `expected an epoch after ${parent.epoch}, got ${block.epoch}`)
  if (context.clock === undefined) return { verdict: 'wait' }
  // A stale or early epoch proves nothing of the leader: clocks differ. It only gets no vote from here, now.
  if (Math.abs(block.epoch - epochAt(config.membership, context.clock, now)) > 1) return { verdict: 'wait' }
  if (block.list.length < quorum.q || block.list.length > quorum.n) {
    return refuse('block.list', `expected ${quorum.q} to ${quorum.n} proposals, got ${block.list.length}`)
  }
  return judgeContent(context, offered, parent, now)
}

/** A block that certifies no time: the order that it carries out must be here, and all the rest follows from its parent. */
function judgeEmpty(context: Context, { block, hash }: OfferedBlock, parent: ChainNode, now: MonoNs): Judgement {
  const { change } = block
  if (change === undefined) return refuse('block.change', 'expected a block that closes a change, got another')
  if (change.step === 'order' && context.orders.byDigest(change.digest) === undefined) {
    askForOrder(context, change.digest, now)
    return { verdict: 'wait' }
  }
  const checked = checkEmptyBlock(block, hash, parent, context.config.membership)
  return checked.ok ? { verdict: 'valid' } : { verdict: 'refuse', fault: checked.fault }
}

function judgeContent(context: Context, { block, hash }: OfferedBlock, parent: ChainNode, now: MonoNs): Judgement {
  const proposals: PooledProposal[] = []
  const missing: Uint8Array[] = []
  for (const { member, digest } of block.list) {
    const pooled = context.pool.byDigest(digest)
    if (pooled === undefined) missing.push(digest)
    else if (pooled.member !== member || pooled.message.body.epoch !== block.epoch) {
      return refuse(
        'block.list',
        `expected a proposal of member ${member} for epoch ${block.epoch}, got one of ${pooled.member}`,
      )
    } else proposals.push(pooled)
  }
  if (missing.length > 0) {
    askForProposals(context, missing, now)
    return { verdict: 'wait' }
  }
  const leader = leaderOfView(context, block.view)
  const composed = composeBlock(
    { view: block.view, leader, epoch: block.epoch, parent, proposals },
    context.config.membership,
  )
  if (!composed.ok) return { verdict: 'refuse', fault: composed.fault }
  if (equalBytes(blockHash(composed.value), hash)) return { verdict: 'valid' }
  return {
    ...refuse('block.outcome', 'expected what follows from its proposals and its parent, got another block'),
    proposals,
  }
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

function refuse(code: string, message: string): { readonly verdict: 'refuse'; readonly fault: Fault } {
  return { verdict: 'refuse', fault: fail(code, message).fault }
}
