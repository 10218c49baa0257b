import { type EnrolmentAnswer, encodeAnswer } from '../../src/attestation/enrolment-answer.ts'
import { type EnrolmentChallenge, signChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { type EnrolmentRequest, qualifiedNameUnder, signRequest } from '../../src/attestation/enrolment-request.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import { encodePublic } from '../../src/attestation/tpm-public.ts'
import { ENDORSEMENT_ECC_P384 } from '../../src/attestation/tpm-template.ts'
import { sha384 } from '../../src/core/hash.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { AUTHORITY, TPM } from '../support/attestation-records.ts'
import { unwrap } from '../support/results.ts'

/** What appliance and authority hand each other, of a TPM in software. */

const APPLICANT = selectMlDsa().createSigner(new Uint8Array(32).fill(3))
const endorsementKey = encodePublic(ENDORSEMENT_ECC_P384)

export const REQUEST: EnrolmentRequest = {
  format: 'quorumtime-enrolment-request-1',
  node: 'node-b',
  signingKey: APPLICANT.publicKey,
  tlsKeyHash: sha384(Uint8Array.of(1)),
  endorsementCertificate: new Uint8Array(1_000).fill(0x30),
  intermediates: [new Uint8Array(800).fill(0x30)],
  endorsementKey,
  attestationKey: {
    ...TPM.key,
    qualifiedName: unwrap(qualifiedNameUnder(endorsementKey, TPM.key.name, platformDigest)),
  },
  selection: { hash: SHA256, pcrs: [0, 7] },
  tpm: { manufacturer: 'IBM', model: 'SW TPM', firmwareVersion: 7n },
  former: { authority: sha384(AUTHORITY.publicKey), serial: 4 },
}

export const CHALLENGE: EnrolmentChallenge = {
  format: 'quorumtime-enrolment-challenge-1',
  authority: sha384(AUTHORITY.publicKey),
  fleet: 'racks',
  node: 'node-b',
  request: sha384(Uint8Array.of(2)),
  idObject: new Uint8Array(84),
  encryptedSecret: new Uint8Array(100),
}

const ANSWER: EnrolmentAnswer = {
  format: 'quorumtime-enrolment-answer-1',
  node: 'node-b',
  authority: sha384(AUTHORITY.publicKey),
  challenge: sha384(Uint8Array.of(3)),
  secret: new Uint8Array(32).fill(5),
  quote: new Uint8Array(145),
  signature: new Uint8Array(72),
  registers: [new Uint8Array(32), new Uint8Array(32).fill(7)],
}

export const REQUEST_FILE = signRequest(REQUEST, APPLICANT.sign)
export const CHALLENGE_FILE = signChallenge(CHALLENGE, AUTHORITY.sign)
export const ANSWER_FILE = encodeAnswer(ANSWER)
