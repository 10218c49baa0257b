import { max, min } from '../../core/integer.ts'
import { type MonoNs, plus } from '../../core/time.ts'
import { closingOf } from '../empty-block.ts'
import { isExposed } from './accuse.ts'
import { takeVote } from './advance.ts'
import { calendarOf } from './calendar.ts'
import { type Context, leaderOfView } from './context.ts'
import { PROPOSAL_DEADLINE_NS } from './epoch-schedule.ts'
import { castNullify } from './own-votes.ts'
import type { ViewRecord } from './view-book.ts'

/**
 * When the timers of the present view start: at entry, or at the proposal deadline of the epoch that its block will
 * take, whichever is later. Undefined without a clock. That epoch is not kept: it changes once a parent that was certified
 * before it was here has come.
 */
export function timersFrom(context: Context): MonoNs | undefined {
  const changing = changingSince(context)
  const regular = regularTimersFrom(context)
  return changing === undefined || regular === undefined ? (changing ?? regular) : min(changing, regular)
}

/** A change of the membership needs neither a mark nor a clock: every leader can make its block at once. */
function changingSince({ chain, tip, orders, enteredAt }: Context): MonoNs | undefined {
  const parent = chain.get(tip.hash)
  if (parent !== undefined && closingOf(parent) !== undefined) return enteredAt
  return orders.pending === undefined ? undefined : max(enteredAt, orders.pending.since)
}

function regularTimersFrom(context: Context): MonoNs | undefined {
  const { chain, tip, enteredAt } = context
  const calendar = calendarOf(context)
  if (calendar === undefined) return undefined
  const parentEpoch = chain.get(tip.hash)?.epoch ?? chain.finalized.epoch
  const epoch = calendar.targetEpoch(parentEpoch, enteredAt)
  return max(enteredAt, plus(calendar.markAt(epoch), PROPOSAL_DEADLINE_NS))
}

/**
 * A view that a proven liar leads is given up at once: its block could be right, but nobody has to wait for it. Not once
 * this member has notarized it; then the view's deadlines decide as always.
 */
export function nullifyExposed(context: Context, now: MonoNs): void {
  const record = context.views.at(context.view)
  if (record.own.notarize !== undefined || !isExposed(context, leaderOfView(context, record.view))) return
  const vote = castNullify(context, record, now)
  if (vote !== undefined) takeVote(context, vote, now)
}

/**
 * Rule 5: no block to vote for by 2Δ, no notarization by 3Δ, or a view that is abandoned: Nullify, unless Finalize was sent. Returns
 * the next deadline.
 */
export function nullifyOverdue(context: Context, from: MonoNs | undefined, now: MonoNs): MonoNs | undefined {
  const record = context.views.at(context.view)
  if (from === undefined || record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined
  const deltaNs = context.pacemaker.deltaNs()
  const deadline = plus(from, deltaNs * (record.own.notarize === undefined ? 2n : 3n))
  if (now < deadline && !isAbandoned(context, record)) return deadline
  const vote = castNullify(context, record, now)
  if (vote !== undefined) takeVote(context, vote, now)
  return undefined
}

/**
 * Whether so many have given a view up that fewer than q are left who could finalize it. If it were waited for all the same, members
 * whose patience differs, some fresh from a start and others from a long storm, would spoil one view after the other: the hasty
 * are gone before its block comes, and the patient wait for votes that will never be.
 */
function isAbandoned({ quorum: { n, q } }: Context, { votes }: ViewRecord): boolean {
  return votes.nullify.size >= n - q + 1
}
