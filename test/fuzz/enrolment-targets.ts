import fc from 'fast-check'
import { decodeEntry, encodeEntry } from '../../provisioning/enrolment-authority/ledger-entry.ts'
import { decodeAnswer, encodeAnswer } from '../../src/attestation/enrolment-answer.ts'
import { verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { enrolmentRequestCodec, verifyRequest } from '../../src/attestation/enrolment-request.ts'
import { splitCertificates } from '../../src/attestation/tpm/certificate-bundle.ts'
import { genesisSignaturesCodec } from '../../src/consensus/genesis-signature.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import { AUTHORITY, CRYPTO } from '../support/attestation-records.ts'
import { ANSWER_FILE, CHALLENGE_FILE, REQUEST, REQUEST_FILE } from '../vectors/enrolment-exchange.ts'
import { ACCEPTED, type Target } from './target.ts'

const DIGEST = '0f'.repeat(48)
const LINE = encodeEntry({
  number: 1,
  previous: DIGEST,
  time: '2026-11-28T10:00:00.000Z',
  kind: 'enrolled',
  node: 'ts0',
  serial: 1,
  challengeDigest: DIGEST,
  registers: [`0=${'00'.repeat(32)}`],
  enrolment: 'AAAA',
})

/** What appliances and their authority hand each other, and what the authority keeps. */
export const ENROLMENT_TARGETS: readonly Target[] = [
  {
    name: 'enrolment request',
    corpus: [encode(enrolmentRequestCodec, REQUEST)],
    take: (bytes) => {
      const decoded = decode(enrolmentRequestCodec, bytes, 'request')
      return decoded.ok ? { ok: true, value: { again: encode(enrolmentRequestCodec, decoded.value) } } : decoded
    },
  },
  {
    name: 'signed enrolment request',
    corpus: [REQUEST_FILE],
    take: (bytes) => {
      const verified = verifyRequest(bytes, CRYPTO)
      // Only one was ever signed: any other that is accepted is a forgery.
      return verified.ok ? { ok: true, value: { again: REQUEST_FILE } } : verified
    },
  },
  {
    name: 'enrolment challenge',
    corpus: [CHALLENGE_FILE],
    take: (bytes) => {
      const verified = verifyChallenge(bytes, AUTHORITY.publicKey, CRYPTO.verifyMlDsa)
      return verified.ok ? { ok: true, value: { again: CHALLENGE_FILE } } : verified
    },
  },
  {
    name: 'enrolment answer',
    corpus: [ANSWER_FILE],
    take: (bytes) => {
      const decoded = decodeAnswer(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeAnswer(decoded.value) } } : decoded
    },
  },
  {
    name: 'genesis signatures',
    corpus: [
      encode(genesisSignaturesCodec, {
        format: 'quorumtime-genesis-signatures-1',
        signatures: [{ authority: new Uint8Array(48), signature: new Uint8Array(4627) }],
      }),
    ],
    take: (bytes) => {
      const decoded = decode(genesisSignaturesCodec, bytes, 'signatures')
      return decoded.ok ? { ok: true, value: { again: encode(genesisSignaturesCodec, decoded.value) } } : decoded
    },
  },
  {
    name: 'ledger entry',
    corpus: [utf8(LINE)],
    inputs: ([line = new Uint8Array()]) => almostText(line),
    take: (bytes) => {
      const entry = decodeEntry(new TextDecoder('latin1').decode(bytes), 'line')
      return entry.ok ? { ok: true, value: { again: Buffer.from(encodeEntry(entry.value), 'latin1') } } : entry
    },
  },
  {
    name: 'certificate bundle',
    corpus: [REQUEST.endorsementCertificate, utf8('-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n')],
    take: (bytes) => {
      const split = splitCertificates(bytes, 'bundle')
      return split.ok ? ACCEPTED : split
    },
  },
]

/** The text with one place of it replaced. */
function almostText(text: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .record({ at: fc.nat(text.length), length: fc.nat(8), by: fc.uint8Array({ maxLength: 8 }) })
    .map(({ at, length, by }) => new Uint8Array(Buffer.concat([text.slice(0, at), by, text.slice(at + length)])))
}
