import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  type Codec,
  decode,
  encode,
  literalCodec,
  recordCodec,
  refinedCodec,
  shortHex,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { rootOf } from '../core/merkle.ts'
import { remembered } from '../core/remembered.ts'
import { INSTANT_LIMIT_NS } from '../core/time.ts'
import { type Block, blockBytes, blockCodec, type ChainRoot, chainRoot, stateHash } from './block.ts'
import { checkEmptyForm } from './empty-block.ts'
import { type Membership, membershipHash, quorumOf } from './membership.ts'
import { BODY_BYTES_MAX, type CompactVote, votesCodec } from './messages.ts'
import { certifiedLeapCodec } from './outcome.ts'
import { type Verify, verifyQuorumCertificate, votesSorted } from './quorum-certificate.ts'
import { epochMarkTai } from './replica/epoch-schedule.ts'
import { isConvicted } from './state.ts'

/**
 * What a stranger gets: a block and q signatures that make it final. It verifies with nothing but the genesis file;
 * docs/certificate.md says exactly which bytes are signed.
 */
export interface Certificate {
  readonly format: 'quorumtime-certificate-1'
  /** The canonical encoding of the block; the votes name its SHA-384. */
  readonly block: Uint8Array
  readonly votes: readonly CompactVote[]
}

export const certificateCodec: Codec<Certificate> = refinedCodec(
  recordCodec<Certificate>({
    format: literalCodec('quorumtime-certificate-1'),
    block: blobCodec(BODY_BYTES_MAX),
    votes: votesCodec,
  }),
  ({ votes }) => (votesSorted(votes) ? undefined : 'votes sorted by sender, each sender once'),
)

/** The canonical encoding: a certificate file. */
export const certificateBytes = remembered((certificate: Certificate) => encode(certificateCodec, certificate))

export function certificateOf(block: Block, votes: readonly CompactVote[]): Certificate {
  return { format: 'quorumtime-certificate-1', block: blockBytes(block), votes }
}

/** A certificate whose every claim has been checked. */
export interface VerifiedCertificate {
  readonly block: Block
  readonly blockHash: Uint8Array
  readonly signers: readonly number[]
}

/**
 * Decodes and verifies the bytes of a certificate file against a membership and, in a later session, the root of that
 * session. Faults say what does not hold; `certificate.no-time` is a block that only changes the membership.
 */
export async function verifyCertificate(
  bytes: Uint8Array,
  membership: Membership,
  verify: Verify,
  root?: ChainRoot,
): Promise<Result<VerifiedCertificate>> {
  const verified = await verifyFinal(bytes, membership, verify, root)
  if (!verified.ok || verified.value.block.change === undefined) return verified
  const { view } = verified.value.block
  return fail('certificate.no-time', `block of view ${view}: expected one that certifies time, got a membership change`)
}

/** The same for any block that is final, also those that change the membership: where a member may go on from. */
export async function verifyFinal(
  bytes: Uint8Array,
  membership: Membership,
  verify: Verify,
  root?: ChainRoot,
): Promise<Result<VerifiedCertificate>> {
  const certificate = decode(certificateCodec, bytes, 'certificate')
  if (!certificate.ok) return certificate
  const block = decode(blockCodec, certificate.value.block, 'certificate.block')
  if (!block.ok) return block
  const hash = sha384(certificate.value.block)
  const consistent = checkBlockForm(block.value, membership, root)
  if (!consistent.ok) return consistent
  const { view } = block.value
  const { votes } = certificate.value
  const quorum = await verifyQuorumCertificate(
    { type: 'finalize', view, hash, votes },
    membership,
    membershipHash(membership),
    verify,
  )
  if (!quorum.ok) return quorum
  return ok({ block: block.value, blockHash: hash, signers: votes.map((vote) => vote.sender) })
}

/**
 * What can be said of a block without its parent and its proposals, in the session that starts at `root`; undefined: the
 * first one. Faults: `block.*`.
 */
export function checkBlockForm(block: Block, membership: Membership, root?: ChainRoot): Result<void> {
  const what = `block of view ${block.view}`
  const numbers = checkNumbers(block, membership, root, what)
  if (!numbers.ok) return numbers
  const { change } = block
  const content = change === undefined ? checkList(block, membership, what) : checkEmptyForm(block, change, what)
  if (!content.ok) return content
  const state = checkState(block, membership, what)
  if (!state.ok) return state
  const evidence = checkConvictions(block, what)
  const isFirst = block.height === (root?.height ?? 0) + 1
  return evidence.ok && isFirst ? checkFirst(block, root ?? chainRoot(membership), what) : evidence
}

function checkNumbers(block: Block, membership: Membership, root: ChainRoot | undefined, what: string): Result<void> {
  const { era, view, epoch, height } = block
  if (era !== membership.era) return fail('block.era', `${what}: expected era ${membership.era}, got ${era}`)
  // From one block to the next all three rise, height by one; a change of the membership and what closes it take no epoch.
  const nth = height - (root?.height ?? 0)
  const timed = (block.change === undefined ? height : block.state.height - 1) - (root?.height ?? 0)
  const earliest = (root?.epoch ?? 0) + timed
  if (nth < 1 || timed < 0 || view < nth || epoch < earliest) {
    return fail(
      'block.number',
      `${what}: expected the ${nth}th block of its session in no earlier view, and epoch ${earliest} or later, got epoch ${epoch}`,
    )
  }
  if (epochMarkTai(membership, epoch) > INSTANT_LIMIT_NS) {
    return fail('block.number', `${what}: expected an epoch whose mark is below 2^62 ns TAI, got epoch ${epoch}`)
  }
  return ok(undefined)
}

function checkList({ list, outcome }: Block, membership: Membership, what: string): Result<void> {
  const { n, q } = quorumOf(membership.members.length)
  if (list.length < q || list.length > n || list.some((entry) => entry.member >= n)) {
    return fail('block.list', `${what}: expected ${q} to ${n} listed members of ${n}, got ${list.length}`)
  }
  const inOrder = outcome.frames.every((frame, index) => frame.member === list[index]?.member)
  if (outcome.frames.length !== list.length || !inOrder) {
    return fail(
      'block.frames',
      `${what}: expected one frame for each of ${list.length} listed members, in order, got ${outcome.frames.length}`,
    )
  }
  const { attestation } = outcome
  if (attestation.length !== list.length || attestation.some(({ member }, index) => member !== list[index]?.member)) {
    return fail(
      'block.attestation',
      `${what}: expected what each of ${list.length} listed members attests, in order, got ${attestation.length}`,
    )
  }
  return ok(undefined)
}

function checkState(block: Block, membership: Membership, what: string): Result<void> {
  const { change, height, state, outcome, logRoot } = block
  const n = membership.members.length
  // Every ancestor is in the log; the block itself follows with its first child. A closing block leaves the state of the
  // change that it closes as it is.
  const decided = change?.step === 'closing' ? Math.min(state.height, height - 1) : height
  if (state.height !== decided || state.log.size !== decided - 1) {
    return fail(
      'block.state',
      `${what}: expected the state of height ${decided} with a log of ${decided - 1}, got ${state.height} with ${state.log.size}`,
    )
  }
  if (state.reputationPpm.length !== n) {
    return fail('block.state', `${what}: expected ${n} reputations, got ${state.reputationPpm.length}`)
  }
  if (!equalBytes(encode(certifiedLeapCodec, state.leap), encode(certifiedLeapCodec, outcome.leap))) {
    return fail('block.state', `${what}: expected the leap knowledge of its own outcome in its state`)
  }
  if (!equalBytes(rootOf(state.log.frontier, state.log.size), logRoot)) {
    return fail('block.log-root', `${what}: expected the root of its own log frontier, got ${shortHex(logRoot)}…`)
  }
  return ok(undefined)
}

/** Whether the proofs prove, its voters have checked; that its state knows of them, everybody sees. */
function checkConvictions({ evidence, state }: Block, what: string): Result<void> {
  const untouched = evidence.find(({ member }) => !isConvicted(state, member))
  if (untouched === undefined) return ok(undefined)
  const { member, kind } = untouched
  const got = state.reputationPpm[member]
  return fail(
    'block.evidence',
    `${what}: expected reputation 0 for member ${member}, of whom it lists ${kind}, got ${got ?? 'no such member'}`,
  )
}

/** The first block of a session stands on its root, and on the state that it starts with. */
function checkFirst({ parent, parentStateHash }: Block, root: ChainRoot, what: string): Result<void> {
  if (!equalBytes(parent, root.hash)) {
    return fail('block.parent', `${what}: expected what its session starts from as the first block's parent`)
  }
  return equalBytes(parentStateHash, stateHash(root.state))
    ? ok(undefined)
    : fail('block.state', `${what}: expected the state that this session starts with as the parent's`)
}
