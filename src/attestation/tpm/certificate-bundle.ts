import { X509Certificate } from 'node:crypto'
import { fail, ok, type Result } from '../../core/fault.ts'

/** Certificates as they lie in files and in TPMs: PEM, or DER, one or several behind each other. */

const PEM = /-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----/g
const DER_SEQUENCE = 0x30
const DER_LENGTH_OF_TWO_BYTES = 0x82
const HEAD_BYTES = 4

/** Each as DER. Padding behind the last is left out, as NV indices have it; there may be none. Fault: `ek.format`. */
export function splitCertificates(bytes: Uint8Array, where: string): Result<readonly Uint8Array[]> {
  const ders = bytes[0] === DER_SEQUENCE ? splitDer(bytes) : splitPem(new TextDecoder('latin1').decode(bytes))
  for (const der of ders) {
    const problem = problemOf(der)
    if (problem !== undefined) return fail('ek.format', `${where}: expected X.509 certificates, got ${problem}`)
  }
  return ok(ders)
}

function problemOf(der: Uint8Array): string | undefined {
  try {
    return new X509Certificate(der).raw.length === der.length ? undefined : 'more than one in a block'
  } catch (error) {
    return (error as Error).message
  }
}

function splitDer(bytes: Uint8Array): readonly Uint8Array[] {
  const ders: Uint8Array[] = []
  let at = 0
  while (at + HEAD_BYTES <= bytes.length && bytes[at] === DER_SEQUENCE && bytes[at + 1] === DER_LENGTH_OF_TWO_BYTES) {
    const end = at + HEAD_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint16(at + 2)
    ders.push(bytes.slice(at, end))
    at = end
  }
  return ders
}

function splitPem(text: string): readonly Uint8Array[] {
  return [...text.matchAll(PEM)].map(([, base64 = '']) => new Uint8Array(Buffer.from(base64, 'base64')))
}

/** Who is believed, and who only stands between: a certificate that somebody else has signed gives no trust by itself. */
export function sortAuthorities(ders: readonly Uint8Array[]): {
  readonly roots: readonly Uint8Array[]
  readonly intermediates: readonly Uint8Array[]
} {
  const isRoot = (der: Uint8Array): boolean => {
    const certificate = new X509Certificate(der)
    return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)
  }
  return { roots: ders.filter(isRoot), intermediates: ders.filter((der) => !isRoot(der)) }
}
