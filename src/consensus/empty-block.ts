import { equalBytes } from '../core/bytes.ts'
import { encode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { rootOf } from '../core/merkle.ts'
import { type Block, blockHash, type SessionChange, stateHash } from './block.ts'
import { decisionLeafHash } from './decision.ts'
import type { Membership } from './membership.ts'
import { emptyOutcome, outcomeCodec } from './outcome.ts'
import type { ChainNode } from './replica/chain.ts'
import { stateAfterChange } from './state.ts'

/** Blocks that certify no time: the one that changes the membership, and those that make it final. */

/** What every block built on `parent` has to be for in the same session; undefined: an ordinary block, or a change. */
export function closingOf({ block, hash }: Pick<ChainNode, 'block' | 'hash'>): SessionChange | undefined {
  if (block?.change === undefined) return undefined
  return { step: 'closing', digest: block.change.step === 'order' ? hash : block.change.digest }
}

/**
 * The one block that does this on `parent`. It needs no proposals and no clock and takes the epoch of its parent, so a
 * cluster gets a new membership also when its present one can certify no time any more, and loses no epoch by it.
 */
export function composeEmptyBlock(view: number, parent: ChainNode, change: SessionChange, { era }: Membership): Block {
  const { block, hash, epoch, height } = parent
  const parentLeafHash = block === undefined ? undefined : decisionLeafHash(block, hash)
  const state = change.step === 'order' ? stateAfterChange(parent.state, parentLeafHash) : parent.state
  return {
    view,
    era,
    epoch,
    height: height + 1,
    parent: hash,
    list: [],
    outcome: emptyOutcome(parent.state.leap),
    evidence: [],
    parentStateHash: stateHash(parent.state),
    state,
    logRoot: rootOf(state.log.frontier, state.log.size),
    change,
  }
}

/** Whether such a block follows from its parent, in whichever order it carries out. Fault `block.change`. */
export function checkEmptyBlock(
  block: Block,
  hash: Uint8Array,
  parent: ChainNode,
  membership: Membership,
): Result<void> {
  const { change } = block
  const closing = closingOf(parent)
  const fits =
    closing === undefined
      ? change?.step === 'order'
      : change?.step === 'closing' && equalBytes(change.digest, closing.digest)
  if (change === undefined || !fits) {
    const expected = closing === undefined ? 'an order' : 'a block that closes the change before it'
    return fail(
      'block.change',
      `expected ${expected}, got ${change === undefined ? 'neither' : `another ${change.step}`}`,
    )
  }
  return equalBytes(blockHash(composeEmptyBlock(block.view, parent, change, membership)), hash)
    ? ok(undefined)
    : fail('block.change', 'expected what follows from its parent and its order, got another block')
}

/** What can be said of such a block without its parent. Faults: `block.empty`, `block.parent`. */
export function checkEmptyForm(block: Block, change: SessionChange, what: string): Result<void> {
  const { list, outcome, evidence, state } = block
  const nothing = encode(outcomeCodec, emptyOutcome(state.leap))
  if (list.length > 0 || evidence.length > 0 || !equalBytes(encode(outcomeCodec, outcome), nothing)) {
    return fail('block.empty', `${what}: expected a membership change to certify nothing else`)
  }
  // The first closing block stands on the change; what later ones stand on, only their parents tell.
  const isFirst = change.step === 'closing' && block.height === state.height + 1
  return isFirst && !equalBytes(block.parent, change.digest)
    ? fail('block.parent', `${what}: expected the change that it closes as its parent`)
    : ok(undefined)
}
