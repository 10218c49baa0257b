import { bindingCodec } from '../../src/attestation/binding.ts'
import { AK_SCHEMES, enrolmentCodec, enrolmentContent, signedEnrolmentCodec } from '../../src/attestation/enrolment.ts'
import { PARTS } from '../../src/attestation/inventory.ts'
import {
  type AttestationPolicy,
  DEFAULT_POLICY,
  decodePolicy,
  encodePolicy,
  ON_FAILURE,
  UNATTESTED,
} from '../../src/attestation/policy.ts'
import { decodeRecord, PROVIDERS } from '../../src/attestation/record.ts'
import { BANKS } from '../../src/attestation/record-codecs.ts'
import { decodeBundle } from '../../src/bundle/bundle.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { ENROLMENT, enrolmentOf, recordBytes, TPM, unattestedBytes } from '../support/attestation-records.ts'
import { attestedChain, bundleOf } from '../support/attested-chain.ts'
import { unwrap } from '../support/results.ts'
import type { Item } from './strict-cbor.ts'

const POLICY: AttestationPolicy = {
  ...DEFAULT_POLICY,
  registers: [{ pcr: 0, values: [new Uint8Array(32)] }],
  loggedPcrs: [0, 7],
  firmwareVersions: [7n],
  softwareDigests: [new Uint8Array(48)],
}

/** Names that stand in the CDDL in the order of their indices. */
export const ATTESTATION_LISTS = [PROVIDERS, PARTS, AK_SCHEMES, BANKS, ON_FAILURE, UNATTESTED]

const readEnrolment = (bytes: Uint8Array): Result<unknown> => decode(enrolmentCodec, bytes, 'enrolment')

/** What attestation is written in. */
export const ATTESTATION_SAMPLES = [
  { what: 'a record', rule: 'attestation-record', bytes: recordBytes(), read: decodeRecord },
  { what: 'a record without a TPM', rule: 'attestation-record', bytes: unattestedBytes(), read: decodeRecord },
  {
    what: 'a signed enrolment',
    rule: 'signed-enrolment',
    bytes: ENROLMENT,
    read: (bytes: Uint8Array): Result<unknown> => decode(signedEnrolmentCodec, bytes, 'signed'),
  },
  { what: 'an enrolment', rule: 'enrolment', bytes: enrolmentContent(enrolmentOf(TPM)), read: readEnrolment },
  { what: 'a policy', rule: 'attestation-policy', bytes: encodePolicy(POLICY), read: decodePolicy },
  { what: 'the default policy', rule: 'attestation-policy', bytes: encodePolicy(DEFAULT_POLICY), read: decodePolicy },
  {
    what: 'an evidence bundle',
    rule: 'evidence-bundle',
    bytes: unwrap(bundleOf(attestedChain())).bytes,
    read: decodeBundle,
  },
  {
    what: 'a binding',
    rule: 'quote-binding',
    bytes: encode(bindingCodec, {
      label: 'quorumtime/v1/attestation',
      cluster: 'hall',
      keyHash: new Uint8Array(48),
      certificateHash: new Uint8Array(48),
      statementDigest: new Uint8Array(48),
      challenge: new Uint8Array(),
    }),
    read: (bytes: Uint8Array): Result<unknown> => decode(bindingCodec, bytes, 'binding'),
  },
]

type Limit = [rule: string, limit: number, read: (bytes: Uint8Array) => boolean, itemOf: (n: number) => Item]

/** Limits beyond those of the usual lengths; each in the item of a sample above. */
export function attestationLimits(itemOf: (rule: string) => readonly Item[]): readonly Limit[] {
  const record = itemOf('attestation-record')
  const enrolment = itemOf('enrolment')
  const policy = itemOf('attestation-policy')
  const inside = (item: readonly Item[], at: number): readonly Item[] => item[at] as readonly Item[]
  const [statement, evidence, key] = [inside(record, 1), inside(record, 2), inside(enrolment, 7)]
  const isRecord = (bytes: Uint8Array): boolean => decodeRecord(bytes).ok
  const isEnrolment = (bytes: Uint8Array): boolean => readEnrolment(bytes).ok
  const isPolicy = (bytes: Uint8Array): boolean => decodePolicy(bytes).ok
  const numbers = (length: number): readonly Item[] => Array.from({ length }, (_, index) => BigInt(index))
  const values = (length: number): readonly Item[] => numbers(length).map(() => new Uint8Array(32))
  const part = (length: number): Item => [0n, 'a', 'b', 'i'.repeat(length), null, null]
  return [
    ...bundleLimits(itemOf('evidence-bundle')),
    ['attestation-record', 6_691, isRecord, (n) => record.with(1, statement.with(7, new Uint8Array(n)))],
    ['attestation-record', 256, isRecord, (n) => record.with(1, statement.with(11, [part(n)]))],
    ['attestation-record', 1_024, isRecord, (n) => record.with(2, evidence.with(0, new Uint8Array(n)))],
    ['attestation-record', 640, isRecord, (n) => record.with(2, evidence.with(1, new Uint8Array(n)))],
    ['attestation-record', 24, isRecord, (n) => record.with(2, evidence.with(2, values(n)))],
    ['attestation-record', 64, isRecord, (n) => record.with(2, evidence.with(2, [new Uint8Array(n)]))],
    ['enrolment', 640, isEnrolment, (n) => enrolment.with(7, key.with(0, new Uint8Array(n)))],
    ['enrolment', 66, isEnrolment, (n) => enrolment.with(7, key.with(1, new Uint8Array(n)))],
    ['enrolment', 32, isEnrolment, (n) => enrolment.with(5, 'z'.repeat(n))],
    ['enrolment', 23, isEnrolment, (n) => enrolment.with(11, [0n, [BigInt(n)]])],
    ['attestation-policy', 32, isPolicy, (n) => policy.with(7, numbers(n))],
    [
      'attestation-policy',
      32,
      isPolicy,
      (n) =>
        policy.with(
          8,
          Array.from({ length: n }, (_, index) => new Uint8Array(48).fill(index)),
        ),
    ],
    [
      'attestation-policy',
      16,
      isPolicy,
      (n) => policy.with(5, [[0n, Array.from({ length: n }, (_, index) => new Uint8Array(32).fill(index))]]),
    ],
  ]
}

function bundleLimits(bundle: readonly Item[]): readonly Limit[] {
  const leaf = (bundle[5] as readonly Item[])[0] as readonly Item[]
  const isBundle = (bytes: Uint8Array): boolean => decodeBundle(bytes).ok
  const strings = (length: number): readonly Item[] => Array.from({ length }, (_, index) => Uint8Array.of(index))
  const leaves = (length: number): readonly Item[] => Array.from({ length }, (_, index) => leaf.with(0, BigInt(index)))
  return [
    ['evidence-bundle', 65_536, isBundle, (n) => bundle.with(6, [new Uint8Array(n)])],
    ['evidence-bundle', 982_016, isBundle, (n) => bundle.with(7, [new Uint8Array(n)])],
    ['evidence-bundle', 18_828, isBundle, (n) => bundle.with(2, new Uint8Array(n))],
    ['evidence-bundle', 200, isBundle, (n) => bundle.with(6, strings(n))],
    ['evidence-bundle', 200, isBundle, (n) => bundle.with(7, strings(n))],
    ['evidence-bundle', 400, isBundle, (n) => bundle.with(5, leaves(n))],
  ]
}
