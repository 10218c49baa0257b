import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto'
import { fail, ok, type Result } from '../../core/fault.ts'
import { TPM_ECC_NIST_P256, TPM_ECC_NIST_P384, TPM_ECC_NIST_P521 } from '../tpm-algorithm.ts'
import type { EccKey, RsaKey, TpmPublic } from '../tpm-public.ts'
import { u32 } from '../tpm-writer.ts'

export interface Curve {
  /** As JSON Web Keys and as OpenSSL call it. */
  readonly jwk: string
  readonly openssl: string
  readonly coordinateBytes: number
}

const CURVES: ReadonlyMap<number, Curve> = new Map([
  [TPM_ECC_NIST_P256, { jwk: 'P-256', openssl: 'prime256v1', coordinateBytes: 32 }],
  [TPM_ECC_NIST_P384, { jwk: 'P-384', openssl: 'secp384r1', coordinateBytes: 48 }],
  [TPM_ECC_NIST_P521, { jwk: 'P-521', openssl: 'secp521r1', coordinateBytes: 66 }],
])
const DEFAULT_EXPONENT = 65_537

/** Undefined for a curve that is not known here. */
export function curveOf(key: EccKey): Curve | undefined {
  return CURVES.get(key.curveId)
}

/** A number of at most `length` bytes, with the zeros in front that a TPM may leave out; undefined when it is longer. */
export function padded(number: Uint8Array, length: number): Uint8Array | undefined {
  if (number.length > length) return undefined
  const bytes = new Uint8Array(length)
  bytes.set(number, length - number.length)
  return bytes
}

/** The public key of a TPM's object, as the platform takes it. Fault: `tpm.key`. */
export function keyObjectOf({ key }: TpmPublic): Result<KeyObject> {
  if (key.type === 'keyed-hash') return fail('tpm.key', 'public area: expected a public key, got a keyed hash')
  const jwk = key.type === 'rsa' ? rsaKey(key) : eccKey(key)
  if (jwk === undefined) return fail('tpm.key', 'public area: expected a point of P-256, P-384 or P-521, got another')
  try {
    return ok(createPublicKey({ key: jwk, format: 'jwk' }))
  } catch (error) {
    return fail('tpm.key', `public area: expected a public key, got ${(error as Error).message}`)
  }
}

function rsaKey({ exponent, modulus }: RsaKey): webcrypto.JsonWebKey {
  return { kty: 'RSA', n: base64(modulus), e: base64(u32(exponent === 0 ? DEFAULT_EXPONENT : exponent)) }
}

function eccKey(key: EccKey): webcrypto.JsonWebKey | undefined {
  const curve = curveOf(key)
  const x = curve && padded(key.x, curve.coordinateBytes)
  const y = curve && padded(key.y, curve.coordinateBytes)
  return x === undefined || y === undefined
    ? undefined
    : { kty: 'EC', crv: curve?.jwk ?? '', x: base64(x), y: base64(y) }
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}
