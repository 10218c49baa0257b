import { toHex } from '../../core/bytes.ts'
import { between, type MonoNs } from '../../core/time.ts'
import { WANTED_MAX } from '../wire-message.ts'
import { type Context, sendTo } from './context.ts'
import { FEW_VIEWS } from './views-per-answer.ts'

/** Requests that may be remembered at once. */
const ASKED_MAX = 1_024

/** Whether `what` may be asked for (again): at most once per retry (`pacemaker.ts`). */
function mayAsk(context: Context, what: string, now: MonoNs): boolean {
  const { asked } = context
  const before = asked.get(what)
  if (before !== undefined && between(before, now) < context.pacemaker.retryNs()) return false
  if (asked.size >= ASKED_MAX) asked.clear()
  asked.set(what, now)
  return true
}

export function askForBlock(context: Context, hash: Uint8Array, now: MonoNs): void {
  if (mayAsk(context, `block ${toHex(hash)}`, now)) sendTo(context, 'all', { kind: 'want-block', value: hash })
}

export function askForProposals(context: Context, digests: readonly Uint8Array[], now: MonoNs): void {
  const wanted = digests.slice(0, WANTED_MAX).filter((digest) => mayAsk(context, `proposal ${toHex(digest)}`, now))
  if (wanted.length > 0) sendTo(context, 'all', { kind: 'want-proposals', value: wanted })
}

export function askForOrder(context: Context, digest: Uint8Array, now: MonoNs): void {
  if (mayAsk(context, `order ${toHex(digest)}`, now)) sendTo(context, 'all', { kind: 'want-order', value: digest })
}

export function askForEvidence(context: Context, digests: readonly Uint8Array[], now: MonoNs): void {
  const wanted = digests.slice(0, WANTED_MAX).filter((digest) => mayAsk(context, `evidence ${toHex(digest)}`, now))
  if (wanted.length > 0) sendTo(context, 'all', { kind: 'want-evidence', value: wanted })
}

export function askForQuorums(context: Context, views: readonly number[], now: MonoNs): void {
  context.viewFetch.wanted = views.length > FEW_VIEWS ? views.toSorted((a, b) => a - b) : []
  const wanted = (views.length > FEW_VIEWS ? [] : views).filter((view) => mayAsk(context, `quorum ${view}`, now))
  if (wanted.length > 0) sendTo(context, 'all', { kind: 'want-quorums', value: wanted })
}
