import { decodeAnswer } from '../../src/attestation/enrolment-answer.ts'
import { enrolmentChallengeCodec, signedChallengeCodec } from '../../src/attestation/enrolment-challenge.ts'
import { enrolmentRequestCodec, signedRequestCodec } from '../../src/attestation/enrolment-request.ts'
import {
  encodeGenesisSignatures,
  genesisContent,
  genesisContentCodec,
  genesisSignaturesCodec,
} from '../../src/consensus/genesis-signature.ts'
import { type Codec, decode, encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { sampleMembership } from '../support/proposals.ts'
import { ANSWER_FILE, CHALLENGE, CHALLENGE_FILE, REQUEST, REQUEST_FILE } from './enrolment-exchange.ts'
import type { Item } from './strict-cbor.ts'

function reader<T>(codec: Codec<T>): (bytes: Uint8Array) => Result<unknown> {
  return (bytes) => decode(codec, bytes, 'sample')
}

/** What appliances and their enrolment authority hand each other. */
export const ENROLMENT_SAMPLES = [
  { what: 'a signed request', rule: 'signed-request', bytes: REQUEST_FILE, read: reader(signedRequestCodec) },
  {
    what: 'a request',
    rule: 'enrolment-request',
    bytes: encode(enrolmentRequestCodec, REQUEST),
    read: reader(enrolmentRequestCodec),
  },
  {
    what: 'a first request',
    rule: 'enrolment-request',
    bytes: encode(enrolmentRequestCodec, { ...REQUEST, intermediates: [], former: undefined }),
    read: reader(enrolmentRequestCodec),
  },
  { what: 'a signed challenge', rule: 'signed-challenge', bytes: CHALLENGE_FILE, read: reader(signedChallengeCodec) },
  {
    what: 'a challenge',
    rule: 'enrolment-challenge',
    bytes: encode(enrolmentChallengeCodec, CHALLENGE),
    read: reader(enrolmentChallengeCodec),
  },
  {
    what: 'the signatures of a genesis',
    rule: 'genesis-signatures',
    bytes: encodeGenesisSignatures(
      [1, 2].map((byte) => ({ authority: new Uint8Array(48).fill(byte), signature: new Uint8Array(4627) })),
    ),
    read: reader(genesisSignaturesCodec),
  },
  {
    what: 'what an authority signs of a genesis',
    rule: 'genesis-content',
    bytes: genesisContent(sampleMembership(1)),
    read: reader(genesisContentCodec),
  },
  { what: 'an answer', rule: 'enrolment-answer', bytes: ANSWER_FILE, read: decodeAnswer },
]

type Limit = [rule: string, limit: number, read: (bytes: Uint8Array) => boolean, itemOf: (n: number) => Item]

/** Limits beyond those of the usual lengths; each in the item of a sample above. */
export function enrolmentLimits(itemOf: (rule: string) => readonly Item[]): readonly Limit[] {
  const [request, challenge, answer] = ['enrolment-request', 'enrolment-challenge', 'enrolment-answer'].map(itemOf)
  const [signedRequest, signedChallenge] = ['signed-request', 'signed-challenge'].map(itemOf)
  if (!request || !challenge || !answer || !signedRequest || !signedChallenge) return []
  const by =
    <T>(codec: Codec<T>): ((bytes: Uint8Array) => boolean) =>
    (bytes) =>
      decode(codec, bytes, 'limit').ok
  const isRequest = by(enrolmentRequestCodec)
  const isChallenge = by(enrolmentChallengeCodec)
  const isAnswer = (bytes: Uint8Array): boolean => decodeAnswer(bytes).ok
  const bytesOf = (length: number): Item => new Uint8Array(length)
  return [
    ['signed-request', 98_304, by(signedRequestCodec), (n) => signedRequest.with(0, bytesOf(n))],
    ['signed-challenge', 2_048, by(signedChallengeCodec), (n) => signedChallenge.with(0, bytesOf(n))],
    ['enrolment-request', 8_192, isRequest, (n) => request.with(4, bytesOf(n))],
    [
      'enrolment-request',
      8,
      isRequest,
      (n) =>
        request.with(
          5,
          Array.from({ length: n }, () => bytesOf(3)),
        ),
    ],
    ['enrolment-request', 640, isRequest, (n) => request.with(6, bytesOf(n))],
    ['enrolment-request', 16, isRequest, (n) => request.with(9, ['m'.repeat(n), 'n', 0n])],
    ['enrolment-request', 32, isRequest, (n) => request.with(9, ['m', 'n'.repeat(n), 0n])],
    ['enrolment-challenge', 512, isChallenge, (n) => challenge.with(5, bytesOf(n))],
    ['enrolment-challenge', 512, isChallenge, (n) => challenge.with(6, bytesOf(n))],
    ['enrolment-answer', 1_024, isAnswer, (n) => answer.with(5, bytesOf(n))],
    ['enrolment-answer', 1_024, isAnswer, (n) => answer.with(6, bytesOf(n))],
    [
      'enrolment-answer',
      24,
      isAnswer,
      (n) =>
        answer.with(
          7,
          Array.from({ length: n }, () => bytesOf(32)),
        ),
    ],
  ]
}
