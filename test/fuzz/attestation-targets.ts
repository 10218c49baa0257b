import { verifyEnrolment } from '../../src/attestation/enrolment.ts'
import { judgeRecord } from '../../src/attestation/judge.ts'
import { decodeKnownNode, encodeKnownNode } from '../../src/attestation/known-node.ts'
import { DEFAULT_POLICY, decodePolicy, encodePolicy } from '../../src/attestation/policy.ts'
import { decodeRecord, encodeRecord } from '../../src/attestation/record.ts'
import { decodeBundle, encodeBundle } from '../../src/bundle/bundle.ts'
import { verifyBundle } from '../../src/bundle/verify-bundle.ts'
import { decodeSealedKey, encodeSealedKey } from '../../src/crypto/sealed-key.ts'
import {
  AUTHORITY,
  CRYPTO,
  contextOf,
  ENROLMENT,
  recordBytes,
  unattestedBytes,
} from '../support/attestation-records.ts'
import { attestedChain, BUNDLE_CRYPTO, bundleOf } from '../support/attested-chain.ts'
import { unwrap } from '../support/results.ts'
import type { Target } from './target.ts'

const RECORD = recordBytes()
const RECORDS = [RECORD, unattestedBytes()]
const TRUST = contextOf(ENROLMENT).trust
const { seen } = judgeRecord({ record: RECORD, eventLog: undefined }, contextOf(RECORD), CRYPTO)
if (seen === undefined) throw new Error('expected a record that is believed')
const KNOWN = encodeKnownNode(seen)

const BUNDLE = unwrap(bundleOf(attestedChain())).bytes

const SEALED_KEY = encodeSealedKey({
  format: 'quorumtime-sealed-key-1',
  purpose: 'signing',
  keyHash: new Uint8Array(48).fill(1),
  bank: 'sha384',
  registers: [0, 2, 4, 7],
  parent: 'ecc-p256-aes128-sha256',
  publicArea: new Uint8Array(78).fill(2),
  privateArea: new Uint8Array(160).fill(3),
})

/** What members show of themselves, what authorities hand over, and what a cluster asks for. */
export const ATTESTATION_TARGETS: readonly Target[] = [
  {
    name: 'attestation record',
    corpus: RECORDS,
    take: (bytes) => {
      const decoded = decodeRecord(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeRecord(decoded.value) } } : decoded
    },
  },
  {
    name: 'attestation judgement',
    corpus: RECORDS,
    take: (bytes) => {
      const { verdict, reasons } = judgeRecord({ record: bytes, eventLog: undefined }, contextOf(bytes), CRYPTO)
      const [first] = reasons
      // Only one was ever made: any other that is verified is a forgery.
      if (verdict === 'verified') return { ok: true, value: { again: RECORD } }
      return { ok: false, fault: first ?? { code: 'none', message: '' } }
    },
  },
  {
    name: 'enrolment',
    corpus: [ENROLMENT],
    take: (bytes) => {
      const verified = verifyEnrolment(bytes, TRUST, CRYPTO)
      return verified.ok ? { ok: true, value: { again: ENROLMENT } } : verified
    },
  },
  {
    name: 'attestation policy',
    corpus: [encodePolicy(DEFAULT_POLICY)],
    take: (bytes) => {
      const decoded = decodePolicy(bytes)
      return decoded.ok ? { ok: true, value: { again: encodePolicy(decoded.value) } } : decoded
    },
  },
  {
    name: 'evidence bundle',
    corpus: [BUNDLE],
    take: (bytes) => {
      const decoded = decodeBundle(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeBundle(decoded.value) } } : decoded
    },
  },
  {
    name: 'bundle verifier',
    corpus: [BUNDLE],
    take: async (bytes) => {
      const verified = await verifyBundle(bytes, [AUTHORITY.publicKey], BUNDLE_CRYPTO)
      if (!verified.ok) return verified
      // To leave something out is no forgery, as long as it makes nobody better.
      const isWhole = verified.value.members.every(({ judgement }) => judgement.verdict === 'verified')
      return { ok: true, value: { again: isWhole ? BUNDLE : undefined } }
    },
  },
  {
    name: 'sealed key',
    corpus: [SEALED_KEY],
    take: (bytes) => {
      const decoded = decodeSealedKey(bytes, 'key')
      return decoded.ok ? { ok: true, value: { again: encodeSealedKey(decoded.value) } } : decoded
    },
  },
  {
    name: 'known node',
    corpus: [KNOWN],
    take: (bytes) => {
      const decoded = decodeKnownNode(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeKnownNode(decoded.value) } } : decoded
    },
  },
]
