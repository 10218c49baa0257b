import { compareBytes } from '../core/bytes.ts'
import {
  blobCodec,
  type Codec,
  choiceCodec,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { type Block, blockCodec } from './block.ts'
import { EVIDENCE_KINDS, type EvidenceEntry, type EvidenceKind } from './evidence-entry.ts'
import { MEMBERS_MAX } from './membership.ts'
import { BODY_BYTES_MAX, ENVELOPE_BYTES_MAX, encodeEnvelope, type SignedMessage } from './messages.ts'
import { memberIdCodec } from './proposal.ts'

/**
 * Proof of a lie that convinces anybody who has the membership: what one member has signed and no correct one would have.
 * Of the first five kinds, two envelopes that contradict each other. A `wrong-outcome` is one envelope, a leader's block,
 * with everything that the block is computed from, so that whoever reads it computes it again. `evidence-check.ts` judges.
 */
export interface Evidence {
  readonly format: 'quorumtime-evidence-1'
  readonly kind: EvidenceKind
  /** Who is accused. */
  readonly member: number
  /** The view, or for proposals the epoch. */
  readonly number: number
  /**
   * What the accused has signed: one block, or two messages, sorted by the bytes of their contents; a Nullify before its
   * Finalize.
   */
  readonly envelopes: readonly Uint8Array[]
  /**
   * Of a wrong outcome: the contents of the proposals on the block's list, in its order. Their digests in the signed block
   * say that they are the ones, so their signatures prove nothing more and are left out.
   */
  readonly proposals: readonly Uint8Array[]
  /** Of a wrong outcome: the bytes of the parent block; undefined when the parent is the root that sessions begin with. */
  readonly parent: Uint8Array | undefined
}

/**
 * As much as fits into a frame: two blocks of any size do. A wrong outcome does too up to some 40 members whatever liars
 * put into it, and at 100 with proposals of usual size; a larger one is no proof that travels.
 */
export const EVIDENCE_BYTES_MAX = 1023 * 1024

/** The content of a proposal: a hundred rows about peers and all the sources, with long names, take less than 20 KiB. */
const PROPOSAL_CONTENT_BYTES_MAX = 32 * 1024

/** CBOR items of the largest: the record, its lists and what is in them. */
export const EVIDENCE_ITEMS_MAX = 128

export const evidenceCodec: Codec<Evidence> = refinedCodec(
  recordCodec<Evidence>({
    format: literalCodec('quorumtime-evidence-1'),
    kind: choiceCodec(EVIDENCE_KINDS),
    member: memberIdCodec,
    number: uintCodec(),
    envelopes: listCodec(blobCodec(ENVELOPE_BYTES_MAX), 2, 1),
    proposals: listCodec(blobCodec(PROPOSAL_CONTENT_BYTES_MAX), MEMBERS_MAX),
    parent: optionalCodec(blobCodec(BODY_BYTES_MAX)),
  }),
  ({ kind, envelopes, proposals, parent }) => {
    if (kind === 'wrong-outcome') return envelopes.length === 1 ? undefined : 'one envelope of a wrong outcome'
    const isPair = envelopes.length === 2 && proposals.length === 0 && parent === undefined
    return isPair ? undefined : 'two envelopes of a contradiction, and nothing else'
  },
)

/** Two messages of one member that contradict each other, in the order of the format. */
export function contradictionOf(
  kind: Exclude<EvidenceKind, 'wrong-outcome'>,
  number: number,
  one: SignedMessage,
  other: SignedMessage,
): Evidence {
  const swapped = one.type === other.type && compareBytes(one.content, other.content) > 0
  const envelopes = (swapped ? [other, one] : [one, other]).map(encodeEnvelope)
  const { sender: member } = one.header
  return { format: 'quorumtime-evidence-1', kind, member, number, envelopes, proposals: [], parent: undefined }
}

/** A leader's block that is not what follows from `proposals`, all of its list in its order, and from `parent`. */
export function wrongOutcomeOf(
  block: SignedMessage<'block'>,
  proposals: readonly { readonly content: Uint8Array }[],
  parent: Block | undefined,
): Evidence {
  return {
    format: 'quorumtime-evidence-1',
    kind: 'wrong-outcome',
    member: block.header.sender,
    number: block.body.view,
    envelopes: [encodeEnvelope(block)],
    proposals: proposals.map(({ content }) => content),
    parent: parent && encode(blockCodec, parent),
  }
}

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encode(evidenceCodec, evidence)
}

/** SHA-384 of the encoding, signatures included: it names these very bytes, not the lie. */
export function evidenceDigest(evidence: Evidence): Uint8Array {
  return sha384(encodeEvidence(evidence))
}

/** How a block lists it. */
export function evidenceEntry(evidence: Evidence): EvidenceEntry {
  const { member, kind, number } = evidence
  return { member, kind, number, digest: evidenceDigest(evidence) }
}
