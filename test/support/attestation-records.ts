import { generateKeyPairSync, sign } from 'node:crypto'
import type { EnrolledKey } from '../../src/attestation/attestation-key.ts'
import {
  ENROLMENT_CONTEXT,
  type Enrolment,
  enrolmentContent,
  signedEnrolmentCodec,
} from '../../src/attestation/enrolment.ts'
import type { JudgementContext, JudgementCrypto } from '../../src/attestation/judge.ts'
import { DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import {
  type AttestationRecord,
  encodeRecord,
  recordDigest,
  type Statement,
  statementBinding,
} from '../../src/attestation/record.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { verifySignature } from '../../src/attestation/tpm/verify-signature.ts'
import { SHA256, TPM_ALG_ECDSA, TPM_ECC_NIST_P256 } from '../../src/attestation/tpm-algorithm.ts'
import { encodeQuote, type TpmClockInfo, type TpmQuote } from '../../src/attestation/tpm-attest.ts'
import { encodePublic, nameOf } from '../../src/attestation/tpm-public.ts'
import { encodeSignature } from '../../src/attestation/tpm-signature.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { NS_PER_SECOND, type TaiNs, taiNs } from '../../src/core/time.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import { unwrap } from './results.ts'

/** A node with a key like a TPM's, in software, so that a record can say anything at all and still be signed. */

const mlDsa = selectMlDsa()
export const AUTHORITY = mlDsa.createSigner(new Uint8Array(32).fill(1))
export const STRANGER = mlDsa.createSigner(new Uint8Array(32).fill(2))
const NODE_KEY_HASH = sha384(mlDsa.createSigner(new Uint8Array(32).fill(3)).publicKey)

export const CRYPTO: JudgementCrypto = {
  digest: platformDigest,
  verify: verifySignature,
  verifyMlDsa: (...all) => mlDsa.verifier.verifySync(...all),
}

const SELECTION = { hash: SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7, 14] }
export const PCR_VALUES = SELECTION.pcrs.map((pcr) => new Uint8Array(32).fill(pcr))
/** Blocks are certified once a second; the record names that of height 1,000. */
const NOW = taiNs(1_000_100n * NS_PER_SECOND)

function markOf(height: number): TaiNs {
  return taiNs((999_000n + BigInt(height)) * NS_PER_SECOND)
}

export function hashOfBlock(height: number): Uint8Array {
  return sha384(Uint8Array.of(height >> 8, height))
}

/** A TPM's attestation key. */
export interface SoftTpm {
  /** r ‖ s of ECDSA over SHA-256. */
  sign(message: Uint8Array): Uint8Array
  readonly key: EnrolledKey
  readonly endorsementDigest: Uint8Array
}

/** Made anew. */
export function createSoftTpm(serial: number): SoftTpm {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const coordinate = (text = ''): Uint8Array => Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  return softTpmOf(serial, coordinate(jwk.x), coordinate(jwk.y), (message) =>
    sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  )
}

/** Of a key of P-256. */
export function softTpmOf(serial: number, x: Uint8Array, y: Uint8Array, signing: SoftTpm['sign']): SoftTpm {
  const publicArea = encodePublic({
    nameHashId: SHA256.id,
    attributes: 0x0005_0072,
    authPolicy: new Uint8Array(),
    key: {
      type: 'ecc',
      symmetric: undefined,
      scheme: { id: TPM_ALG_ECDSA, hashId: SHA256.id },
      curveId: TPM_ECC_NIST_P256,
      kdf: undefined,
      x,
      y,
    },
  })
  const name = unwrap(nameOf(platformDigest, publicArea, SHA256.id))
  const key = { publicArea, name, qualifiedName: Uint8Array.of(0, 11, serial) }
  return { sign: signing, key, endorsementDigest: sha384(Uint8Array.of(serial)) }
}

export const TPM = createSoftTpm(1)

export function enrolmentOf(tpm: SoftTpm, changes: Partial<Enrolment> = {}): Enrolment {
  return {
    format: 'quorumtime-enrolment-1',
    authority: sha384(AUTHORITY.publicKey),
    fleet: 'racks',
    node: 'node-b',
    serial: 5,
    issuedAt: '2026-11-28T09:00:00Z',
    keyHash: NODE_KEY_HASH,
    attestationKey: tpm.key,
    scheme: 'ecdsa',
    schemeHash: 'sha256',
    endorsementDigest: tpm.endorsementDigest,
    selection: SELECTION,
    ...changes,
  }
}

export function signEnrolment(enrolment: Enrolment, authority: Signer = AUTHORITY): Uint8Array {
  const content = enrolmentContent(enrolment)
  return encode(signedEnrolmentCodec, { content, signature: authority.sign(ENROLMENT_CONTEXT, content) })
}

export const ENROLMENT = signEnrolment(enrolmentOf(TPM))
export const CLOCK: TpmClockInfo = { clockMs: 50_000n, resetCount: 7, restartCount: 1, safe: true }

export const STATEMENT: Statement = {
  provider: 'tpm2',
  cluster: 'hall',
  member: 1,
  name: 'node-b',
  keyHash: NODE_KEY_HASH,
  certificate: { height: 1000, hash: hashOfBlock(1000) },
  bootId: new Uint8Array(16).fill(9),
  enrolment: ENROLMENT,
  eventLogDigest: undefined,
  softwareDigest: sha384(Uint8Array.of(1)),
  configurationDigest: sha384(Uint8Array.of(2)),
  inventory: [
    {
      part: 'instrument',
      name: 'gnss',
      kind: 'smartclock',
      identity: 'HEWLETT-PACKARD,58503A,3711A00123,3805',
      serialNumber: '3711A00123',
      firmware: '3805',
    },
    {
      part: 'board',
      name: 'board',
      kind: 'X11SSH-F',
      identity: undefined,
      serialNumber: 'ZM18AS000001',
      firmware: '2.7',
    },
    { part: 'network-card', name: 'eno1', kind: 'igb', identity: undefined, serialNumber: undefined, firmware: '3.16' },
  ],
}

/** A record of which everything is so, but for the changes. */
export function recordOf(
  statement: Partial<Statement> = {},
  said: Partial<TpmQuote> = {},
  tpm: SoftTpm = TPM,
): AttestationRecord {
  const whole = { ...STATEMENT, ...statement }
  const quote = encodeQuote({
    qualifiedSigner: tpm.key.qualifiedName ?? new Uint8Array(),
    extraData: statementBinding(whole),
    clock: CLOCK,
    firmwareVersion: 7n,
    selections: [SELECTION],
    pcrDigest: platformDigest('sha256', ...PCR_VALUES),
    ...said,
  })
  const raw = tpm.sign(quote)
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)]
  const signature = encodeSignature({ scheme: 'ecdsa', hashId: SHA256.id, r, s })
  return {
    format: 'quorumtime-attestation-1',
    statement: whole,
    evidence: { quote, signature, pcrValues: PCR_VALUES },
  }
}

export function recordBytes(...of: Parameters<typeof recordOf>): Uint8Array {
  return encodeRecord(recordOf(...of))
}

/** Of the node without a TPM. */
export function unattestedBytes(): Uint8Array {
  const statement = { ...STATEMENT, provider: 'none' as const, enrolment: undefined }
  return encodeRecord({ format: 'quorumtime-attestation-1', statement, evidence: undefined })
}

/** The verifier's side of these bytes: their node has signed their digest, and its cluster's time is `NOW`. */
export function contextOf(bytes: Uint8Array, changes: Partial<JudgementContext> = {}): JudgementContext {
  const { cluster, member, name, keyHash } = STATEMENT
  return {
    subject: { cluster, member, name, keyHash, attestationDigest: recordDigest(bytes) },
    trust: { fleet: 'racks', authorities: [AUTHORITY.publicKey] },
    policy: DEFAULT_POLICY,
    certificates: {
      now: NOW,
      knowableSince: ({ height, hash }) =>
        height <= 1100 && hash.toHex() === hashOfBlock(height).toHex() ? markOf(height - 1) : undefined,
    },
    known: undefined,
    others: [],
    ...changes,
  }
}
