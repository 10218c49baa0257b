import { blockCodec, type ChainRoot, chainRoot } from '../consensus/block.ts'
import { checkBlockForm } from '../consensus/certificate.ts'
import { EVIDENCE_ITEMS_MAX, evidenceCodec } from '../consensus/evidence.ts'
import { verifyEvidence } from '../consensus/evidence-check.ts'
import type { Membership } from '../consensus/membership.ts'
import { membershipOrderCodec, verifyOrder } from '../consensus/membership-order.ts'
import {
  type ClusterIdentity,
  checkHeader,
  openBody,
  openEnvelope,
  type SignedMessage,
  signingContext,
} from '../consensus/messages.ts'
import { type Verify, verifyQuorumCertificate } from '../consensus/quorum-certificate.ts'
import type { Input } from '../consensus/replica/types.ts'
import { sessionStepCodec, verifySessionStep } from '../consensus/session-step.ts'
import { decodeWireMessage, type WireMessage } from '../consensus/wire-message.ts'
import { readFirstUint } from '../core/cbor-items.ts'
import { decode } from '../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { readLastWords } from './last-words-frame.ts'

/** What one peer may have under verification before it is held back; the frame that goes beyond it is still taken. */
const FRAMES_MAX = 32
const FRAME_BYTES_MAX = 512 * 1024

/**
 * The gate before a replica: decodes a frame, checks that it belongs to this cluster, and verifies every signature in
 * it. Only what passes becomes an input. Signatures come before content: nobody but a member makes it read a body.
 */
export interface Inbound {
  /** Calls `accept` with the input, or `refuse` with the reason, and then `settled`, all later. */
  take(from: number, frame: Uint8Array, settled?: () => void): void
  /** A promise while this peer has enough under verification: nothing of it is to be read before it is settled. */
  relief(from: number): Promise<void> | undefined
}

export interface InboundOptions {
  readonly membership: Membership
  readonly identity: ClusterIdentity
  /** What the present session starts from; undefined in the first one. */
  readonly root?: ChainRoot | undefined
  readonly verify: Verify
  /** Whether a proof against a member is worth verifying, by its SHA-384; without this every one is. */
  needsEvidence?(member: number, digest: Uint8Array): boolean
  /** Who this member is, and where what others have heard of it goes; without this nobody is told. */
  readonly lastWords?: { readonly self: number; shown(from: number, messages: readonly SignedMessage[]): void }
  accept(input: Input): void
  refuse(from: number, fault: Fault): void
  /** What is about attestation records goes here, and never to a replica. */
  acceptRecord?(from: number, message: RecordMessage): void
}

/** A question for an attestation record, or one. */
export type RecordMessage = Extract<WireMessage, { kind: 'want-record' | 'record' }>

/**
 * Whether no correct member sends what was refused for this. It verifies what it passes on, and what it signs names the
 * membership under which it was signed. Certificates, orders and steps do not: one of a session that this member has left or
 * has yet to reach looks as if it were forged, and its sender may well be correct.
 */
export function isHostile({ code }: Fault): boolean {
  return code.startsWith('encoding.') || HOSTILE_CODES.includes(code)
}

const HOSTILE_CODES: readonly string[] = ['message.signature', 'message.cluster', 'message.sender']

/** What a peer has under verification. */
interface Load {
  frames: number
  bytes: number
  relief: PromiseWithResolvers<void> | undefined
}

export function createInbound(options: InboundOptions): Inbound {
  const loads = new Map<number, Load>()
  return {
    take: (from, frame, settled) => {
      const load = loads.get(from) ?? { frames: 0, bytes: 0, relief: undefined }
      loads.set(from, load)
      load.frames += 1
      load.bytes += frame.length
      admit(options, from, frame).then((admitted) => {
        load.frames -= 1
        load.bytes -= frame.length
        if (!isFull(load)) {
          load.relief?.resolve()
          load.relief = undefined
        }
        if (!admitted.ok) options.refuse(from, admitted.fault)
        else if (admitted.value !== undefined) options.accept(admitted.value)
        settled?.()
      }, die)
    },
    relief: (from) => {
      const load = loads.get(from)
      if (load === undefined || !isFull(load)) return undefined
      load.relief ??= Promise.withResolvers()
      return load.relief.promise
    },
  }
}

function isFull({ frames, bytes }: Load): boolean {
  return frames >= FRAMES_MAX || bytes >= FRAME_BYTES_MAX
}

/** A rejection is a broken invariant: it ends the process, as it would have done outside of a promise. */
function die(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** Undefined: nothing is wrong with it, and nobody needs it. */
async function admit(options: InboundOptions, from: number, frame: Uint8Array): Promise<Result<Input | undefined>> {
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
    case 'order':
      return admitOrder(options, from, message.value)
    case 'want-order':
      return ok({ type: 'want-order', from, digest: message.value })
    case 'session-step':
      return admitSessionStep(options, from, message.value)
    case 'evidence':
      return admitEvidence(options, from, message.value)
    case 'want-evidence':
      return ok({ type: 'want-evidence', from, digests: message.value })
    case 'want-record':
    case 'record':
      options.acceptRecord?.(from, message)
      return ok(undefined)
    case 'last-words':
      return admitLastWords(options, from, message.value)
  }
}

/** They go past the replica: it is not to hear of itself. */
async function admitLastWords(
  { lastWords, ...options }: InboundOptions,
  from: number,
  envelopes: readonly Uint8Array[],
): Promise<Result<undefined>> {
  if (lastWords === undefined) return ok(undefined)
  const read = await readLastWords(envelopes, { ...options, self: lastWords.self })
  if (!read.ok) return read
  lastWords.shown(from, read.value)
  return ok(undefined)
}

async function admitSigned(options: InboundOptions, from: number, envelope: Uint8Array): Promise<Result<Input>> {
  const { membership, identity, verify } = options
  const opened = openEnvelope(envelope)
  if (!opened.ok) return opened
  const { header, content, signature } = opened.value
  const belongs = checkHeader(header, identity)
  if (!belongs.ok) return belongs
  const member = membership.members[header.sender]
  if (member === undefined) return fail('message.sender', `expected a member, got ${header.sender}`)
  if (!(await verify(member.signingKey, signingContext(header.type), content, signature))) {
    return fail(
      'message.signature',
      `${header.type} of member ${member.id} (${member.name}): the signature does not verify`,
    )
  }
  const message = openBody(opened.value, identity.n)
  return message.ok ? ok({ type: 'signed', from, message: message.value }) : message
}

/** An order that a peer shows, or an operator to this member itself. */
export async function admitOrder(
  { membership, verify }: Pick<InboundOptions, 'membership' | 'verify'>,
  from: number,
  bytes: Uint8Array,
): Promise<Result<Input>> {
  const order = decode(membershipOrderCodec, bytes, 'order')
  if (!order.ok) return order
  const verified = await verifyOrder(order.value, membership, verify)
  return verified.ok ? ok({ type: 'order', from, order: verified.value, bytes }) : verified
}

async function admitSessionStep(options: InboundOptions, from: number, bytes: Uint8Array): Promise<Result<Input>> {
  const step = decode(sessionStepCodec, bytes, 'session')
  if (!step.ok) return step
  const { membership, identity, verify } = options
  const root = options.root ?? chainRoot(membership)
  const session = { membership, hash: identity.membershipHash, root }
  const verified = await verifySessionStep(step.value, session, verify)
  return verified.ok ? ok({ type: 'session-step', from, verified: verified.value }) : verified
}

/** A wrong outcome is computed again, so a proof that is not needed must cost no more than its bytes. */
async function admitEvidence(
  options: InboundOptions,
  from: number,
  bytes: Uint8Array,
): Promise<Result<Input | undefined>> {
  const evidence = decode(evidenceCodec, bytes, 'evidence', EVIDENCE_ITEMS_MAX)
  if (!evidence.ok) return evidence
  const { membership, verify, root } = options
  if (options.needsEvidence?.(evidence.value.member, sha384(bytes)) === false) return ok(undefined)
  const verified = await verifyEvidence(evidence.value, membership, verify, root)
  return verified.ok ? ok({ type: 'evidence', from, evidence: evidence.value, bytes }) : verified
}

async function admitFinal(
  options: InboundOptions,
  from: number,
  { value }: Extract<WireMessage, { kind: 'final' }>,
): Promise<Result<Input>> {
  const view = readFirstUint(value.block)
  if (view === undefined) return fail('encoding.value', 'final.block: expected an array that begins with a view')
  const certificate = { type: 'finalize' as const, view, hash: sha384(value.block), votes: value.votes }
  const verified = await verifyQuorumCertificate(
    certificate,
    options.membership,
    options.identity.membershipHash,
    options.verify,
  )
  if (!verified.ok) return verified
  const block = decode(blockCodec, value.block, 'final.block')
  if (!block.ok) return block
  const form = checkBlockForm(block.value, options.membership, options.root)
  return form.ok ? ok({ type: 'final', from, block: block.value, votes: value.votes }) : form
}
