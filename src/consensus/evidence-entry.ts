import { type Codec, choiceCodec, recordCodec, uintCodec } from '../core/encoding.ts'
import { digestCodec, memberIdCodec } from './proposal.ts'

/** The six ways in which a member can contradict itself or the rules under its own signature. The order is the format's. */
export const EVIDENCE_KINDS = [
  'conflicting-proposal',
  'conflicting-block',
  'conflicting-notarize',
  'conflicting-finalize',
  'nullify-and-finalize',
  'wrong-outcome',
] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

/** What a block says of a proof that its voters hold: against whom, of what, and which bytes. */
export interface EvidenceEntry {
  readonly member: number
  readonly kind: EvidenceKind
  /** The view, or for proposals the epoch. */
  readonly number: number
  /** SHA-384 of the encoded evidence. */
  readonly digest: Uint8Array
}

export const evidenceEntryCodec: Codec<EvidenceEntry> = recordCodec<EvidenceEntry>({
  member: memberIdCodec,
  kind: choiceCodec(EVIDENCE_KINDS),
  number: uintCodec(),
  digest: digestCodec,
})
