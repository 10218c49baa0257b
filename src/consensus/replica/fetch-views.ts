import { type MonoNs, NS_PER_MILLISECOND, plus } from '../../core/time.ts'
import { type Context, nextPeer, sendTo } from './context.ts'
import { FEW_VIEWS, viewsPerAnswer } from './views-per-answer.ts'

/**
 * Certificates of views that this member was not there for, and that have no final block after them: whoever votes for
 * a block needs the nullification of every view that it skips. Hours of them are fetched as fast as they travel, from
 * one peer at a time; the few that are missing in the normal case are asked of everybody instead.
 */
export interface ViewFetch {
  /** What a block needs, ascending; empty while there is none to judge. */
  wanted: readonly number[]
  peer: number
  askedAt: MonoNs | undefined
  /** What that peer was asked for. */
  asked: readonly number[]
}

/** How long an answer is waited for before the next peer is asked. */
const PATIENCE_NS = 500n * NS_PER_MILLISECOND
/** Asks for the next views when the ones before are here; returns when to come again. */
export function fetchViews(context: Context, now: MonoNs): MonoNs | undefined {
  const { viewFetch, quorum } = context
  const missing = missingViews(context, viewsPerAnswer(quorum.q))
  if (missing.length <= FEW_VIEWS || quorum.n === 1) {
    viewFetch.askedAt = undefined
    return undefined
  }
  if (viewFetch.askedAt !== undefined && viewFetch.asked.some((view) => missing.includes(view))) {
    const due = plus(viewFetch.askedAt, PATIENCE_NS)
    if (now < due) return due
    viewFetch.peer = nextPeer(context, viewFetch.peer)
  }
  if (viewFetch.peer === context.config.self) viewFetch.peer = nextPeer(context, viewFetch.peer)
  viewFetch.askedAt = now
  viewFetch.asked = missing
  sendTo(context, viewFetch.peer, { kind: 'want-quorums', value: missing })
  return plus(now, PATIENCE_NS)
}

/** The first `limit` views that a block waits for, or, before one is here, that any next block will skip. */
function missingViews({ viewFetch, views, tip, chain, view: present }: Context, limit: number): readonly number[] {
  const missing: number[] = []
  const isMissing = (view: number): boolean => {
    const record = views.find(view)
    return record?.nullification === undefined && (viewFetch.wanted.length > 0 || record?.notarization === undefined)
  }
  const add = (view: number): boolean => {
    if (view > chain.finalized.view && isMissing(view)) missing.push(view)
    return missing.length < limit
  }
  if (viewFetch.wanted.length > 0) viewFetch.wanted.every(add)
  else for (let view = tip.view + 1; view < present && add(view); view++);
  return missing
}
