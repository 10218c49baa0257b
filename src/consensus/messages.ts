import { equalBytes } from '../core/bytes.ts'
import {
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
import { type Block, blockCodec } from './block.ts'
import { DIGEST_BYTES, SIGNATURE_BYTES } from './membership.ts'
import {
  type ClockReading,
  clockReadingCodec,
  digestCodec,
  memberIdCodec,
  type Proposal,
  proposalCodec,
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

/** Bodies are at most this long: a block of a hundred members with all its frames, with room to spare. */
export const BODY_BYTES_MAX = 512 * 1024

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

/** Any byte string up to `maxLength`. */
export function blobCodec(maxLength: number): Codec<Uint8Array> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) =>
      item instanceof Uint8Array && item.length <= maxLength
        ? ok(item)
        : fail('encoding.value', `${path}: expected at most ${maxLength} bytes`),
  }
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
  content: blobCodec(BODY_BYTES_MAX + 1024),
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
  return encode(contentCodec, { ...header, body: encode(bodyCodecs[header.type] as Codec<BodyOf[T]>, body) })
}

export function encodeEnvelope(message: Envelope): Uint8Array {
  return encode(envelopeCodec, message)
}

/** Decodes content and body strictly; says nothing about the signature. */
export function decodeEnvelope(bytes: Uint8Array): Result<SignedMessage> {
  const envelope = decode(envelopeCodec, bytes, 'envelope')
  if (!envelope.ok) return envelope
  const content = decode(contentCodec, envelope.value.content, 'content')
  if (!content.ok) return content
  const { body: bodyBytes, ...header } = content.value
  const body = decode(bodyCodecs[header.type] as Codec<unknown>, bodyBytes, header.type)
  if (!body.ok) return body
  return ok({ type: header.type, header, body: body.value, ...envelope.value } as SignedMessage)
}

/** SHA-384 of the signed bytes without the signature: a hedged signature differs each time, the message does not. */
export function contentDigest(message: { readonly content: Uint8Array }): Uint8Array {
  return sha384(message.content)
}

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
