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
import { INSTANT_LIMIT_NS } from '../core/time.ts'
import { type Block, blockCodec, stateHash } from './block.ts'
import { type Membership, membershipHash, quorumOf } from './membership.ts'
import { BODY_BYTES_MAX, type CompactVote, votesCodec } from './messages.ts'
import { certifiedLeapCodec } from './outcome.ts'
import { type Verify, verifyQuorumCertificate, votesSorted } from './quorum-certificate.ts'
import { epochMarkTai } from './replica/epoch-schedule.ts'
import { initialState } from './state.ts'

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

export function certificateOf(block: Block, votes: readonly CompactVote[]): Certificate {
  return { format: 'quorumtime-certificate-1', block: encode(blockCodec, block), votes }
}

/** A certificate whose every claim has been checked. */
export interface VerifiedCertificate {
  readonly block: Block
  readonly blockHash: Uint8Array
  readonly signers: readonly number[]
}

/** Decodes and verifies the bytes of a certificate file against a membership. Faults say what does not hold. */
export async function verifyCertificate(
  bytes: Uint8Array,
  membership: Membership,
  verify: Verify,
): Promise<Result<VerifiedCertificate>> {
  const certificate = decode(certificateCodec, bytes, 'certificate')
  if (!certificate.ok) return certificate
  const block = decode(blockCodec, certificate.value.block, 'certificate.block')
  if (!block.ok) return block
  const hash = sha384(certificate.value.block)
  const consistent = checkBlockForm(block.value, membership)
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

/** What can be said of a block without its parent and its proposals. Faults: `block.*`. */
export function checkBlockForm(block: Block, membership: Membership): Result<void> {
  const what = `block of view ${block.view}`
  const numbers = checkNumbers(block, membership, what)
  if (!numbers.ok) return numbers
  const list = checkList(block, membership, what)
  if (!list.ok) return list
  const state = checkState(block, membership, what)
  return state.ok && block.height === 1 ? checkFirst(block, membership, what) : state
}

function checkNumbers({ era, view, epoch, height }: Block, membership: Membership, what: string): Result<void> {
  if (era !== membership.era) return fail('block.era', `${what}: expected era ${membership.era}, got ${era}`)
  // From one block to the next all three rise, height by one; the first block has height 1.
  if (height < 1 || view < height || epoch < height) {
    return fail(
      'block.number',
      `${what}: expected a height of at least 1, and view and epoch not below it, got ${height}, ${view}, ${epoch}`,
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
  return ok(undefined)
}

function checkState({ height, state, outcome, logRoot }: Block, membership: Membership, what: string): Result<void> {
  const n = membership.members.length
  // Every ancestor is in the log; the block itself follows with its first child.
  if (state.height !== height || state.log.size !== height - 1) {
    return fail(
      'block.state',
      `${what}: expected the state of height ${height} with a log of ${height - 1}, got ${state.height} with ${state.log.size}`,
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

/** The first block stands on the membership itself, and on the state that it starts with. */
function checkFirst({ parent, parentStateHash }: Block, membership: Membership, what: string): Result<void> {
  if (!equalBytes(parent, membershipHash(membership))) {
    return fail('block.parent', `${what}: expected the membership's hash as the first block's parent`)
  }
  return equalBytes(parentStateHash, stateHash(initialState(membership)))
    ? ok(undefined)
    : fail('block.state', `${what}: expected the initial state of this membership as the parent's`)
}
