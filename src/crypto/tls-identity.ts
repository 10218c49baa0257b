import { createPublicKey, sign as cryptoSign, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import { sha384 } from '../core/hash.ts'
import { privateKeyFromSeed } from './ml-dsa-openssl.ts'
import { encodePem } from './pem.ts'
import { seedToPem } from './seed.ts'

/** What an appliance shows its peers in TLS. Only the key counts: the certificate is made anew at every start. */
export interface TlsIdentity {
  /** Self-signed X.509 certificate, about 7,370 bytes of DER. */
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** SHA-384 of the SubjectPublicKeyInfo, 48 bytes: the `tlsKeyHash` of a member. */
  readonly keyHash: Uint8Array
}

/** id-ml-dsa-87, RFC 9881 section 2; its parameters are absent. */
const ID_ML_DSA_87 = '2.16.840.1.101.3.4.3.19'
const ID_AT_COMMON_NAME = '2.5.4.3'

/**
 * Peers pin the key and ignore the dates: an appliance that does not know the time yet must be able to connect.
 * 9999-12-31 is RFC 5280's word for "no well-defined expiration" (4.1.2.5).
 */
const NOT_BEFORE = new Date('2000-01-01T00:00:00Z')
const NOT_AFTER = new Date('9999-12-31T23:59:59Z')

/** The TLS identity of a seed of 32 bytes. Needs a runtime with ML-DSA-87, as TLS with such keys does. */
export function createTlsIdentity(seed: Uint8Array): TlsIdentity {
  const privateKey = privateKeyFromSeed(seed)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return {
    certificatePem: encodePem('CERTIFICATE', selfSigned(spki, privateKey)),
    privateKeyPem: seedToPem(seed),
    keyHash: sha384(spki),
  }
}

function selfSigned(spki: Buffer, privateKey: KeyObject): Uint8Array {
  const algorithm = new AlgorithmIdentifier({ algorithm: ID_ML_DSA_87 })
  const name = commonName('quorumtime')
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(Uint8Array.of(1)),
    signature: algorithm,
    issuer: name,
    validity: new Validity({ notBefore: NOT_BEFORE, notAfter: NOT_AFTER }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
  })
  const signatureValue = cryptoSign(null, new Uint8Array(AsnConvert.serialize(tbsCertificate)), privateKey)
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(signatureValue),
  })
  return new Uint8Array(AsnConvert.serialize(certificate))
}

function commonName(text: string): Name {
  const value = new AttributeValue({ utf8String: text })
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: ID_AT_COMMON_NAME, value })])])
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
