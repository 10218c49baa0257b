import { type KeyObject, X509Certificate } from 'node:crypto'
import { fail, ok, type Result } from '../../core/fault.ts'
import { type CertificateFields, readCertificateFields, type TpmIdentity } from './certificate-fields.ts'

/** A certificate that says of a key that it is the endorsement key of a real TPM, and of which. */
export interface EndorsementCertificate {
  readonly publicKey: KeyObject
  readonly identity: TpmIdentity
}

interface Certificate {
  readonly x509: X509Certificate
  readonly fields: CertificateFields
}

/** tcg-kp-EKCertificate (TCG EK Credential Profile 2.5, 3.2.16). */
const EK_PURPOSE = '2.23.133.8.1'
/** Vendors have a root, an intermediate or two, and the certificate; a path is not followed further. */
const PATH_LENGTH_MAX = 6
const CERTIFICATES_MAX = 64
const CERTIFICATE_BYTES_MAX = 8192
const DER_SEQUENCE = 0x30
const DER_LENGTH_OF_TWO_BYTES = 0x82

/**
 * The path from an endorsement key's certificate to one of `roots`, all as DER. OpenSSL refuses these certificates: their name
 * stands in a critical subjectAltName of a kind that it does not process. So the path is gone here, each signature by
 * OpenSSL, and a critical extension that is not understood here is refused as it is there.
 *
 * Not asked: revocation, for which an authority that works offline has no list; vendors publish what they have to say.
 * Faults: `ek.format`, `ek.critical`, `ek.purpose`, `ek.validity`, `ek.algorithm`, `ek.issuer`, `ek.signature`, `ek.root`.
 */
export function checkEndorsementCertificate(
  der: Uint8Array,
  authorities: { readonly intermediates: readonly Uint8Array[]; readonly roots: readonly Uint8Array[] },
  atMs: number,
): Result<EndorsementCertificate> {
  const leaf = parseCertificate(unpadded(der), 'endorsement certificate')
  if (!leaf.ok) return leaf
  const roots = parseAll(authorities.roots, 'root')
  if (!roots.ok) return roots
  const intermediates = parseAll(authorities.intermediates, 'intermediate')
  if (!intermediates.ok) return intermediates
  const { fields } = leaf.value
  if (fields.isAuthority || !fields.purposes.includes(EK_PURPOSE) || fields.usage?.endorsement === false) {
    const came = fields.isAuthority ? 'an authority' : `${fields.purposes.join(', ') || 'none'} with another use`
    return fail(
      'ek.purpose',
      `endorsement certificate: expected the purpose ${EK_PURPOSE} and key encipherment, got ${came}`,
    )
  }
  if (fields.identity === undefined) {
    return fail('ek.format', 'endorsement certificate: expected a TPM in its subjectAltName, got none')
  }
  const rooted = followPath(leaf.value, intermediates.value, roots.value, atMs)
  return rooted.ok ? ok({ publicKey: leaf.value.x509.publicKey, identity: fields.identity }) : rooted
}

function followPath(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  atMs: number,
): Result<void> {
  let current = leaf
  for (let below = 0; below < PATH_LENGTH_MAX; below++) {
    const allowed = checkFields(current, atMs)
    if (!allowed.ok) return allowed
    const isRoot = (candidate: Certificate): boolean => roots.includes(candidate)
    const named = [...roots, ...intermediates].filter(({ x509 }) => current.x509.checkIssued(x509))
    const issuer = named.find(({ x509 }) => current.x509.verify(x509.publicKey))
    if (issuer === undefined) {
      const message = `certificate of ${nameOf(current)}: expected a signature by ${oneLine(current.x509.issuer)}`
      return named.length === 0
        ? fail('ek.issuer', `${message}, got no certificate of that name`)
        : fail('ek.signature', `${message}, got another`)
    }
    const { isAuthority, pathLengthMax, usage } = issuer.fields
    if (!isAuthority || usage?.signsCertificates === false || (pathLengthMax ?? below) < below) {
      return fail(
        'ek.issuer',
        `certificate of ${nameOf(issuer)}: expected an authority for ${below} below it, got none`,
      )
    }
    if (isRoot(issuer)) return checkFields(issuer, atMs)
    current = issuer
  }
  return fail('ek.root', `endorsement certificate: expected a root within ${PATH_LENGTH_MAX} certificates, got none`)
}

function checkFields(certificate: Certificate, atMs: number): Result<void> {
  const { x509, fields } = certificate
  const where = `certificate of ${nameOf(certificate)}`
  const [unknown] = fields.unknownCritical
  if (unknown !== undefined) {
    return fail('ek.critical', `${where}: expected critical extensions that are known here, got ${unknown}`)
  }
  if (!fields.strongSignature) {
    return fail('ek.algorithm', `${where}: expected RSA or ECDSA with SHA-2, got ${fields.signatureAlgorithm}`)
  }
  if (atMs < x509.validFromDate.getTime() || atMs > x509.validToDate.getTime()) {
    const came = new Date(atMs).toISOString()
    return fail('ek.validity', `${where}: expected ${x509.validFrom} to ${x509.validTo}, got ${came}`)
  }
  return ok(undefined)
}

function parseAll(ders: readonly Uint8Array[], what: string): Result<readonly Certificate[]> {
  if (ders.length > CERTIFICATES_MAX) {
    return fail('ek.format', `${what}s: expected at most ${CERTIFICATES_MAX} certificates, got ${ders.length}`)
  }
  const all: Certificate[] = []
  for (const [index, der] of ders.entries()) {
    const parsed = parseCertificate(der, `${what} ${index}`)
    if (!parsed.ok) return parsed
    all.push(parsed.value)
  }
  return ok(all)
}

function parseCertificate(der: Uint8Array, what: string): Result<Certificate> {
  if (der.length > CERTIFICATE_BYTES_MAX) {
    return fail('ek.format', `${what}: expected at most ${CERTIFICATE_BYTES_MAX} bytes, got ${der.length}`)
  }
  try {
    return ok({ x509: new X509Certificate(der), fields: readCertificateFields(der) })
  } catch (error) {
    return fail('ek.format', `${what}: expected an X.509 certificate in DER, got ${(error as Error).message}`)
  }
}

/** An NV index may be longer than the certificate in it. */
function unpadded(der: Uint8Array): Uint8Array {
  if (der.length < 4 || der[0] !== DER_SEQUENCE || der[1] !== DER_LENGTH_OF_TWO_BYTES) return der
  return der.subarray(0, 4 + new DataView(der.buffer, der.byteOffset).getUint16(2))
}

function nameOf({ x509 }: Certificate): string {
  return oneLine(x509.subject) || 'a TPM'
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}
