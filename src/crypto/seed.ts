import { randomBytes } from 'node:crypto'
import { concatBytes, equalBytes } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { encodePem } from './pem.ts'
import { assertSeedLength, SEED_BYTES } from './signature.ts'

/**
 * A private key as text: PKCS#8 in PEM, the seed form of RFC 9881 section 6, which is what Node exports and what
 * OpenSSL 3.5 and later read. DER: SEQUENCE { INTEGER 0, SEQUENCE { OID id-ml-dsa-87 }, OCTET STRING { [0] seed } },
 * always 54 bytes, of which only the last 32 vary.
 */
const DER_PREFIX = Uint8Array.fromHex('3034020100300b060960864801650304031304228020')

const PEM = /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\s*$/

/** A new private key from the operating system's random source. */
export function generateSeed(): Uint8Array {
  return new Uint8Array(randomBytes(SEED_BYTES))
}

export function seedToPem(seed: Uint8Array): string {
  assertSeedLength(seed)
  return encodePem('PRIVATE KEY', concatBytes(DER_PREFIX, seed))
}

/** Reads exactly what `seedToPem` writes; `where` names the text in the fault. */
export function seedFromPem(pem: string, where: string): Result<Uint8Array> {
  const expected = 'an ML-DSA-87 private key in PKCS#8 PEM, seed form (RFC 9881)'
  const base64 = PEM.exec(pem)?.[1]
  if (base64 === undefined)
    return fail('key.format', `${where}: expected ${expected}, got text that is not such a PEM block`)
  const der = new Uint8Array(Buffer.from(base64, 'base64'))
  if (der.length !== DER_PREFIX.length + SEED_BYTES || !equalBytes(der.subarray(0, DER_PREFIX.length), DER_PREFIX)) {
    return fail('key.format', `${where}: expected ${expected}, got ${der.length} bytes of another key type or form`)
  }
  return ok(der.slice(DER_PREFIX.length))
}
