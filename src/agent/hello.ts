import type { Membership } from '../consensus/membership.ts'
import {
  type ClusterIdentity,
  checkHeader,
  decodeEnvelope,
  encodeContent,
  encodeEnvelope,
  type Hello,
  type SignedMessage,
  signingContext,
} from '../consensus/messages.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { Signer, Verifier } from '../crypto/signature.ts'

/** Signs what this member says when a link comes up, as an envelope. */
export function signHello(
  identity: ClusterIdentity,
  self: number,
  bootCount: number,
  signer: Signer,
  hello: Hello,
): Uint8Array {
  const { cluster, membershipHash } = identity
  const header = {
    cluster,
    membershipHash,
    type: 'hello' as const,
    sender: self,
    bootCount,
    attestationDigest: undefined,
  }
  const content = encodeContent(header, hello)
  return encodeEnvelope({ content, signature: signer.sign(signingContext('hello'), content) })
}

/** A peer's first frame: a Hello of this cluster, signed by that very peer. Faults say what is not. */
export function readHello(
  bytes: Uint8Array,
  peer: number,
  membership: Membership,
  identity: ClusterIdentity,
  verifier: Verifier,
): Result<SignedMessage<'hello'>> {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) return decoded
  const message = decoded.value
  if (message.type !== 'hello') return fail('hello.type', `first frame: expected a hello, got a ${message.type}`)
  const belongs = checkHeader(message.header, identity)
  if (!belongs.ok) return belongs
  const member = membership.members[peer]
  if (member === undefined || message.header.sender !== peer) {
    return fail('hello.sender', `hello: expected one of member ${peer}, got one of member ${message.header.sender}`)
  }
  const valid = verifier.verifySync(member.signingKey, signingContext('hello'), message.content, message.signature)
  return valid
    ? ok(message)
    : fail(
        'hello.signature',
        `hello of member ${peer} (${member.name}): expected a valid signature, got one that does not verify`,
      )
}
