import { assert } from '../../core/assert.ts'
import { equalBytes } from '../../core/bytes.ts'
import { decode, encode } from '../../core/encoding.ts'
import { between, type MonoNs } from '../../core/time.ts'
import { type Block, blockCodec } from '../block.ts'
import { checkOrder, membershipOrderCodec, orderDigest, type VerifiedOrder } from '../membership-order.ts'
import type { CompactVote } from '../messages.ts'
import { nextSession, type Session } from '../session.ts'
import {
  encodeSessionStep,
  readSessionStep,
  type SessionStep,
  sessionStepCodec,
  type VerifiedStep,
} from '../session-step.ts'
import { askForBlock, askForOrder } from './ask.ts'
import { type Context, sendTo } from './context.ts'

/**
 * The end of a session. Once the block that changes the membership is final at this member, it says nothing more under the
 * present one: it gathers what the next session starts from, makes that durable, and hands it to the shell. Whoever still
 * speaks to it in the old session gets the same.
 */

/** A final block that carries out a membership order, or closes it. */
export interface FinalChange {
  readonly block: Block
  readonly hash: Uint8Array
  readonly votes: readonly CompactVote[]
  /** The block that carries out the order, when it is known here. */
  readonly change: Block | undefined
}

/** What a final block that ends the session leaves to do. To be called before older views are forgotten. */
export function endingWith(context: Context, final: Omit<FinalChange, 'change'>): FinalChange {
  return { ...final, change: knownBlock(context, changeHashOf(final)) }
}

function changeHashOf({ block, hash }: Pick<FinalChange, 'block' | 'hash'>): Uint8Array {
  return block.change?.step === 'closing' ? block.change.digest : hash
}

/** A verified order, submitted here (`from` is this member itself) or shown by a peer. */
export function takeOrder(context: Context, from: number, order: VerifiedOrder, bytes: Uint8Array, now: MonoNs): void {
  if (!context.orders.add({ order, bytes, since: now })) return
  // What others lack of it they ask for when a block names it; but only who has it gives up leaders that do not act on it.
  if (from === context.config.self) sendTo(context, 'all', { kind: 'order', value: bytes })
}

export function answerOrder(context: Context, peer: number, digest: Uint8Array): void {
  const held = context.orders.byDigest(digest)
  if (held !== undefined) sendTo(context, peer, { kind: 'order', value: held.bytes })
}

/** Ends the session as soon as everything that the next one starts from is here; asks for what is not. */
export function tryEndSession(context: Context, now: MonoNs): void {
  const { ending, orders } = context
  if (context.over !== undefined || ending === undefined) return
  const changeHash = changeHashOf(ending)
  const change = ending.change ?? context.chain.get(changeHash)?.block
  if (change?.change === undefined) {
    askForBlock(context, changeHash, now)
    return
  }
  const held = orders.byDigest(change.change.digest)
  if (held === undefined) {
    askForOrder(context, change.change.digest, now)
    return
  }
  const step: SessionStep = {
    format: 'quorumtime-session-1',
    order: held.bytes,
    change: encode(blockCodec, change),
    closing: equalBytes(changeHash, ending.hash) ? undefined : encode(blockCodec, ending.block),
    // More than q would say nothing more, and make a step of a large cluster too long for a frame.
    votes: ending.votes.slice(0, context.quorum.q),
  }
  const next = nextSession(sessionOf(context), held.order.next, change, changeHash)
  finish(context, { step, change, changeHash, next })
}

/** A verified step that a peer shows: the session is over, although this member has not seen its end. */
export function takeSessionStep(context: Context, verified: VerifiedStep): void {
  if (context.over === undefined) finish(context, verified)
}

function finish(context: Context, verified: VerifiedStep): void {
  const bytes = encodeSessionStep(verified.step)
  context.over = bytes
  context.outbox.persist.push({ kind: 'session-end', number: context.chain.finalized.view, bytes })
  context.outbox.sessionEnd = verified
}

/** Whether bytes that were asked for are the block that is missing. */
export function isWantedChange({ ending, over }: Context, hash: Uint8Array): boolean {
  return ending !== undefined && over === undefined && equalBytes(changeHashOf(ending), hash)
}

export function restoreOrder(context: Context, bytes: Uint8Array, now: MonoNs): void {
  const order = decode(membershipOrderCodec, bytes, 'journal')
  assert(order.ok, 'the journal holds an order that does not decode')
  const { membership } = context.config
  const next = checkOrder(order.value, membership)
  assert(next.ok, 'the journal holds an order of another membership')
  const digest = orderDigest(membership.cluster, order.value)
  context.orders.add({ order: { order: order.value, digest, next: next.value }, bytes, since: now })
  context.orders.keep(digest)
}

export function restoreEnd(context: Context, bytes: Uint8Array): void {
  const step = decode(sessionStepCodec, bytes, 'journal')
  assert(step.ok, 'the journal holds a session end that does not decode')
  const read = readSessionStep(step.value, sessionOf(context))
  assert(read.ok, 'the journal holds the end of another session')
  context.over = bytes
  context.outbox.sessionEnd = read.value.verified
}

function sessionOf({ config, membershipHash, root }: Context): Session {
  return { membership: config.membership, hash: membershipHash, root }
}

/** Tells a peer that still speaks in the old session how it has ended, at most once per retry (`pacemaker.ts`). */
export function tellOfEnd(context: Context, peer: number, now: MonoNs): void {
  const { over, peers, pacemaker } = context
  if (over === undefined || peer === context.config.self) return
  const trace = peers.get(peer)
  if (trace !== undefined && between(trace.pushedAt, now) < pacemaker.retryNs()) return
  peers.set(peer, { pushedAt: now })
  sendTo(context, peer, { kind: 'session-step', value: over })
}

/** A block of the chain, or one that a leader has offered and that is known to have become final since. */
function knownBlock(context: Context, hash: Uint8Array): Block | undefined {
  const { chain, views } = context
  const inChain = chain.get(hash)?.block
  if (inChain !== undefined) return inChain
  return views
    .since(0)
    .flatMap(({ offered }) => offered)
    .find((offered) => equalBytes(offered.hash, hash))?.block
}
