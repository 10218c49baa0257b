import { constants } from 'node:crypto'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { sha384 } from '../core/hash.ts'

/** What this appliance shows its peers: PEM of its self-signed ML-DSA-87 certificate and of the key in it. */
export interface LinkIdentity {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/**
 * TLS 1.3 only, post-quantum key agreement only, ML-DSA-87 keys only. Node cannot turn the tickets of TLS 1.3 off; with
 * SSL_OP_NO_TICKET they are names (32 bytes instead of 7.6 KB) of sessions that the server would have to look up, and
 * nobody stores sessions here: every connection is a full handshake.
 */
export function tlsSettings(identity: LinkIdentity): SecureContextOptions {
  return {
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ecdhCurve: 'SecP384r1MLKEM1024:X25519MLKEM768',
    sigalgs: 'mldsa87',
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

/**
 * SHA-384 of the SubjectPublicKeyInfo that the peer has just proved to own (its CertificateVerify was checked by the
 * handshake); undefined when it showed no certificate. Nothing else in the certificate is looked at.
 */
export function peerKeyHash(socket: TLSSocket): Uint8Array | undefined {
  const spki = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
  return spki === undefined ? undefined : sha384(spki)
}
