import { deepStrictEqual } from 'node:assert/strict'
import type { Block, ListEntry } from '../../src/consensus/block.ts'
import { type Membership, membershipHash } from '../../src/consensus/membership.ts'
import { type BlockPlan, type ComposeBlock, composeBlock } from '../../src/consensus/replica/compose-block.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import type { Result } from '../../src/core/fault.ts'

/** `check`: everything is composed again, and what was remembered must be equal. */
export type Memo = 'on' | 'off' | 'check'

/** Plans of a few views, of everybody who may lead them. */
const PLANS_KEPT = 16

interface Composition {
  readonly plan: BlockPlan
  readonly membership: Membership
  readonly composed: Result<Block>
}

/**
 * One composition for all members of a virtual cluster: the block that follows from a plan is the same whoever computes
 * it, so it is computed when the first member asks.
 */
export function createSharedCompose(memo: Memo): ComposeBlock {
  if (memo === 'off') return composeBlock
  const newest: Composition[] = []
  return (plan, membership) => {
    const known = newest.find((other) => samePlan(other.plan, plan) && sameMembership(other.membership, membership))
    if (known !== undefined) {
      if (memo === 'check') deepStrictEqual(known.composed, composeBlock(plan, membership))
      return known.composed
    }
    const composed = composeBlock(plan, membership)
    newest.unshift({ plan, membership, composed })
    if (newest.length > PLANS_KEPT) newest.pop()
    return composed
  }
}

/**
 * A parent is told by its hash, a proposal and a proof by their digest. What a plan consists of in addition would have to be
 * compared too: without it this does not compile.
 */
const SAME: { readonly [Part in keyof Required<BlockPlan>]: (a: BlockPlan, b: BlockPlan) => boolean } = {
  view: (a, b) => a.view === b.view,
  leader: (a, b) => a.leader === b.leader,
  epoch: (a, b) => a.epoch === b.epoch,
  parent: (a, b) => equalBytes(a.parent.hash, b.parent.hash),
  proposals: (a, b) => sameList(a.proposals, b.proposals),
  evidence: (a, b) => sameList(a.evidence, b.evidence),
}
const SAME_PARTS = Object.values(SAME)

function samePlan(a: BlockPlan, b: BlockPlan): boolean {
  return SAME_PARTS.every((same) => same(a, b))
}

function sameList(a: readonly ListEntry[], b: readonly ListEntry[]): boolean {
  return a.length === b.length && a.every((entry, index) => sameListed(entry, b[index]))
}

function sameListed(a: ListEntry, b: ListEntry | undefined): boolean {
  return b !== undefined && a.member === b.member && equalBytes(a.digest, b.digest)
}

function sameMembership(a: Membership, b: Membership): boolean {
  return a === b || equalBytes(membershipHash(a), membershipHash(b))
}
