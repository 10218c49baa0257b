import { concatBytes } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import {
  DIGEST_BYTES_MAX,
  type Digest,
  hashOf,
  TPM_ALG_ECC,
  TPM_ALG_ECDH,
  TPM_ALG_ECDSA,
  TPM_ALG_HMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_ALG_RSAES,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
} from './tpm-algorithm.ts'
import { TpmReader } from './tpm-reader.ts'
import { sized, u16, u32 } from './tpm-writer.ts'

/** TPMA_OBJECT (part 2, 8.3). */
export const FIXED_TPM = 0x0000_0002
export const FIXED_PARENT = 0x0000_0010
export const SENSITIVE_DATA_ORIGIN = 0x0000_0020
export const USER_WITH_AUTH = 0x0000_0040
export const ADMIN_WITH_POLICY = 0x0000_0080
export const NO_DA = 0x0000_0400
export const RESTRICTED = 0x0001_0000
export const DECRYPT = 0x0002_0000
export const SIGN = 0x0004_0000

/** An algorithm with the hash that it uses; undefined for TPM_ALG_NULL, which leaves the choice to whoever uses the key. */
export interface Scheme {
  readonly id: number
  /** Undefined for schemes without one (RSAES). */
  readonly hashId: number | undefined
}

/** The cipher by which a storage or endorsement key protects what is under it. */
export interface SymmetricCipher {
  readonly id: number
  readonly keyBits: number
  readonly mode: number
}

export interface RsaKey {
  readonly type: 'rsa'
  readonly symmetric: SymmetricCipher | undefined
  readonly scheme: Scheme | undefined
  readonly keyBits: number
  /** 0 stands for 65537. */
  readonly exponent: number
  /** Big-endian; empty in a template. */
  readonly modulus: Uint8Array
}

export interface EccKey {
  readonly type: 'ecc'
  readonly symmetric: SymmetricCipher | undefined
  readonly scheme: Scheme | undefined
  readonly curveId: number
  readonly kdf: Scheme | undefined
  /** Big-endian; empty in a template. */
  readonly x: Uint8Array
  readonly y: Uint8Array
}

/** An HMAC key, or, without a scheme, sealed data. */
export interface KeyedHash {
  readonly type: 'keyed-hash'
  readonly scheme: Scheme | undefined
  readonly unique: Uint8Array
}

/** TPMT_PUBLIC (part 2, 12.2.4): what may be known of an object. */
export interface TpmPublic {
  readonly nameHashId: number
  readonly attributes: number
  readonly authPolicy: Uint8Array
  readonly key: RsaKey | EccKey | KeyedHash
}

const RSA_BYTES_MAX = 512
const COORDINATE_BYTES_MAX = 66
const KEY_TYPES = { rsa: TPM_ALG_RSA, ecc: TPM_ALG_ECC, 'keyed-hash': TPM_ALG_KEYEDHASH } as const
const HASHED_SCHEMES = [TPM_ALG_RSASSA, TPM_ALG_RSAPSS, TPM_ALG_OAEP, TPM_ALG_ECDSA, TPM_ALG_ECDH, TPM_ALG_HMAC]

export function encodePublic({ nameHashId, attributes, authPolicy, key }: TpmPublic): Uint8Array {
  const head = concatBytes(u16(KEY_TYPES[key.type]), u16(nameHashId), u32(attributes), sized(authPolicy))
  return concatBytes(head, encodeKey(key))
}

function encodeKey(key: TpmPublic['key']): Uint8Array {
  if (key.type === 'keyed-hash') return concatBytes(encodeScheme(key.scheme), sized(key.unique))
  const common = concatBytes(encodeSymmetric(key.symmetric), encodeScheme(key.scheme))
  return key.type === 'rsa'
    ? concatBytes(common, u16(key.keyBits), u32(key.exponent), sized(key.modulus))
    : concatBytes(common, u16(key.curveId), encodeScheme(key.kdf), sized(key.x), sized(key.y))
}

function encodeSymmetric(cipher: SymmetricCipher | undefined): Uint8Array {
  if (cipher === undefined) return u16(TPM_ALG_NULL)
  return concatBytes(u16(cipher.id), u16(cipher.keyBits), u16(cipher.mode))
}

function encodeScheme(scheme: Scheme | undefined): Uint8Array {
  if (scheme === undefined) return u16(TPM_ALG_NULL)
  return scheme.hashId === undefined ? u16(scheme.id) : concatBytes(u16(scheme.id), u16(scheme.hashId))
}

/** TPMT_PUBLIC to its last byte. Fault: `tpm.encoding`. */
export function decodePublic(bytes: Uint8Array, what: string): Result<TpmPublic> {
  const from = new TpmReader(bytes, what)
  const typeId = from.u16()
  const nameHashId = from.u16()
  const attributes = from.u32()
  const authPolicy = from.sized(DIGEST_BYTES_MAX)
  return from.end({ nameHashId, attributes, authPolicy, key: readKey(from, typeId) })
}

function readKey(from: TpmReader, typeId: number): TpmPublic['key'] {
  if (typeId === TPM_ALG_RSA) {
    const symmetric = readSymmetric(from)
    const scheme = readScheme(from)
    const keyBits = from.u16()
    const exponent = from.u32()
    return { type: 'rsa', symmetric, scheme, keyBits, exponent, modulus: from.sized(RSA_BYTES_MAX) }
  }
  if (typeId === TPM_ALG_ECC) {
    const symmetric = readSymmetric(from)
    const scheme = readScheme(from)
    const curveId = from.u16()
    const kdf = readKdf(from)
    const x = from.sized(COORDINATE_BYTES_MAX)
    return { type: 'ecc', symmetric, scheme, curveId, kdf, x, y: from.sized(COORDINATE_BYTES_MAX) }
  }
  if (typeId !== TPM_ALG_KEYEDHASH) from.refuse('an RSA, ECC or keyed-hash object', `type 0x${typeId.toString(16)}`)
  const scheme = readScheme(from)
  return { type: 'keyed-hash', scheme, unique: from.sized(DIGEST_BYTES_MAX) }
}

function readSymmetric(from: TpmReader): SymmetricCipher | undefined {
  const id = from.u16()
  if (id === TPM_ALG_NULL) return undefined
  const keyBits = from.u16()
  return { id, keyBits, mode: from.u16() }
}

function readScheme(from: TpmReader): Scheme | undefined {
  const id = from.u16()
  if (id === TPM_ALG_NULL) return undefined
  if (id === TPM_ALG_RSAES) return { id, hashId: undefined }
  if (!HASHED_SCHEMES.includes(id)) from.refuse('a scheme that is known here', `0x${id.toString(16)}`)
  return { id, hashId: from.u16() }
}

/** TPMT_KDF_SCHEME: every one of them has a hash. */
function readKdf(from: TpmReader): Scheme | undefined {
  const id = from.u16()
  return id === TPM_ALG_NULL ? undefined : { id, hashId: from.u16() }
}

/**
 * The Name of an object (part 1, 16): its nameAlg and the digest, by that, of its whole public area. Fault: `tpm.name-hash`,
 * for a nameAlg that is not trusted here.
 */
export function nameOf(digest: Digest, publicArea: Uint8Array, nameHashId: number): Result<Uint8Array> {
  const hash = hashOf(nameHashId)
  if (hash === undefined) {
    return fail('tpm.name-hash', `public area: expected a nameAlg of SHA-2, got 0x${nameHashId.toString(16)}`)
  }
  return ok(concatBytes(u16(hash.id), digest(hash.name, publicArea)))
}

/** TPM_RH_ENDORSEMENT and the others: a hierarchy's qualified name is its handle (part 1, 16). */
export function hierarchyName(handle: number): Uint8Array {
  return u32(handle)
}

/**
 * The qualified name of an object (part 1, 16): what its ancestors are, up to the hierarchy, hashed in. A quote carries that of
 * its key, which so tells under which endorsement key it lives. Fault: `tpm.name-hash`.
 */
export function qualifiedNameOf(digest: Digest, parentQualifiedName: Uint8Array, name: Uint8Array): Result<Uint8Array> {
  const nameHashId = new TpmReader(name.subarray(0, 2), 'name').u16()
  return nameOf(digest, concatBytes(parentQualifiedName, name), nameHashId)
}
