import { parseEventLog, replayEventLog } from '../../src/attestation/event-log.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { SHA256, SHA384 } from '../../src/attestation/tpm-algorithm.ts'
import { decodeQuote, encodeQuote } from '../../src/attestation/tpm-attest.ts'
import { decodeResponse, NO_PASSWORD } from '../../src/attestation/tpm-command.ts'
import { decodePublic, encodePublic } from '../../src/attestation/tpm-public.ts'
import { decodeSignature, encodeSignature } from '../../src/attestation/tpm-signature.ts'
import {
  ATTESTATION_ECDSA_P256,
  ATTESTATION_RSASSA_2048,
  ENDORSEMENT_ECC_P384,
  ENDORSEMENT_RSA_2048,
  sealedTemplate,
} from '../../src/attestation/tpm-template.ts'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { almostBytes } from './mutation.ts'
import { ACCEPTED, type Target } from './target.ts'

const DIGEST = new Uint8Array(SHA256.bytes).fill(3)
const QUOTE = encodeQuote({
  qualifiedSigner: concatBytes(Uint8Array.of(0, 11), DIGEST),
  extraData: DIGEST,
  clock: { clockMs: 1760n, resetCount: 2, restartCount: 0, safe: true },
  firmwareVersion: 0x2019_1023_0016_3636n,
  selections: [
    { hash: SHA256, pcrs: [0, 1, 2, 7] },
    { hash: SHA384, pcrs: [23] },
  ],
  pcrDigest: DIGEST,
})
const COMMAND = {
  name: 'TPM2_Unseal',
  code: 0x15e,
  handles: [0x8000_0001],
  authorizations: [NO_PASSWORD],
  parameters: new Uint8Array(),
}

/** A log of two events, each with digests of SHA-1 and SHA-256: little-endian, unlike all else of TPMs. */
function eventLog(): Uint8Array {
  const u16 = (value: number): Uint8Array => Uint8Array.of(value, value >> 8)
  const u32 = (value: number): Uint8Array => concatBytes(u16(value), u16(value >> 16))
  const algorithms = concatBytes(u32(2), u16(4), u16(20), u16(SHA256.id), u16(SHA256.bytes))
  const specification = concatBytes(utf8('Spec ID Event03\0'), u32(0), u32(0x0200_0200), algorithms, Uint8Array.of(0))
  const first = concatBytes(u32(0), u32(3), new Uint8Array(20), u32(specification.length), specification)
  const event = (pcr: number): Uint8Array => {
    const digests = concatBytes(u16(4), new Uint8Array(20), u16(SHA256.id), DIGEST)
    return concatBytes(u32(pcr), u32(8), u32(2), digests, u32(5), utf8('data!'))
  }
  return concatBytes(first, event(0), event(7))
}

/** What a TPM says, what others show of theirs, and what firmware has written. */
export const TPM_TARGETS: readonly Target[] = [
  {
    name: 'tpm public area',
    corpus: [
      ATTESTATION_ECDSA_P256,
      ATTESTATION_RSASSA_2048,
      ENDORSEMENT_ECC_P384,
      ENDORSEMENT_RSA_2048,
      sealedTemplate(SHA256, DIGEST),
    ].map(encodePublic),
    inputs: almostBytes,
    take: (bytes) => {
      const decoded = decodePublic(bytes, 'public area')
      return decoded.ok ? { ok: true, value: { again: encodePublic(decoded.value) } } : decoded
    },
  },
  {
    name: 'tpm quote',
    corpus: [QUOTE],
    inputs: almostBytes,
    take: (bytes) => {
      const decoded = decodeQuote(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeQuote(decoded.value) } } : decoded
    },
  },
  {
    name: 'tpm signature',
    corpus: [
      encodeSignature({ scheme: 'ecdsa', hashId: SHA256.id, r: DIGEST, s: DIGEST }),
      encodeSignature({ scheme: 'rsassa', hashId: SHA256.id, signature: new Uint8Array(256) }),
    ],
    inputs: almostBytes,
    take: (bytes) => {
      const decoded = decodeSignature(bytes)
      return decoded.ok ? { ok: true, value: { again: encodeSignature(decoded.value) } } : decoded
    },
  },
  {
    name: 'tpm response',
    corpus: [
      Uint8Array.fromHex('80020000001800000000000000050003aabbcc0000010000'),
      Uint8Array.fromHex('80010000000a0000099d'),
    ],
    inputs: almostBytes,
    take: (bytes) => {
      const decoded = decodeResponse(bytes, COMMAND, 0)
      return decoded.ok ? ACCEPTED : decoded
    },
  },
  {
    name: 'tpm event log',
    corpus: [eventLog()],
    inputs: almostBytes,
    take: (bytes) => {
      const parsed = parseEventLog(bytes)
      const replayed = parsed.ok ? replayEventLog(parsed.value, SHA256, platformDigest) : parsed
      return replayed.ok ? ACCEPTED : replayed
    },
  },
]
