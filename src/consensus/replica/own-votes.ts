import type { MonoNs } from '../../core/time.ts'
import { encodeEnvelope, type SignedMessage } from '../messages.ts'
import { type Context, signBody, speak } from './context.ts'
import type { OfferedBlock, ViewRecord } from './view-book.ts'

/**
 * The three votes, each at most once per view, never Nullify and Finalize of one view, also across restarts: `own`
 * holds what the journal holds. Each returns the vote for the sender to count itself.
 */

/**
 * Notarize(v, hash): for the first valid block of a view that this member has not nullified. With the vote the block is
 * journalled: of q members that notarize it at least one correct one stays, and can hand it to those that build on it.
 */
export function castNotarize(
  context: Context,
  record: ViewRecord,
  { block, hash, message: offer }: OfferedBlock,
  now: MonoNs,
): SignedMessage<'notarize'> | undefined {
  if (record.own.notarize !== undefined || record.own.nullify !== undefined) return undefined
  if (record.own.block === undefined) {
    context.outbox.persist.push({ kind: 'block', number: record.view, bytes: encodeEnvelope(offer) })
  }
  const { change } = block
  const order = change?.step === 'order' ? context.orders.byDigest(change.digest) : undefined
  if (order !== undefined) {
    context.orders.keep(order.order.digest)
    context.outbox.persist.push({ kind: 'order', number: record.view, bytes: order.bytes })
  }
  const message = signBody(context, 'notarize', { view: record.view, hash })
  record.own.notarize = { hash, bytes: speak(context, 'notarize', record.view, message, now) }
  return message
}

/** Nullify(v): unless this member has sent Finalize(v). Legal beside Notarize(v). */
export function castNullify(context: Context, record: ViewRecord, now: MonoNs): SignedMessage<'nullify'> | undefined {
  if (record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined
  const message = signBody(context, 'nullify', { view: record.view })
  record.own.nullify = { bytes: speak(context, 'nullify', record.view, message, now) }
  return message
}

/**
 * Finalize(v, hash): for a notarized block, whichever block of v this member itself notarized, unless it has sent
 * Nullify(v) or a Finalize(v).
 */
export function castFinalize(
  context: Context,
  record: ViewRecord,
  hash: Uint8Array,
  now: MonoNs,
): SignedMessage<'finalize'> | undefined {
  if (record.own.nullify !== undefined || record.own.finalize !== undefined) return undefined
  const message = signBody(context, 'finalize', { view: record.view, hash })
  record.own.finalize = { hash, bytes: speak(context, 'finalize', record.view, message, now) }
  return message
}
