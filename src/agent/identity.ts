import type { Member, Membership } from '../consensus/membership.ts'
import { equalBytes } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import type { Signer, Verifier } from '../crypto/signature.ts'
import type { TlsIdentity } from '../crypto/tls-identity.ts'
import type { Keys } from './keys/load-keys.ts'

/** Who this appliance is, by its keys and by the membership. */
export interface Identity {
  readonly member: Member
  readonly signer: Signer
  readonly verifier: Verifier
  readonly tls: TlsIdentity
  /** SHA-384 of the public signing key. */
  readonly keyHash: Uint8Array
  /** All that this appliance holds: a later session may know it by others. */
  readonly keys: Keys
}

/**
 * Who this appliance is in a membership: the member of its configured name, whose keys must be among those that it holds. Faults
 * say which does not match.
 */
export function identityIn(membership: Membership, name: string, keys: Keys): Result<Identity> {
  const member = membership.members.find((candidate) => candidate.name === name)
  if (member === undefined) {
    const names = membership.members.map((known) => known.name).join(', ')
    return fail('identity.name', `node.name: expected a member of the genesis (${names}), got "${name}"`)
  }
  const signing = keys.signing.find(({ key }) => equalBytes(key.publicKey, member.signingKey))
  if (signing === undefined) {
    const hashes = keys.signing.map(({ key, place }) => ({ place, hash: sha384(key.publicKey) }))
    return fail('identity.signing-key', mismatch('signing key', member, hashes))
  }
  const tls = keys.tls.find(({ key }) => equalBytes(key.keyHash, member.tlsKeyHash))
  if (tls === undefined) {
    const hashes = keys.tls.map(({ key, place }) => ({ place, hash: key.keyHash }))
    return fail('identity.tls-key', mismatch('TLS key', member, hashes))
  }
  const keyHash = sha384(signing.key.publicKey)
  return ok({ member, signer: signing.key, verifier: keys.verifier, tls: tls.key, keyHash, keys })
}

function mismatch(
  what: string,
  member: Member,
  held: readonly { readonly place: string; readonly hash: Uint8Array }[],
): string {
  const places = held.map(({ place }) => place).join(', ')
  const got = held.map(({ hash }) => `${shortHex(hash)}…`).join(', ')
  return `${places}: expected the ${what} that the genesis names for ${member.name}, got another (${got})`
}
