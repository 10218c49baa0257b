import type { Result } from '../../core/fault.ts'
import { fail, ok } from '../../core/fault.ts'
import { rootOf } from '../../core/merkle.ts'
import { agree, type ListedProposal } from '../agreement.ts'
import { observe } from '../behaviour/observe.ts'
import { type Block, stateHash } from '../block.ts'
import { decisionLeafHash } from '../decision.ts'
import type { EvidenceEntry } from '../evidence-entry.ts'
import type { Membership } from '../membership.ts'
import type { Header } from '../messages.ts'
import type { Proposal } from '../proposal.ts'
import { nextState } from '../state.ts'
import type { ChainNode } from './chain.ts'

export interface BlockPlan {
  readonly view: number
  readonly leader: number
  readonly epoch: number
  readonly parent: ChainNode
  /** Sorted by member. */
  readonly proposals: readonly PlannedProposal[]
  /** Sorted by member, one each. */
  readonly evidence: readonly EvidenceEntry[]
}

/** A proposal with what the list of a block says of it. */
export interface PlannedProposal {
  readonly member: number
  readonly digest: Uint8Array
  readonly message: { readonly header: Pick<Header, 'attestationDigest'>; readonly body: Proposal }
}

/** What the agreement computes from: of a header nothing but what its sender attests. */
export function listedProposal({ member, message }: Omit<PlannedProposal, 'digest'>): ListedProposal {
  const { header, body } = message
  return { member, proposal: body, attestationDigest: header.attestationDigest }
}

/** How a replica gets the block that follows from a plan: by `composeBlock`, or from somebody who has just done it. */
export type ComposeBlock = (plan: BlockPlan, membership: Membership) => Result<Block>

/**
 * The one block that follows from a plan, or why there is none (`agreement.*`, `block.evidence`). A leader sends it; a voter composes it again from the leader's list and
 * compares hashes, so that outcome, states and log root are all recomputed by everybody who votes.
 */
export function composeBlock(plan: BlockPlan, membership: Membership): Result<Block> {
  const { view, leader, epoch, parent, proposals, evidence } = plan
  const needless = evidence.find(({ member }) => (parent.state.reputationPpm[member] ?? 0) === 0)
  if (needless !== undefined) {
    const { member, kind } = needless
    return fail('block.evidence', `expected evidence against members not convicted yet, got ${kind} of ${member}`)
  }
  const listed = proposals.map(listedProposal)
  const outcome = agree(listed, membership, parent.state, epoch)
  if (!outcome.ok) return outcome
  const state = nextState(parent.state, {
    leader,
    listed: proposals.map(({ member }) => member),
    outcome: outcome.value,
    seen: observe(listed, outcome.value, membership, epoch),
    convicted: evidence.map(({ member }) => member),
    decisionLeafHash: parent.block === undefined ? undefined : decisionLeafHash(parent.block, parent.hash),
  })
  return ok({
    view,
    era: membership.era,
    epoch,
    height: parent.height + 1,
    parent: parent.hash,
    list: proposals.map(({ member, digest }) => ({ member, digest })),
    outcome: outcome.value,
    evidence,
    parentStateHash: stateHash(parent.state),
    state,
    logRoot: rootOf(state.log.frontier, state.log.size),
    change: undefined,
  })
}
