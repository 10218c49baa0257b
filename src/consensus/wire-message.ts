import {
  blobCodec,
  booleanCodec,
  type Codec,
  decode,
  encode,
  kindCodec,
  listCodec,
  optionalCodec,
  recordCodec,
  uintCodec,
} from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { type Certificate, certificateCodec } from './certificate.ts'
import { EVIDENCE_BYTES_MAX } from './evidence.ts'
import { ORDER_BYTES_MAX } from './membership-order.ts'
import { BODY_BYTES_MAX, ENVELOPE_BYTES_MAX } from './messages.ts'
import { digestCodec } from './proposal.ts'
import { type QuorumCertificate, quorumCertificateCodec } from './quorum-certificate.ts'
import { SESSION_STEP_BYTES_MAX } from './session-step.ts'

/** What a frame between two members carries. Requests and answers are unsigned: the link is authenticated. */
export type WireMessage =
  /** An envelope as its signer made it, its own or passed on. */
  | { readonly kind: 'signed'; readonly value: Uint8Array }
  /** A notarization, nullification or finalization without its block. */
  | { readonly kind: 'quorum'; readonly value: QuorumCertificate }
  /** The newest finalized block with its certificate: enough to go on from there. */
  | { readonly kind: 'final'; readonly value: Certificate }
  | { readonly kind: 'want-proposals'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'want-block'; readonly value: Uint8Array }
  /** Canonical bytes of a block that was asked for by its hash. */
  | { readonly kind: 'block-bytes'; readonly value: Uint8Array }
  /** Views whose notarization or nullification the sender lacks. */
  | { readonly kind: 'want-quorums'; readonly value: readonly number[] }
  /** Decisions that the sender's log lacks. */
  | { readonly kind: 'want-blocks'; readonly value: BlocksWanted }
  /** Canonical bytes of a run of blocks, each the parent of the one before it. */
  | { readonly kind: 'blocks'; readonly value: readonly Uint8Array[] }
  /** A membership order, as it is encoded. */
  | { readonly kind: 'order'; readonly value: Uint8Array }
  /** An order by the digest that a block names. */
  | { readonly kind: 'want-order'; readonly value: Uint8Array }
  /** How the session that the receiver is in has ended, as it is encoded. */
  | { readonly kind: 'session-step'; readonly value: Uint8Array }
  /** Proof of a lie, as it is encoded: its SHA-384 is what blocks list. */
  | { readonly kind: 'evidence'; readonly value: Uint8Array }
  | { readonly kind: 'want-evidence'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'want-record'; readonly value: RecordWanted }
  | { readonly kind: 'record'; readonly value: ShownEvidence }
  /** Envelopes of the receiver: its newest Hello, proposal and vote that the sender knows of. */
  | { readonly kind: 'last-words'; readonly value: readonly Uint8Array[] }

/** The attestation record that a header names. */
export interface RecordWanted {
  /** SHA-384 of the record. */
  readonly digest: Uint8Array
  readonly withEventLog: boolean
}

/** An attestation record, asked for or about to be signed by its sender; nothing of it is believed before it is judged. */
export interface ShownEvidence {
  readonly record: Uint8Array
  readonly eventLog: Uint8Array | undefined
}

/** A run of blocks: the newest by its hash, and how many, that one included, back along its ancestors. */
export interface BlocksWanted {
  readonly newest: Uint8Array
  readonly count: number
}

/** How many things one request may ask for. */
export const WANTED_MAX = 100

/** How many blocks one answer may hold, and how many bytes of them, unless the first alone is longer. */
export const RUN_BLOCKS_MAX = 64
export const RUN_BYTES_MAX = 262_144

/** As `src/attestation` draws them: together they go into one frame. */
export const SHOWN_RECORD_BYTES_MAX = 64 * 1024
export const SHOWN_LOG_BYTES_MAX = 959 * 1024

/** A Hello, a proposal and a vote. */
const LAST_WORDS_MAX = 3

/** CBOR items of a frame: a certificate of a hundred votes has about five hundred. */
const ITEMS_MAX = 1_024

/** The order of the kinds is part of the format: a frame is [index, value]. */
const wireMessageCodec: Codec<WireMessage> = kindCodec<WireMessage>({
  signed: blobCodec(ENVELOPE_BYTES_MAX),
  quorum: quorumCertificateCodec,
  final: certificateCodec,
  'want-proposals': listCodec(digestCodec, WANTED_MAX, 1),
  'want-block': digestCodec,
  'block-bytes': blobCodec(BODY_BYTES_MAX),
  'want-quorums': listCodec(uintCodec(), WANTED_MAX, 1),
  'want-blocks': recordCodec<BlocksWanted>({ newest: digestCodec, count: uintCodec(RUN_BLOCKS_MAX, 1) }),
  blocks: listCodec(blobCodec(BODY_BYTES_MAX), RUN_BLOCKS_MAX, 1),
  order: blobCodec(ORDER_BYTES_MAX),
  'want-order': digestCodec,
  'session-step': blobCodec(SESSION_STEP_BYTES_MAX),
  evidence: blobCodec(EVIDENCE_BYTES_MAX),
  'want-evidence': listCodec(digestCodec, WANTED_MAX, 1),
  'want-record': recordCodec<RecordWanted>({ digest: digestCodec, withEventLog: booleanCodec }),
  record: recordCodec<ShownEvidence>({
    record: blobCodec(SHOWN_RECORD_BYTES_MAX),
    eventLog: optionalCodec(blobCodec(SHOWN_LOG_BYTES_MAX)),
  }),
  'last-words': listCodec(blobCodec(ENVELOPE_BYTES_MAX), LAST_WORDS_MAX),
})

/** As many of these blocks, newest first, as go into one answer. */
export function runOf(blocks: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0
  const fits = blocks.slice(0, RUN_BLOCKS_MAX).findIndex((block, index) => {
    bytes += block.length
    return index > 0 && bytes > RUN_BYTES_MAX
  })
  return blocks.slice(0, fits < 0 ? RUN_BLOCKS_MAX : fits)
}

export function encodeWireMessage(message: WireMessage): Uint8Array {
  return encode(wireMessageCodec, message)
}

export function decodeWireMessage(bytes: Uint8Array): Result<WireMessage> {
  return decode(wireMessageCodec, bytes, 'frame', ITEMS_MAX)
}
