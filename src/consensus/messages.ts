import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  booleanCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  optionalCodec,
  recordCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { remembered } from '../core/remembered.ts'
import { type Block, blockBytes, blockCodec } from './block.ts'
import { DIGEST_BYTES, MEMBERS_MAX, SIGNATURE_BYTES } from './membership.ts'
import {
  type ClockReading,
  clockReadingCodec,
  digestCodec,
  memberIdCodec,
  type Proposal,
  proposalBytes,
  proposalCodec,
  rangesOfProposal,
} from './proposal.ts'

/**
 * Everything that a member signs. One header for all types; the signature covers header and body together, so every
 * signature says in which cluster, under which membership, since which boot and with which attestation it was made.
 *
 *   envelope  = [content: bstr, signature: bstr]
 *   content   = [cluster, membership hash, type, sender, bootCount, attestation digest | null, body: bstr]
 *   signature = ML-DSA-87 over `content` with the context string "quorumtime/v1/<type>"
 */
export interface Header {
  readonly cluster: string
  readonly membershipHash: Uint8Array
  readonly type: MessageType
  readonly sender: number
  /** How often this member has started under this key; from its journal. */
  readonly bootCount: number
  readonly attestationDigest: Uint8Array | undefined
}

export const MESSAGE_TYPES = ['hello', 'proposal', 'block', 'notarize', 'nullify', 'finalize'] as const
export type MessageType = (typeof MESSAGE_TYPES)[number]

/** What a member says when a link comes up: where it stands, and its clocks, for bootstrap. */
export interface Hello {
  readonly era: number
  readonly clock: ClockReading
  /** The view it is in, and the highest view it knows to be final. */
  readonly view: number
  readonly finalizedView: number
  /** The sender has no epoch clock yet and needs the Hello of its peers. */
  readonly answerWanted: boolean
}

export interface ViewAndHash {
  readonly view: number
  readonly hash: Uint8Array
}

export interface BodyOf {
  hello: Hello
  proposal: Proposal
  block: Block
  notarize: ViewAndHash
  nullify: { readonly view: number }
  finalize: ViewAndHash
}

/** A decoded message. That its signature verifies is only known of messages that `verifyEnvelope` let through. */
export type SignedMessage<T extends MessageType = MessageType> = {
  [K in T]: {
    readonly type: K
    readonly header: Header
    readonly body: BodyOf[K]
    /** The signed bytes. */
    readonly content: Uint8Array
    readonly signature: Uint8Array
  }
}[T]

/**
 * Bodies are at most this long: a block of a hundred members, a third of which name as many failure domains as they can.
 * Two signed ones fit into one frame, so that two blocks of one view travel as the proof that they are.
 */
export const BODY_BYTES_MAX = 480 * 1024
const CONTENT_BYTES_MAX = BODY_BYTES_MAX + 1024
export const ENVELOPE_BYTES_MAX = BODY_BYTES_MAX + 8192

const viewAndHashCodec: Codec<ViewAndHash> = recordCodec<ViewAndHash>({ view: uintCodec(), hash: digestCodec })

const bodyCodecs: { readonly [K in MessageType]: Codec<BodyOf[K]> } = {
  hello: recordCodec<Hello>({
    era: uintCodec(),
    clock: clockReadingCodec,
    view: uintCodec(),
    finalizedView: uintCodec(),
    answerWanted: booleanCodec,
  }),
  proposal: proposalCodec,
  block: blockCodec,
  notarize: viewAndHashCodec,
  nullify: recordCodec<{ readonly view: number }>({ view: uintCodec() }),
  finalize: viewAndHashCodec,
}

interface Content extends Header {
  readonly body: Uint8Array
}

const contentCodec: Codec<Content> = recordCodec<Content>({
  cluster: textCodec(64),
  membershipHash: bytesCodec(DIGEST_BYTES),
  type: choiceCodec(MESSAGE_TYPES),
  sender: memberIdCodec,
  bootCount: uintCodec(),
  attestationDigest: optionalCodec(digestCodec),
  body: blobCodec(BODY_BYTES_MAX),
})

interface Envelope {
  readonly content: Uint8Array
  readonly signature: Uint8Array
}

export const envelopeCodec: Codec<Envelope> = recordCodec<Envelope>({
  content: blobCodec(CONTENT_BYTES_MAX),
  signature: bytesCodec(SIGNATURE_BYTES),
})

/** The ML-DSA context string of a message type (FIPS 204 5.2): a signature of one type is none of another. */
export function signingContext(type: MessageType): string {
  return `quorumtime/v1/${type}`
}

/** The bytes that are signed for a header and a body. */
export function encodeContent<T extends MessageType>(
  header: Header & { readonly type: T },
  body: BodyOf[T],
): Uint8Array {
  return encode(contentCodec, { ...header, body: encodeBody(header.type, body) })
}

/** A block is hashed and the ranges of a proposal are checked too: both are encoded once for all of it. */
function encodeBody<T extends MessageType>(type: T, body: BodyOf[T]): Uint8Array {
  if (type === 'block') return blockBytes(body as Block)
  if (type === 'proposal') return proposalBytes(body as Proposal)
  return encode(bodyCodecs[type] as Codec<BodyOf[T]>, body)
}

export const encodeEnvelope = remembered((message: Envelope) => encode(envelopeCodec, message))

/** A message of which only the envelope has been read: what its signature covers, and who is said to have made it. */
export interface SealedMessage {
  readonly header: Header
  /** The encoded body, not looked at. */
  readonly body: Uint8Array
  readonly content: Uint8Array
  readonly signature: Uint8Array
}

/** Decodes envelope and content strictly, but no body: that costs the same for every message, whatever it says. */
export function openEnvelope(bytes: Uint8Array): Result<SealedMessage> {
  const envelope = decode(envelopeCodec, bytes, 'envelope', ENVELOPE_ITEMS_MAX)
  return envelope.ok ? openContent(envelope.value.content, envelope.value.signature) : envelope
}

/** Decodes a content strictly, but not its body. */
export function openContent(bytes: Uint8Array, signature: Uint8Array): Result<SealedMessage> {
  const content = decode(contentCodec, bytes, 'content', CONTENT_ITEMS_MAX)
  if (!content.ok) return content
  const { body, ...header } = content.value
  return ok({ header, body, content: bytes, signature })
}

/** Decodes the body strictly. A body of more CBOR items than one of `n` members can have is refused unread. */
export function openBody({ header, body, ...sealed }: SealedMessage, n = MEMBERS_MAX): Result<SignedMessage> {
  const { type } = header
  const decoded = decode(bodyCodecs[type] as Codec<unknown>, body, type, bodyItemsMax(type, n))
  if (!decoded.ok) return decoded
  const message = { type, header, body: decoded.value, ...sealed } as SignedMessage
  if (message.type === 'block') blockBytes.tell(message.body, body)
  if (message.type === 'proposal') rangesOfProposal.tell(message.body, ok(message.body))
  return ok(message)
}

/** Decodes content and body strictly; says nothing about the signature. */
export function decodeEnvelope(bytes: Uint8Array): Result<SignedMessage> {
  const sealed = openEnvelope(bytes)
  return sealed.ok ? openBody(sealed.value) : sealed
}

/** The array of an envelope and its two fields; that of a content and its seven. */
const ENVELOPE_ITEMS_MAX = 3
const CONTENT_ITEMS_MAX = 8

/**
 * CBOR items of a body, generously: a proposal has a row of ranging and of links and its sources; a block has a frame, a
 * reputation and an absence record for each member, and two names for each failure domain of each.
 */
function bodyItemsMax(type: MessageType, n: number): number {
  if (type === 'block') return 2_048 + 640 * n
  return type === 'proposal' ? 512 + 16 * n : 64
}

/** SHA-384 of the signed bytes without the signature: a hedged signature differs each time, the message does not. */
export const contentDigest = remembered((message: { readonly content: Uint8Array }) => sha384(message.content))

/** What a message must belong to. */
export interface ClusterIdentity {
  readonly cluster: string
  readonly membershipHash: Uint8Array
  readonly n: number
}

/** Faults when the header names another cluster, another membership or a sender outside of it. */
export function checkHeader(header: Header, identity: ClusterIdentity): Result<void> {
  if (header.cluster !== identity.cluster) {
    return fail('message.cluster', `${header.type}: expected cluster "${identity.cluster}", got "${header.cluster}"`)
  }
  if (!equalBytes(header.membershipHash, identity.membershipHash)) {
    return fail(
      'message.membership',
      `${header.type} of member ${header.sender}: expected this membership's hash, got another`,
    )
  }
  if (header.sender >= identity.n) {
    return fail('message.sender', `${header.type}: expected a sender in [0, ${identity.n - 1}], got ${header.sender}`)
  }
  return ok(undefined)
}

/** A vote without what all votes of one certificate share. */
export interface CompactVote {
  readonly sender: number
  readonly bootCount: number
  readonly attestationDigest: Uint8Array | undefined
  readonly signature: Uint8Array
}

const compactVoteCodec: Codec<CompactVote> = recordCodec<CompactVote>({
  sender: memberIdCodec,
  bootCount: uintCodec(),
  attestationDigest: optionalCodec(digestCodec),
  signature: bytesCodec(SIGNATURE_BYTES),
})

export const votesCodec: Codec<readonly CompactVote[]> = listCodec(compactVoteCodec, 100, 1)

export function compactVote(message: SignedMessage<'notarize' | 'nullify' | 'finalize'>): CompactVote {
  const { sender, bootCount, attestationDigest } = message.header
  return { sender, bootCount, attestationDigest, signature: message.signature }
}
