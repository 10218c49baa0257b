import { equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { type Block, blockHash } from '../block.ts'
import { checkEmptyBlock, closingOf } from '../empty-block.ts'
import { type Membership, quorumOf } from '../membership.ts'
import type { ChainNode } from './chain.ts'
import { composeBlock, type PlannedProposal } from './compose-block.ts'

/** A leader's block with everything that it is computed from. */
export interface BlockClaim {
  readonly block: Block
  readonly hash: Uint8Array
  readonly leader: number
  readonly parent: ChainNode
  /** In the order of the block's list, whose digests they have. */
  readonly proposals: readonly PlannedProposal[]
}

/**
 * What a block's parent alone says of it: views and epochs rise, the era stays, the list is long enough unless
 * the block certifies no time. A fault means that
 * no correct leader makes it, whatever its proposals are.
 */
export function checkPlace(block: Block, parent: ChainNode, membership: Membership): Result<void> {
  const { n, q } = quorumOf(membership.members.length)
  if (parent.view >= block.view) {
    return fail('block.parent', `expected a parent of a view before ${block.view}, got view ${parent.view}`)
  }
  if (block.era !== membership.era) return fail('block.era', `expected era ${membership.era}, got ${block.era}`)
  if (certifiesNoTime(block, parent)) return ok(undefined)
  if (block.epoch <= parent.epoch) {
    return fail('block.epoch', `expected an epoch after ${parent.epoch}, got ${block.epoch}`)
  }
  if (block.list.length < q || block.list.length > n) {
    return fail('block.list', `expected ${q} to ${n} proposals, got ${block.list.length}`)
  }
  return ok(undefined)
}

/** It changes the membership, or has to close such a change. */
function certifiesNoTime(block: Block, parent: ChainNode): boolean {
  return block.change !== undefined || closingOf(parent) !== undefined
}

/**
 * Whether the block is the one that follows from its parent, its list and its evidence, all recomputed. Voters and whoever
 * judges a `wrong-outcome` ask this same question: a block that a correct leader makes passes, since it was made by the
 * same function from the same bytes.
 */
export function checkBlock(claim: BlockClaim, membership: Membership, compose = composeBlock): Result<void> {
  const { block, hash, leader, parent, proposals } = claim
  const placed = checkPlace(block, parent, membership)
  if (!placed.ok) return placed
  if (certifiesNoTime(block, parent)) return checkEmptyBlock(block, hash, parent, membership)
  const { view, epoch, evidence } = block
  const composed = compose({ view, leader, epoch, parent, proposals, evidence }, membership)
  if (!composed.ok) return composed
  return equalBytes(blockHash(composed.value), hash)
    ? ok(undefined)
    : fail('block.outcome', 'expected what follows from its proposals and its parent, got another block')
}
