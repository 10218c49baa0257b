import {
  blobCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { extraDataOf } from './binding.ts'
import { ENROLMENT_BYTES_MAX } from './enrolment.ts'
import { type InventoryItem, inventoryCodec } from './inventory.ts'
import { PCR_COUNT } from './pcr-selection.ts'
import { digestCodec, nameCodec } from './record-codecs.ts'
import { DIGEST_BYTES_MAX } from './tpm-algorithm.ts'

/** What vouches for a record: nothing, or a TPM 2.0, be it a chip or software. The order is part of the format. */
export const PROVIDERS = ['none', 'tpm2'] as const

/** A certificate that the node had when it made the record. */
export interface NamedCertificate {
  /** Of its block, so that it can be found. */
  readonly height: number
  /** SHA-384 of the block that it certifies: nobody could know it before its proposals, and the block before, were made. */
  readonly hash: Uint8Array
}

/** What a node says of itself: everything that its quote is bound to. */
export interface Statement {
  readonly provider: (typeof PROVIDERS)[number]
  readonly cluster: string
  readonly member: number
  readonly name: string
  /** SHA-384 of the node's ML-DSA-87 public key. */
  readonly keyHash: Uint8Array
  /** The newest that the node had; undefined before its cluster has made one. */
  readonly certificate: NamedCertificate | undefined
  /** The kernel's own name of this start of the machine, 16 bytes (`/proc/sys/kernel/random/boot_id`). */
  readonly bootId: Uint8Array
  /** The `SignedEnrolment` of the node; undefined exactly when nothing vouches for it. */
  readonly enrolment: Uint8Array | undefined
  /**
   * SHA-384 of the log of the measured boot; undefined when the machine has none. The log itself stays beside the record, since it is
   * hundreds of kilobytes long and the same until the next start.
   */
  readonly eventLogDigest: Uint8Array | undefined
  /** SHA-384 of the manifest of the package that runs; undefined when it runs from somewhere else. */
  readonly softwareDigest: Uint8Array | undefined
  /** SHA-384 of the configuration file. */
  readonly configurationDigest: Uint8Array | undefined
  readonly inventory: readonly InventoryItem[]
}

/** What a TPM adds: nothing in it needs the binding, since the quote covers it. */
export interface TpmEvidence {
  /** TPMS_ATTEST, the very bytes that were signed. */
  readonly quote: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
  /** Of the registers of the enrolment's selection, in their order, and of no others. */
  readonly pcrValues: readonly Uint8Array[]
}

/** The attestation record of a node. Its digest stands in the header of everything that the node signs. */
export interface AttestationRecord {
  readonly format: 'quorumtime-attestation-1'
  readonly statement: Statement
  /** Undefined exactly when the provider is `none`. */
  readonly evidence: TpmEvidence | undefined
}

/** A UUID. */
const BOOT_ID_BYTES = 16
const QUOTE_BYTES_MAX = 1024
/** RSA-4096. */
const TPM_SIGNATURE_BYTES_MAX = 640

/**
 * Room for the longest inventory (34 KB), the enrolment (7 KB) and all registers of the widest bank (2 KB), and no more: a record goes
 * from every member to every other one in a frame of its own whenever it changes, and each keeps those of a hundred members.
 */
export const RECORD_BYTES_MAX = 64 * 1024
/** Every item of the longest record; what costs more to read is none. */
const RECORD_ITEMS_MAX = 512

const statementCodec: Codec<Statement> = recordCodec<Statement>({
  provider: choiceCodec(PROVIDERS),
  cluster: nameCodec,
  member: uintCodec(99),
  name: nameCodec,
  keyHash: digestCodec,
  certificate: optionalCodec(recordCodec<NamedCertificate>({ height: uintCodec(), hash: digestCodec })),
  bootId: bytesCodec(BOOT_ID_BYTES),
  enrolment: optionalCodec(blobCodec(ENROLMENT_BYTES_MAX)),
  eventLogDigest: optionalCodec(digestCodec),
  softwareDigest: optionalCodec(digestCodec),
  configurationDigest: optionalCodec(digestCodec),
  inventory: inventoryCodec,
})

const recordOnlyCodec = recordCodec<AttestationRecord>({
  format: literalCodec('quorumtime-attestation-1'),
  statement: statementCodec,
  evidence: optionalCodec(
    recordCodec<TpmEvidence>({
      quote: blobCodec(QUOTE_BYTES_MAX),
      signature: blobCodec(TPM_SIGNATURE_BYTES_MAX),
      pcrValues: listCodec(blobCodec(DIGEST_BYTES_MAX), PCR_COUNT),
    }),
  ),
})

const attestationRecordCodec: Codec<AttestationRecord> = refinedCodec(
  recordOnlyCodec,
  ({ statement: { provider, enrolment }, evidence }) => {
    const vouched = provider === 'tpm2'
    return vouched === (enrolment !== undefined) && vouched === (evidence !== undefined)
      ? undefined
      : 'enrolment and evidence with the provider tpm2, and with no other'
  },
)

export function encodeRecord(record: AttestationRecord): Uint8Array {
  return encode(attestationRecordCodec, record)
}

/** Strict. Faults: `record.size`, `encoding.*`. */
export function decodeRecord(bytes: Uint8Array): Result<AttestationRecord> {
  if (bytes.length > RECORD_BYTES_MAX) {
    return fail('record.size', `record: expected at most ${RECORD_BYTES_MAX} bytes, got ${bytes.length}`)
  }
  return decode(attestationRecordCodec, bytes, 'record', RECORD_ITEMS_MAX)
}

/** SHA-384 of a record's bytes: the `attestationDigest` of every header that its node signs. */
export function recordDigest(bytes: Uint8Array): Uint8Array {
  return sha384(bytes)
}

/** The extraData of the quote that belongs to a statement: the whole of it, so that nothing in it can be swapped. */
export function statementBinding(statement: Statement): Uint8Array {
  const { cluster, keyHash, certificate } = statement
  return extraDataOf({
    cluster,
    keyHash,
    certificateHash: certificate?.hash,
    statementDigest: sha384(encode(statementCodec, statement)),
    challenge: new Uint8Array(),
  })
}
