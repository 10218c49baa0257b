import { constants, createCipheriv, createECDH, createHmac, publicEncrypt, randomBytes } from 'node:crypto'
import { concatBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { type HashAlgorithm, hashOf, TPM_ALG_AES, TPM_ALG_CFB } from '../tpm-algorithm.ts'
import type { EccKey, TpmPublic } from '../tpm-public.ts'
import { sized } from '../tpm-writer.ts'
import { deriveByHmac, deriveByPoint } from './key-derivation.ts'
import { curveOf, keyObjectOf, padded } from './key-object.ts'

/** A secret that only one TPM can read, and only while it holds one certain other key. */
export interface Credential {
  /** TPM2B_ID_OBJECT without its length: an HMAC and the encrypted secret. */
  readonly idObject: Uint8Array
  /** TPM2B_ENCRYPTED_SECRET without its length: what only the endorsement key can open. */
  readonly encryptedSecret: Uint8Array
}

const AES_BLOCK_BYTES = 16
const UNCOMPRESSED_POINT = 4
const NONE = new Uint8Array()

/**
 * TPM2_MakeCredential in software (part 1, 24): the enrolment authority needs no TPM. `name` is that of the attestation key;
 * a TPM gives `secret` back only if it holds the endorsement key and a key of this Name. Faults: `credential.secret`,
 * `credential.endorsement-key`.
 */
export function makeCredential(endorsement: TpmPublic, name: Uint8Array, secret: Uint8Array): Result<Credential> {
  const hash = hashOf(endorsement.nameHashId)
  const cipher = endorsement.key.type === 'keyed-hash' ? undefined : endorsement.key.symmetric
  if (hash === undefined || cipher?.id !== TPM_ALG_AES || cipher.mode !== TPM_ALG_CFB) {
    return fail('credential.endorsement-key', 'endorsement key: expected SHA-2 and AES in CFB mode, got others')
  }
  if (secret.length === 0 || secret.length > hash.bytes) {
    return fail('credential.secret', `credential: expected a secret of 1 to ${hash.bytes} bytes, got ${secret.length}`)
  }
  const seed = makeSeed(endorsement, hash)
  if (!seed.ok) return seed
  const { value, encrypted } = seed.value
  const key = deriveByHmac(hash, value, 'STORAGE', { u: name, v: NONE }, cipher.keyBits)
  // The key is used once, which is why the library has an initial vector of zeros.
  const encryptor = createCipheriv(`aes-${cipher.keyBits}-cfb`, key, new Uint8Array(AES_BLOCK_BYTES))
  const identity = concatBytes(encryptor.update(sized(secret)), encryptor.final())
  const hmacKey = deriveByHmac(hash, value, 'INTEGRITY', { u: NONE, v: NONE }, hash.bytes * 8)
  const hmac = createHmac(hash.name, hmacKey).update(identity).update(name).digest()
  return ok({ idObject: concatBytes(sized(hmac), identity), encryptedSecret: encrypted })
}

interface Seed {
  readonly value: Uint8Array
  readonly encrypted: Uint8Array
}

/** By OAEP for RSA (part 1, B.10.3), by an ephemeral key for ECC (C.6.3). */
function makeSeed(endorsement: TpmPublic, hash: HashAlgorithm): Result<Seed> {
  if (endorsement.key.type === 'ecc') return makeSeedByEcdh(endorsement.key, hash)
  const key = keyObjectOf(endorsement)
  if (!key.ok) return fail('credential.endorsement-key', key.fault.message)
  const value = new Uint8Array(randomBytes(hash.bytes))
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash.name, oaepLabel: Buffer.from('IDENTITY\0') }
  return ok({ value, encrypted: new Uint8Array(publicEncrypt({ key: key.value, ...oaep }, value)) })
}

function makeSeedByEcdh(key: EccKey, hash: HashAlgorithm): Result<Seed> {
  const curve = curveOf(key)
  const x = curve && padded(key.x, curve.coordinateBytes)
  const y = curve && padded(key.y, curve.coordinateBytes)
  if (curve === undefined || x === undefined || y === undefined) {
    return fail('credential.endorsement-key', 'endorsement key: expected a point of P-256, P-384 or P-521, got another')
  }
  const ephemeral = createECDH(curve.openssl)
  const point = new Uint8Array(ephemeral.generateKeys())
  const ephemeralX = point.subarray(1, 1 + curve.coordinateBytes)
  const ephemeralY = point.subarray(1 + curve.coordinateBytes)
  try {
    const sharedX = ephemeral.computeSecret(concatBytes(Uint8Array.of(UNCOMPRESSED_POINT), x, y))
    const value = deriveByPoint(hash, sharedX, 'IDENTITY', { u: ephemeralX, v: x }, hash.bytes * 8)
    return ok({ value, encrypted: concatBytes(sized(ephemeralX), sized(ephemeralY)) })
  } catch (error) {
    return fail(
      'credential.endorsement-key',
      `endorsement key: expected a point on its curve, got ${(error as Error).message}`,
    )
  }
}
