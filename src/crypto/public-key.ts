import { concatBytes, equalBytes } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { encodePem } from './pem.ts'
import { PUBLIC_KEY_BYTES } from './signature.ts'

export interface PublicKey {
  /** 2,592 bytes. */
  readonly raw: Uint8Array
  /** SHA-384 of the SubjectPublicKeyInfo: what a TLS key is pinned by. */
  readonly hash: Uint8Array
}

/**
 * SubjectPublicKeyInfo of RFC 9881 section 4: SEQUENCE { SEQUENCE { OID id-ml-dsa-87 }, BIT STRING }, always 2,614 bytes, of
 * which only the last 2,592 vary.
 */
const DER_PREFIX = Uint8Array.fromHex('30820a32300b060960864801650304031303820a2100')

const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/

/** The ML-DSA-87 public key in a PEM text, as Node and OpenSSL 3.5 write it; `where` names the text. Fault: `key.format`. */
export function publicKeyFromPem(pem: string, where: string): Result<PublicKey> {
  const base64 = PEM.exec(pem)?.[1]
  const der = base64 === undefined ? undefined : new Uint8Array(Buffer.from(base64, 'base64'))
  const isKey =
    der?.length === DER_PREFIX.length + PUBLIC_KEY_BYTES && equalBytes(der.subarray(0, DER_PREFIX.length), DER_PREFIX)
  if (der === undefined || !isKey) {
    const got = der === undefined ? 'text that is not such a PEM block' : `${der.length} bytes of another kind of key`
    return fail('key.format', `${where}: expected an ML-DSA-87 public key in PEM (RFC 9881), got ${got}`)
  }
  const raw = der.slice(DER_PREFIX.length)
  return ok({ raw, hash: sha384(concatBytes(DER_PREFIX, raw)) })
}

/** A raw public key of 2,592 bytes as that text. */
export function publicKeyToPem(raw: Uint8Array): string {
  return encodePem('PUBLIC KEY', concatBytes(DER_PREFIX, raw))
}
