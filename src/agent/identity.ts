import type { Configuration } from '../config/schema.ts'
import type { Member, Membership } from '../consensus/membership.ts'
import { equalBytes } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { readKeyFile } from '../crypto/key-file.ts'
import { selectMlDsa } from '../crypto/select.ts'
import type { Signer, Verifier } from '../crypto/signature.ts'
import { createTlsIdentity, type TlsIdentity } from '../crypto/tls-identity.ts'

/** Who this appliance is, by its keys and by the membership. */
export interface Identity {
  readonly member: Member
  readonly signer: Signer
  readonly verifier: Verifier
  readonly tls: TlsIdentity
  /** SHA-384 of the public signing key. */
  readonly keyHash: Uint8Array
}

/** Reads both keys and checks that they are those of the configured member. Faults say which does not match. */
export function loadIdentity({ node }: Configuration, membership: Membership): Result<Identity> {
  const member = membership.members.find(({ name }) => name === node.name)
  if (member === undefined) {
    const names = membership.members.map(({ name }) => name).join(', ')
    return fail('identity.name', `node.name: expected a member of the genesis (${names}), got "${node.name}"`)
  }
  const signingSeed = readKeyFile(node.signingKey)
  if (!signingSeed.ok) return signingSeed
  const tlsSeed = readKeyFile(node.tlsKey)
  if (!tlsSeed.ok) return tlsSeed
  const mlDsa = selectMlDsa()
  const signer = mlDsa.createSigner(signingSeed.value)
  if (!equalBytes(signer.publicKey, member.signingKey)) {
    return fail('identity.signing-key', mismatch(node.signingKey, 'signing key', member, sha384(signer.publicKey)))
  }
  const tls = createTlsIdentity(tlsSeed.value)
  if (!equalBytes(tls.keyHash, member.tlsKeyHash)) {
    return fail('identity.tls-key', mismatch(node.tlsKey, 'TLS key', member, tls.keyHash))
  }
  return ok({ member, signer, verifier: mlDsa.verifier, tls, keyHash: sha384(signer.publicKey) })
}

function mismatch(path: string, what: string, member: Member, got: Uint8Array): string {
  return `${path}: expected the ${what} that the genesis names for ${member.name}, got another (${shortHex(got)}…)`
}
