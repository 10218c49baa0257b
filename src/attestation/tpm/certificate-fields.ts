import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  type Extension,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'

/** Who made a TPM, as its certificate says (TCG EK Credential Profile 2.5, 3.2.9). */
export interface TpmIdentity {
  /** `id:` and four characters in hexadecimal, of the TCG's registry of vendors. */
  readonly manufacturer: string
  readonly model: string
  /** `id:` and the firmware's version. */
  readonly version: string
}

/** What the platform's own reader of certificates does not tell. */
export interface CertificateFields {
  readonly unknownCritical: readonly string[]
  readonly signatureAlgorithm: string
  readonly strongSignature: boolean
  readonly isAuthority: boolean
  /** How many authorities may stand below this one; undefined: any number. */
  readonly pathLengthMax: number | undefined
  /** Undefined where nothing is said. */
  readonly usage: { readonly signsCertificates: boolean; readonly endorsement: boolean } | undefined
  readonly purposes: readonly string[]
  readonly identity: TpmIdentity | undefined
}

const KNOWN = [id_ce_basicConstraints, id_ce_extKeyUsage, id_ce_keyUsage, id_ce_subjectAltName]
/** RSA (RFC 4055) and ECDSA (RFC 5758) with SHA-256, SHA-384 and SHA-512. */
const STRONG = [
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]
/** tcg-at-tpmManufacturer, tcg-at-tpmModel, tcg-at-tpmVersion. */
const MANUFACTURER = '2.23.133.2.1'
const MODEL = '2.23.133.2.2'
const VERSION = '2.23.133.2.3'

/** Throws on what is no certificate. */
export function readCertificateFields(der: Uint8Array): CertificateFields {
  const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(der, Certificate)
  const extensions = tbsCertificate.extensions ?? []
  const constraints = part(extensions, id_ce_basicConstraints, BasicConstraints)
  const usage = part(extensions, id_ce_keyUsage, KeyUsage)?.toNumber()
  const identity = identityIn(part(extensions, id_ce_subjectAltName, SubjectAlternativeName))
  const understood = (id: string): boolean =>
    KNOWN.includes(id) && (id !== id_ce_subjectAltName || identity !== undefined)
  return {
    unknownCritical: extensions
      .filter(({ critical, extnID }) => critical && !understood(extnID))
      .map(({ extnID }) => extnID),
    signatureAlgorithm: signatureAlgorithm.algorithm,
    strongSignature: STRONG.includes(signatureAlgorithm.algorithm),
    isAuthority: constraints?.cA ?? false,
    pathLengthMax: constraints?.pathLenConstraint,
    usage: usage === undefined ? undefined : usesOf(usage),
    purposes: [...(part(extensions, id_ce_extKeyUsage, ExtendedKeyUsage) ?? [])],
    identity,
  }
}

/** RSA keys encipher, keys of ECC agree. */
function usesOf(usage: number): { readonly signsCertificates: boolean; readonly endorsement: boolean } {
  return {
    signsCertificates: (usage & KeyUsageFlags.keyCertSign) !== 0,
    endorsement: (usage & (KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyAgreement)) !== 0,
  }
}

function part<T>(extensions: readonly Extension[], id: string, type: new () => T): T | undefined {
  const found = extensions.find(({ extnID }) => extnID === id)
  return found === undefined ? undefined : AsnConvert.parse(found.extnValue, type)
}

function identityIn(names: SubjectAlternativeName | undefined): TpmIdentity | undefined {
  const attributes = (names ?? []).flatMap(({ directoryName }) =>
    (directoryName ?? []).flatMap((relative) => [...relative]),
  )
  const textOf = (type: string): string | undefined =>
    attributes.find((attribute) => attribute.type === type)?.value.toString()
  const [manufacturer, model, version] = [MANUFACTURER, MODEL, VERSION].map(textOf)
  if (manufacturer === undefined || model === undefined || version === undefined) return undefined
  return { manufacturer, model, version }
}
