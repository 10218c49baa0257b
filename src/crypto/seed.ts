import { randomBytes } from 'node:crypto'
import { concatBytes, equalBytes } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { base64Bytes } from './base64.ts'
import { encodePem } from './pem.ts'
import { assertSeedLength, SEED_BYTES } from './signature.ts'

/**
 * A private key as text: PKCS#8 in PEM, the seed form of RFC 9881 section 6, which is what Node exports and what
 * OpenSSL 3.5 and later read. DER: SEQUENCE { INTEGER 0, SEQUENCE { OID id-ml-dsa-87 }, OCTET STRING { [0] seed } },
 * always 54 bytes, of which only the last 32 vary.
 */
const DER_PREFIX = Uint8Array.fromHex('3034020100300b060960864801650304031304228020')

const HEADER = asBytes('-----BEGIN PRIVATE KEY-----')
const FOOTER = asBytes('-----END PRIVATE KEY-----')
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d]
const SPACES = [LINE_FEED, CARRIAGE_RETURN, 0x20, 0x09]

/** A new private key from the operating system's random source. */
export function generateSeed(): Uint8Array {
  return new Uint8Array(randomBytes(SEED_BYTES))
}

export function seedToPem(seed: Uint8Array): string {
  assertSeedLength(seed)
  return encodePem('PRIVATE KEY', concatBytes(DER_PREFIX, seed))
}

/**
 * Reads exactly what `seedToPem` writes; `where` names the text in the fault. What is secret in between is bytes, not strings,
 * and is wiped; the text and the seed are the caller's to wipe.
 */
export function seedFromPem(pem: Uint8Array, where: string): Result<Uint8Array> {
  const expected = 'an ML-DSA-87 private key in PKCS#8 PEM, seed form (RFC 9881)'
  const base64 = bodyOf(pem)
  const der = base64 === undefined ? undefined : base64Bytes(base64)
  base64?.fill(0)
  if (der === undefined)
    return fail('key.format', `${where}: expected ${expected}, got text that is not such a PEM block`)
  const { length } = der
  const isSeed = length === DER_PREFIX.length + SEED_BYTES && equalBytes(der.subarray(0, DER_PREFIX.length), DER_PREFIX)
  const seed = der.slice(DER_PREFIX.length)
  der.fill(0)
  if (isSeed) return ok(seed)
  return fail('key.format', `${where}: expected ${expected}, got ${length} bytes of another key type or form`)
}

/** The base64 of a PEM block that is all of the text, without its line ends. */
function bodyOf(pem: Uint8Array): Uint8Array | undefined {
  const end = pem.findLastIndex((byte) => !SPACES.includes(byte)) + 1
  const body = pem.subarray(HEADER.length, Math.max(HEADER.length, end - FOOTER.length))
  if (!equalBytes(pem.subarray(0, HEADER.length), HEADER)) return undefined
  if (!equalBytes(pem.subarray(HEADER.length + body.length, end), FOOTER)) return undefined
  const isBroken = isLineEnd(body[0] ?? 0) && body.at(-1) === LINE_FEED
  return isBroken ? body.filter((byte) => !isLineEnd(byte)) : undefined
}

function isLineEnd(byte: number): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN
}

function asBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
