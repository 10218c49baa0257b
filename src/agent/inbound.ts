import { blockCodec } from '../consensus/block.ts'
import { checkBlockForm } from '../consensus/certificate.ts'
import type { Membership } from '../consensus/membership.ts'
import { type ClusterIdentity, checkHeader, decodeEnvelope, signingContext } from '../consensus/messages.ts'
import { type Verify, verifyQuorumCertificate } from '../consensus/quorum-certificate.ts'
import type { Input } from '../consensus/replica/types.ts'
import { decodeWireMessage, type WireMessage } from '../consensus/wire-message.ts'
import { decode } from '../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'

/** Frames of one peer that may be under verification at once; more are refused, and the protocol repeats itself. */
const IN_FLIGHT_MAX = 256

/**
 * The gate before a replica: decodes a frame, checks that it belongs to this cluster, and verifies every signature in
 * it. Only what passes becomes an input.
 */
export interface Inbound {
  /**
   * Calls `accept` with the input, or `refuse` with the reason, and then `settled`, all later; a frame beyond the limit is
   * refused at once, and nothing is settled.
   */
  take(from: number, frame: Uint8Array, settled?: () => void): void
}

export interface InboundOptions {
  readonly membership: Membership
  readonly identity: ClusterIdentity
  readonly verify: Verify
  accept(input: Input): void
  refuse(from: number, fault: Fault): void
}

export function createInbound(options: InboundOptions): Inbound {
  const inFlight = new Map<number, number>()
  return {
    take: (from, frame, settled) => {
      const pending = inFlight.get(from) ?? 0
      if (pending >= IN_FLIGHT_MAX) {
        options.refuse(
          from,
          fail('inbound.flood', `expected at most ${IN_FLIGHT_MAX} frames under verification, got one more`).fault,
        )
        return
      }
      inFlight.set(from, pending + 1)
      admit(options, from, frame).then((admitted) => {
        inFlight.set(from, (inFlight.get(from) ?? 1) - 1)
        if (admitted.ok) options.accept(admitted.value)
        else options.refuse(from, admitted.fault)
        settled?.()
      }, die)
    },
  }
}

/** A rejection is a broken invariant: it ends the process, as it would have done outside of a promise. */
function die(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

async function admit(options: InboundOptions, from: number, frame: Uint8Array): Promise<Result<Input>> {
  const decoded = decodeWireMessage(frame)
  if (!decoded.ok) return decoded
  const message = decoded.value
  switch (message.kind) {
    case 'signed':
      return admitSigned(options, from, message.value)
    case 'quorum': {
      const verified = await verifyQuorumCertificate(
        message.value,
        options.membership,
        options.identity.membershipHash,
        options.verify,
      )
      return verified.ok ? ok({ type: 'quorum', from, certificate: message.value }) : verified
    }
    case 'final':
      return admitFinal(options, from, message)
    case 'want-proposals':
      return ok({ type: 'want-proposals', from, digests: message.value })
    case 'want-block':
      return ok({ type: 'want-block', from, hash: message.value })
    case 'want-quorums':
      return ok({ type: 'want-quorums', from, views: message.value })
    case 'want-blocks':
      return ok({ type: 'want-blocks', from, wanted: message.value })
    case 'block-bytes':
      return ok({ type: 'block-bytes', from, bytes: message.value })
    case 'blocks':
      return ok({ type: 'blocks', from, blocks: message.value })
  }
}

async function admitSigned(options: InboundOptions, from: number, envelope: Uint8Array): Promise<Result<Input>> {
  const decoded = decodeEnvelope(envelope)
  if (!decoded.ok) return decoded
  const message = decoded.value
  const belongs = checkHeader(message.header, options.identity)
  if (!belongs.ok) return belongs
  const member = options.membership.members[message.header.sender]
  if (member === undefined) return fail('message.sender', `expected a member, got ${message.header.sender}`)
  const valid = await options.verify(
    member.signingKey,
    signingContext(message.type),
    message.content,
    message.signature,
  )
  if (!valid)
    return fail(
      'message.signature',
      `${message.type} of member ${member.id} (${member.name}): the signature does not verify`,
    )
  return ok({ type: 'signed', from, message })
}

async function admitFinal(
  options: InboundOptions,
  from: number,
  { value }: Extract<WireMessage, { kind: 'final' }>,
): Promise<Result<Input>> {
  const block = decode(blockCodec, value.block, 'final.block')
  if (!block.ok) return block
  const form = checkBlockForm(block.value, options.membership)
  if (!form.ok) return form
  const certificate = {
    type: 'finalize' as const,
    view: block.value.view,
    hash: sha384(value.block),
    votes: value.votes,
  }
  const verified = await verifyQuorumCertificate(
    certificate,
    options.membership,
    options.identity.membershipHash,
    options.verify,
  )
  return verified.ok ? ok({ type: 'final', from, block: block.value, votes: value.votes }) : verified
}
