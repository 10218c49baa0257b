import { compareBytes, equalBytes } from '../core/bytes.ts'
import { checkRanges } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { blockHash, type ChainRoot } from './block.ts'
import { type Evidence, evidenceCodec } from './evidence.ts'
import type { EvidenceKind } from './evidence-entry.ts'
import { type Membership, membershipHash } from './membership.ts'
import {
  checkHeader,
  type MessageType,
  openBody,
  openEnvelope,
  type SealedMessage,
  type SignedMessage,
  signingContext,
} from './messages.ts'
import type { Verify } from './quorum-certificate.ts'
import { checkWrongOutcome } from './wrong-outcome.ts'

/**
 * Whether evidence proves that a member has lied, for everybody alike: it depends on nothing but its bytes and the
 * membership. Why no correct member can be accused with it, whatever it went through:
 *
 * - A correct member makes each message of a kind once for each view, and each proposal once for each epoch. It is durable
 *   in its journal before it leaves the machine, a restart takes it back before anything else is said, and what is repeated
 *   is repeated byte for byte. So there are no two with different bodies, also not of two boots; a member whose journal is
 *   gone never signs again under its key.
 * - The same journal keeps Nullify and Finalize of one view apart. Notarize and Nullify of one view is legal and proves
 *   nothing; so do two proposals of different epochs, and any number of Hello.
 * - Votes and blocks contradict each other only by the block that they name. The same vote under another boot or another
 *   attestation decides nothing else than the first.
 * - Of proposals the header counts as well: a list names both, and by which attestation record its member is judged is in the
 *   header. A correct member signs each once; a restart or a new record in the middle of an epoch changes the next one.
 * - Two signatures of one content differ, since signing is hedged: contents are compared, never envelopes.
 * - Every signature names cluster and membership, and holds under the context string of its type alone: what was said
 *   elsewhere or of another type proves nothing here. The era is part of the membership.
 * - A wrong outcome is the block alone that its leader signed: what it is computed from is pinned by its digests, and a
 *   correct leader's block always is what follows from them.
 *
 * A wrong outcome of a later session needs the root of that session, which its membership alone does not tell.
 */
export function checkEvidence(evidence: Evidence, membership: Membership, root?: ChainRoot): Result<void> {
  const words = openWords(evidence, membership)
  return words.ok ? judge(evidence, words.value, membership, root) : words
}

/**
 * Checks the signatures too: what `checkEvidence` lets through and this does not, anybody could have written. Signatures
 * come before what they cover is read, since reading and recomputing it costs more than they do.
 */
export async function verifyEvidence(
  evidence: Evidence,
  membership: Membership,
  verify: Verify,
  root?: ChainRoot,
): Promise<Result<void>> {
  const words = openWords(evidence, membership)
  if (!words.ok) return words
  const signed = await Promise.all(
    words.value.map(async ({ header, content, signature }) => {
      const key = membership.members[header.sender]?.signingKey
      return key !== undefined && (await verify(key, signingContext(header.type), content, signature))
    }),
  )
  if (signed.includes(false)) {
    return fail('evidence.signature', `${describe(evidence)}: expected signatures that verify, got one that does not`)
  }
  return judge(evidence, words.value, membership, root)
}

/** What the accused is said to have signed, unread. */
function openWords(evidence: Evidence, membership: Membership): Result<readonly SealedMessage[]> {
  // Values that were built here break the codec's rules as easily as bytes from outside.
  const formed = checkRanges(evidenceCodec, evidence, 'evidence')
  if (!formed.ok) return formed
  const { cluster, members } = membership
  const identity = { cluster, membershipHash: membershipHash(membership), n: members.length }
  const words: SealedMessage[] = []
  for (const envelope of evidence.envelopes) {
    const opened = openEnvelope(envelope)
    if (!opened.ok) return opened
    const { header } = opened.value
    const belongs = checkHeader(header, identity)
    if (!belongs.ok) return belongs
    if (header.sender !== evidence.member) {
      return fail('evidence.member', `${describe(evidence)}: expected its own words, got those of ${header.sender}`)
    }
    words.push(opened.value)
  }
  return ok(words)
}

/** Ok when no correct member says that. */
function judge(
  evidence: Evidence,
  words: readonly SealedMessage[],
  membership: Membership,
  root: ChainRoot | undefined,
): Result<void> {
  const messages: SignedMessage[] = []
  for (const sealed of words) {
    const message = openBody(sealed, membership.members.length)
    if (!message.ok) return message
    messages.push(message.value)
  }
  const { kind } = evidence
  const [first, second] = messages
  if (kind !== 'wrong-outcome') return checkPair(kind, evidence, first, second, membership)
  if (first?.type === 'block') return checkWrongOutcome(first, evidence, membership, root)
  return fail('evidence.type', `${describe(evidence)}: expected a block, got a ${first?.type ?? 'nothing'}`)
}

type PairKind = Exclude<EvidenceKind, 'wrong-outcome'>

/** What the accused must have signed for the kind, in this order. */
const PAIRS: Readonly<Record<PairKind, readonly [MessageType, MessageType]>> = {
  'conflicting-proposal': ['proposal', 'proposal'],
  'conflicting-block': ['block', 'block'],
  'conflicting-notarize': ['notarize', 'notarize'],
  'conflicting-finalize': ['finalize', 'finalize'],
  'nullify-and-finalize': ['nullify', 'finalize'],
}

function checkPair(
  kind: PairKind,
  evidence: Evidence,
  first: SignedMessage | undefined,
  second: SignedMessage | undefined,
  membership: Membership,
): Result<void> {
  const what = describe(evidence)
  const [firstType, secondType] = PAIRS[kind]
  if (first?.type !== firstType || second?.type !== secondType) {
    const got = `${first?.type ?? 'nothing'} and ${second?.type ?? 'nothing'}`
    return fail('evidence.type', `${what}: expected ${firstType} and ${secondType}, got ${got}`)
  }
  for (const message of [first, second]) {
    const number = numberOf(message)
    if (number !== evidence.number) {
      return fail('evidence.number', `${what}: expected both of ${evidence.number}, got one of ${number}`)
    }
    if (message.type === 'proposal' && message.body.era !== membership.era) {
      return fail('evidence.number', `${what}: expected era ${membership.era}, got ${message.body.era}`)
    }
  }
  if (!contradict(first, second)) return fail('evidence.same', `${what}: expected a contradiction, got none`)
  // One pair has one encoding, so that all that find it find the same.
  const ordered = firstType !== secondType || compareBytes(first.content, second.content) < 0
  return ordered ? ok(undefined) : fail('evidence.order', `${what}: expected contents in ascending order`)
}

function numberOf(message: SignedMessage): number | undefined {
  if (message.type === 'hello') return undefined
  return message.type === 'proposal' ? message.body.epoch : message.body.view
}

/** Whether two messages of the types of one kind, of one view or epoch, say two things. */
function contradict(first: SignedMessage, second: SignedMessage): boolean {
  if (first.type === 'proposal') return !equalBytes(first.content, second.content)
  const [a, b] = [votedHash(first), votedHash(second)]
  // A Nullify names no block: with a Finalize of its view it is a contradiction by itself.
  return a === undefined || b === undefined || !equalBytes(a, b)
}

/** The block that a message of a view is about. */
function votedHash(message: SignedMessage): Uint8Array | undefined {
  if (message.type === 'block') return blockHash(message.body)
  return message.type === 'notarize' || message.type === 'finalize' ? message.body.hash : undefined
}

function describe({ kind, member, number }: Evidence): string {
  return `${kind} ${number} of member ${member}`
}
