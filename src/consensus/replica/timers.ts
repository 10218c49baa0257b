import { max } from '../../core/integer.ts'
import { type MonoNs, plus } from '../../core/time.ts'
import { takeVote } from './advance.ts'
import type { Context } from './context.ts'
import { epochAt, markAt, PROPOSAL_DEADLINE_NS, targetEpoch } from './epoch-schedule.ts'
import { castNullify } from './own-votes.ts'

/**
 * When the timers of the present view start: at entry, or at the proposal deadline of the epoch that its block will
 * take, whichever is later. Undefined without a clock.
 */
export function timersFrom(context: Context): MonoNs | undefined {
  const { clock, config, enteredAt } = context
  if (clock === undefined) return undefined
  const parentEpoch = context.chain.get(context.tip.hash)?.epoch ?? context.chain.finalized.epoch
  context.viewEpoch ??= targetEpoch(config.membership, clock, parentEpoch, enteredAt)
  // A clock that was set back must not push the timers of this view far into the future.
  const latest = epochAt(config.membership, clock, enteredAt) + 1
  const epoch = Math.min(context.viewEpoch, Math.max(latest, parentEpoch + 1))
  return max(enteredAt, plus(markAt(config.membership, clock, epoch), PROPOSAL_DEADLINE_NS))
}

/** Rule 5: no block to vote for by 2Δ, no notarization by 3Δ: Nullify, unless Finalize was sent. Returns the next deadline. */
export function nullifyOverdue(context: Context, from: MonoNs | undefined, now: MonoNs): MonoNs | undefined {
  const record = context.views.at(context.view)
  if (from === undefined || record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined
  const deltaNs = context.pacemaker.deltaNs()
  const deadline = plus(from, deltaNs * (record.own.notarize === undefined ? 2n : 3n))
  if (now < deadline) return deadline
  const vote = castNullify(context, record)
  if (vote !== undefined) takeVote(context, vote, now)
  return undefined
}
