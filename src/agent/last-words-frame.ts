import type { Membership } from '../consensus/membership.ts'
import {
  type ClusterIdentity,
  checkHeader,
  openBody,
  openEnvelope,
  type SignedMessage,
  signingContext,
} from '../consensus/messages.ts'
import type { Verify } from '../consensus/quorum-certificate.ts'
import { fail, ok, type Result } from '../core/fault.ts'

export interface LastWordsReader {
  readonly membership: Membership
  readonly identity: ClusterIdentity
  readonly self: number
  readonly verify: Verify
}

/** What a peer says that it has heard of `self`. A fault is no proof of anything: its disk may have changed a bit. */
export async function readLastWords(
  envelopes: readonly Uint8Array[],
  { membership, identity, self, verify }: LastWordsReader,
): Promise<Result<readonly SignedMessage[]>> {
  const messages: SignedMessage[] = []
  for (const envelope of envelopes) {
    const opened = openEnvelope(envelope)
    if (!opened.ok) return notMine(opened.fault.message)
    const { header, content, signature } = opened.value
    const belongs = checkHeader(header, identity)
    if (!belongs.ok) return notMine(belongs.fault.message)
    const key = membership.members[self]?.signingKey
    const isMine = header.sender === self && key !== undefined
    if (!isMine || !(await verify(key, signingContext(header.type), content, signature))) {
      return notMine(`a ${header.type} of member ${header.sender}, or one that does not verify`)
    }
    const message = openBody(opened.value, identity.n)
    if (!message.ok) return notMine(message.fault.message)
    messages.push(message.value)
  }
  return ok(messages)
}

function notMine(got: string): Result<never> {
  return fail('last-words.format', `last words: expected what this member has signed, got ${got}`)
}
