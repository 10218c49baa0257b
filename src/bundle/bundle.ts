import { RECORD_BYTES_MAX } from '../attestation/record.ts'
import { stepsCodec } from '../consensus/chained-certificate.ts'
import { GENESIS_SIGNATURES_BYTES_MAX } from '../consensus/genesis-signature.ts'
import { MEMBERS_MAX } from '../consensus/membership.ts'
import { BODY_BYTES_MAX } from '../consensus/messages.ts'
import { SHOWN_LOG_BYTES_MAX } from '../consensus/wire-message.ts'
import { compareBytes } from '../core/bytes.ts'
import {
  blobCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  refinedCodec,
} from '../core/encoding.ts'
import { fail, type Result } from '../core/fault.ts'
import { type LogLeaf, leavesCodec } from './log-leaf.ts'

/**
 * Everything that a stranger needs to check a certificate, and what its signers run on, who has the public key of an authority and
 * nothing else. docs/certificate.md says in which order.
 */
export interface EvidenceBundle {
  readonly format: 'quorumtime-bundle-1'
  /** The genesis file. */
  readonly genesis: Uint8Array
  /** The file beside it: by which authorities it is believed. */
  readonly genesisSignatures: Uint8Array
  /** From the genesis to the session of the certificate, oldest first; none in the first session. */
  readonly steps: readonly Uint8Array[]
  /** A certificate file. */
  readonly certificate: Uint8Array
  /** Out of the log of decisions that the certificate commits to: when the certificates were made that records name. */
  readonly leaves: readonly LogLeaf[]
  /** The attestation records that votes and listed proposals name, in ascending order of bytes, each once. */
  readonly records: readonly Uint8Array[]
  /** The logs of measured boots that these name, if the policy asks for them; ordered alike. */
  readonly eventLogs: readonly Uint8Array[]
}

/** A member may have changed its record between its proposal and its vote. */
const RECORDS_MAX = 2 * MEMBERS_MAX
/** What a reader takes into memory. */
export const BUNDLE_BYTES_MAX = 64 << 20
/** A record has no item of its own here; leaves have 8 beside their paths. */
const BUNDLE_ITEMS_MAX = 65_536

const bundleCodec: Codec<EvidenceBundle> = refinedCodec(
  recordCodec<EvidenceBundle>({
    format: literalCodec('quorumtime-bundle-1'),
    genesis: blobCodec(BODY_BYTES_MAX),
    genesisSignatures: blobCodec(GENESIS_SIGNATURES_BYTES_MAX),
    steps: stepsCodec,
    certificate: blobCodec(2 * BODY_BYTES_MAX),
    leaves: leavesCodec,
    records: listCodec(blobCodec(RECORD_BYTES_MAX), RECORDS_MAX),
    eventLogs: listCodec(blobCodec(SHOWN_LOG_BYTES_MAX), RECORDS_MAX),
  }),
  ({ records, eventLogs }) =>
    isSorted(records) && isSorted(eventLogs) ? undefined : 'records and logs in ascending order of bytes, each once',
)

function isSorted(values: readonly Uint8Array[]): boolean {
  return values.every((value, index) => {
    const before = values[index - 1]
    return before === undefined || compareBytes(before, value) < 0
  })
}

/** The file; puts records and logs in order. */
export function encodeBundle(bundle: Omit<EvidenceBundle, 'format'>): Uint8Array {
  return encode(bundleCodec, {
    ...bundle,
    format: 'quorumtime-bundle-1',
    records: bundle.records.toSorted(compareBytes),
    eventLogs: bundle.eventLogs.toSorted(compareBytes),
  })
}

/** Strict. Faults: `bundle.size`, `encoding.*`. */
export function decodeBundle(bytes: Uint8Array): Result<EvidenceBundle> {
  if (bytes.length > BUNDLE_BYTES_MAX) {
    return fail('bundle.size', `bundle: expected at most ${BUNDLE_BYTES_MAX} bytes, got ${bytes.length}`)
  }
  return decode(bundleCodec, bytes, 'bundle', BUNDLE_ITEMS_MAX)
}
