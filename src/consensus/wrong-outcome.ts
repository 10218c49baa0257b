import { equalBytes } from '../core/bytes.ts'
import { decode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { blockCodec, blockHash, type ChainRoot, chainRoot } from './block.ts'
import { checkBlockForm } from './certificate.ts'
import type { Evidence } from './evidence.ts'
import { leaderOf, type Membership, membershipHash, quorumOf } from './membership.ts'
import { checkHeader, openBody, openContent, type SignedMessage } from './messages.ts'
import type { ChainNode } from './replica/chain.ts'
import { checkBlock } from './replica/check-block.ts'
import type { PlannedProposal } from './replica/compose-block.ts'

/**
 * Ok when a leader's block is not what follows from the proposals on its list and from its parent. Each of these is the one
 * that the block names by its digest, or this is no proof.
 */
export function checkWrongOutcome(
  { body: block, header }: SignedMessage<'block'>,
  evidence: Evidence,
  membership: Membership,
  sessionRoot: ChainRoot | undefined,
): Result<void> {
  const what = `wrong-outcome ${evidence.number} of member ${evidence.member}`
  if (sessionRoot === undefined && membership.session !== 0) {
    return fail('evidence.session', `${what}: expected the root of session ${membership.session} to judge it by`)
  }
  const root = sessionRoot ?? chainRoot(membership)
  if (block.view !== evidence.number) {
    return fail('evidence.number', `${what}: expected a block of view ${evidence.number}, got one of ${block.view}`)
  }
  const leader = leaderOf(block.view, quorumOf(membership.members.length), membershipHash(membership))
  if (header.sender !== leader) return fail('evidence.member', `${what}: expected the view's leader, ${leader}`)
  const parent = readParent(block.parent, evidence, membership, root, what)
  if (!parent.ok) return parent
  const proposals = readProposals(block.list, evidence, membership, what)
  if (!proposals.ok) return proposals
  const claim = { block, hash: blockHash(block), leader, parent: parent.value, proposals: proposals.value }
  return checkBlock(claim, membership).ok
    ? fail('evidence.same', `${what}: expected another block than the one that follows, got that one`)
    : ok(undefined)
}

function readParent(
  hash: Uint8Array,
  { parent: bytes }: Evidence,
  membership: Membership,
  root: ChainRoot,
  what: string,
): Result<ChainNode> {
  if (equalBytes(hash, root.hash)) {
    if (bytes === undefined) return ok({ ...root, block: undefined })
    return fail('evidence.parent', `${what}: expected no parent of a block that stands on the root`)
  }
  if (bytes === undefined || !equalBytes(sha384(bytes), hash)) {
    return fail('evidence.parent', `${what}: expected the parent that the block names, got another or none`)
  }
  const decoded = decode(blockCodec, bytes, 'evidence.parent')
  if (!decoded.ok) return decoded
  const { view, epoch, height, state } = decoded.value
  // Correct leaders build on certified blocks alone, which have this form; the recomputation relies on it.
  const formed = checkBlockForm(decoded.value, membership, root)
  if (!formed.ok) return formed
  return ok({ hash, view, epoch, height, state, block: decoded.value })
}

/** The digest in the signed block stands for it. */
const NO_SIGNATURE = new Uint8Array()

function readProposals(
  list: SignedMessage<'block'>['body']['list'],
  { proposals }: Evidence,
  membership: Membership,
  what: string,
): Result<readonly PlannedProposal[]> {
  if (proposals.length !== list.length) {
    return fail('evidence.proposals', `${what}: expected ${list.length} listed proposals, got ${proposals.length}`)
  }
  const { cluster, members } = membership
  const identity = { cluster, membershipHash: membershipHash(membership), n: members.length }
  const planned: PlannedProposal[] = []
  for (const [index, content] of proposals.entries()) {
    const digest = sha384(content)
    if (!equalBytes(digest, list[index]?.digest ?? digest.subarray(1))) {
      return fail('evidence.proposals', `${what}: expected at ${index} the proposal that the block lists, got another`)
    }
    const opened = openContent(content, NO_SIGNATURE)
    if (!opened.ok) return opened
    const belongs = checkHeader(opened.value.header, identity)
    if (!belongs.ok) return belongs
    const message = openBody(opened.value, identity.n)
    if (!message.ok) return message
    if (message.value.type !== 'proposal') {
      return fail('evidence.proposals', `${what}: expected proposals alone, got a ${message.value.type}`)
    }
    planned.push({ member: message.value.header.sender, digest, message: message.value })
  }
  return ok(planned)
}
