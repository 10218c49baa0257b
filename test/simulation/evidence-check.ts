import type { Membership } from '../../src/consensus/membership.ts'
import {
  contentDigest,
  decodeEnvelope,
  type MessageType,
  type SignedMessage,
  signingContext,
} from '../../src/consensus/messages.ts'
import type { Verify } from '../../src/consensus/quorum-certificate.ts'
import type { Evidence, EvidenceKind } from '../../src/consensus/replica/types.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { unwrap } from '../support/results.ts'

/** What the first two envelopes must be for the rest of the world to be convinced. */
const PAIRS: Readonly<Record<Exclude<EvidenceKind, 'wrong-outcome'>, readonly [MessageType, MessageType]>> = {
  'conflicting-proposal': ['proposal', 'proposal'],
  'conflicting-block': ['block', 'block'],
  'conflicting-notarize': ['notarize', 'notarize'],
  'conflicting-finalize': ['finalize', 'finalize'],
  'nullify-and-finalize': ['nullify', 'finalize'],
}

/** Whether a stranger would be convinced: everything is signed, by the member that is accused, of one view or epoch. */
export async function proves(evidence: Evidence, membership: Membership, verify: Verify): Promise<boolean> {
  const messages = evidence.envelopes.map((envelope) => unwrap(decodeEnvelope(envelope)))
  for (const message of messages) if (!(await isSigned(message, membership, verify))) return false
  if (evidence.kind === 'wrong-outcome') return isWholeBlock(evidence, messages)
  const [first, second] = messages
  const [firstType, secondType] = PAIRS[evidence.kind]
  return (
    first?.type === firstType &&
    second?.type === secondType &&
    messages.length === 2 &&
    messages.every((message) => message.header.sender === evidence.member && numberOf(message) === evidence.number) &&
    !equalBytes(first.content, second.content)
  )
}

async function isSigned(
  { type, header, content, signature }: SignedMessage,
  membership: Membership,
  verify: Verify,
): Promise<boolean> {
  const member = membership.members[header.sender]
  return member !== undefined && (await verify(member.signingKey, signingContext(type), content, signature))
}

/** A block of the accused, and every proposal that it lists. */
function isWholeBlock({ member, number }: Evidence, [first, ...proposals]: readonly SignedMessage[]): boolean {
  if (first?.type !== 'block' || first.header.sender !== member || first.body.view !== number) return false
  const { list } = first.body
  return (
    list.length === proposals.length &&
    list.every((entry, index) => {
      const proposal = proposals[index]
      return proposal !== undefined && equalBytes(entry.digest, contentDigest(proposal))
    })
  )
}

function numberOf(message: SignedMessage): number {
  return message.type === 'proposal' ? message.body.epoch : message.body.view
}
