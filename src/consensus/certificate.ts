import { equalBytes } from '../core/bytes.ts'
import { type Codec, decode, encode, literalCodec, recordCodec, refinedCodec, shortHex } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { rootOf } from '../core/merkle.ts'
import { type Block, blockCodec, stateHash } from './block.ts'
import { type Membership, membershipHash, quorumOf } from './membership.ts'
import { BODY_BYTES_MAX, blobCodec, type CompactVote, votesCodec } from './messages.ts'
import { type Verify, verifyQuorumCertificate, votesSorted } from './quorum-certificate.ts'
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

/** What can be said of a block without its parent and its proposals. */
export function checkBlockForm(block: Block, membership: Membership): Result<void> {
  const { n, f } = quorumOf(membership.members.length)
  const what = `block of view ${block.view}`
  if (block.era !== membership.era)
    return fail('block.era', `${what}: expected era ${membership.era}, got ${block.era}`)
  if (block.view < 1 || block.height < 1 || block.epoch < 1) {
    return fail(
      'block.number',
      `${what}: expected view, height and epoch of at least 1, got ${block.view}, ${block.height}, ${block.epoch}`,
    )
  }
  if (block.list.length < n - f || block.list.length > n || block.list.some((entry) => entry.member >= n)) {
    return fail('block.list', `${what}: expected ${n - f} to ${n} listed members of ${n}, got ${block.list.length}`)
  }
  if (block.outcome.frames.some((frame, index) => frame.member !== block.list[index]?.member)) {
    return fail('block.frames', `${what}: expected one frame for each listed member, in order`)
  }
  if (block.outcome.frames.length !== block.list.length) {
    return fail('block.frames', `${what}: expected ${block.list.length} frames, got ${block.outcome.frames.length}`)
  }
  if (block.state.height !== block.height) {
    return fail('block.state', `${what}: expected the state of height ${block.height}, got ${block.state.height}`)
  }
  if (!equalBytes(rootOf(block.state.log.frontier, block.state.log.size), block.logRoot)) {
    return fail('block.log-root', `${what}: expected the root of its own log frontier, got ${shortHex(block.logRoot)}…`)
  }
  if (block.height === 1 && !equalBytes(block.parentStateHash, stateHash(initialState(membership)))) {
    return fail('block.state', `${what}: expected the initial state of this membership as the parent's`)
  }
  return ok(undefined)
}
