import { type MonoNs, plus } from '../../core/time.ts'
import { type Block, blockHash, type SessionChange } from '../block.ts'
import { closingOf, composeEmptyBlock } from '../empty-block.ts'
import { isConvicted } from '../state.ts'
import { isExposed } from './accuse.ts'
import { takeOfferedBlock } from './advance.ts'
import { askForBlock, askForQuorums } from './ask.ts'
import { calendarOf } from './calendar.ts'
import type { ChainNode } from './chain.ts'
import { type Context, leaderOfView, signBody, speak } from './context.ts'
import { proposalWaitNs } from './epoch-schedule.ts'
import { viewsNotNullified } from './skipped-views.ts'

/**
 * Rule 2: the leader of the present view lists every proposal that it holds, once all n are here, or q of them
 * once what was sent by the proposal deadline can be here, and proof of every lie that nobody is convicted of yet. Returns when to try again, or undefined when only a message can help.
 */
export function lead(context: Context, now: MonoNs): MonoNs | undefined {
  const { config, view, quorum } = context
  const record = context.views.at(view)
  if (leaderOfView(context, view) !== config.self || isExposed(context, config.self)) return undefined
  if (record.own.block !== undefined || record.own.nullify !== undefined) return undefined
  const parent = context.chain.get(context.tip.hash)
  if (parent === undefined) {
    askForBlock(context, context.tip.hash, now)
    return undefined
  }
  const missing = viewsNotNullified(context, parent.view, view)
  if (missing.length > 0) {
    askForQuorums(context, missing, now)
    return undefined
  }
  const change = nextChange(context, parent)
  if (change !== undefined) {
    publishBlock(context, composeEmptyBlock(view, parent, change, config.membership), now)
    return undefined
  }
  const calendar = calendarOf(context)
  if (calendar === undefined) return undefined
  const epoch = calendar.targetEpoch(parent.epoch, now)
  const until = plus(calendar.markAt(epoch), proposalWaitNs(config.membership))
  const proposals = context.pool.firstOf(epoch)
  if (proposals.length < quorum.n && (now < until || proposals.length < quorum.q)) {
    return now < until ? until : undefined
  }
  const evidence = context.proofs.entries().filter(({ member }) => !isConvicted(parent.state, member))
  const plan = { view, leader: config.self, epoch, parent, proposals, evidence }
  const composed = context.compose(plan, config.membership)
  if (!composed.ok) return undefined
  publishBlock(context, composed.value, now)
  return undefined
}

/** What a block on `parent` has to be for, or may be: to close a change, or to carry out an order that waits. */
function nextChange({ orders }: Context, parent: ChainNode): SessionChange | undefined {
  const closing = closingOf(parent)
  if (closing !== undefined || orders.pending === undefined) return closing
  return { step: 'order', digest: orders.pending.order.digest }
}

function publishBlock(context: Context, block: Block, now: MonoNs): void {
  const message = signBody(context, 'block', block)
  context.views.at(block.view).own.block = speak(context, 'block', block.view, message, now)
  takeOfferedBlock(context, { block, hash: blockHash(block), message }, now)
}
