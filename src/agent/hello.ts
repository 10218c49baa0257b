import type { Membership } from '../consensus/membership.ts'
import {
  type ClusterIdentity,
  checkHeader,
  encodeContent,
  encodeEnvelope,
  type Hello,
  openBody,
  openEnvelope,
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
  const opened = openEnvelope(bytes)
  if (!opened.ok) return opened
  const { header, content, signature } = opened.value
  if (header.type !== 'hello') return fail('hello.type', `first frame: expected a hello, got a ${header.type}`)
  const belongs = checkHeader(header, identity)
  if (!belongs.ok) return belongs
  const member = membership.members[peer]
  if (member === undefined || header.sender !== peer) {
    return fail('hello.sender', `hello: expected one of member ${peer}, got one of member ${header.sender}`)
  }
  if (!verifier.verifySync(member.signingKey, signingContext('hello'), content, signature)) {
    return fail(
      'hello.signature',
      `hello of member ${peer} (${member.name}): expected a valid signature, got one that does not verify`,
    )
  }
  const message = openBody(opened.value, identity.n)
  return message.ok ? ok(message.value as SignedMessage<'hello'>) : message
}
