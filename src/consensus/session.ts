import { appendLeaf } from '../core/merkle.ts'
import { type Block, type ChainRoot, chainRoot } from './block.ts'
import { decisionLeafHash } from './decision.ts'
import { type Membership, membershipHash } from './membership.ts'
import { type ClusterState, initialState } from './state.ts'

/**
 * The time of one membership: which one it is, and what its first block builds on. The genesis starts the first session;
 * a change of the membership that has become final ends one and starts the next, at view 1.
 */
export interface Session {
  readonly membership: Membership
  /** The membership hash: it stands in every signature of the session. */
  readonly hash: Uint8Array
  readonly root: ChainRoot
}

/** The session that a genesis file starts. */
export function firstSession(genesis: Membership): Session {
  const root = chainRoot(genesis)
  return { membership: genesis, hash: root.hash, root }
}

/**
 * The session after the decided block `change`, whose order names `next`. Heights go on, and so do epochs unless a new era
 * numbers them anew.
 */
export function nextSession(present: Session, next: Membership, change: Block, changeHash: Uint8Array): Session {
  const epoch = next.era === present.membership.era ? change.epoch : 0
  const state = carriedState(present.membership, next, change, changeHash)
  return {
    membership: next,
    hash: membershipHash(next),
    root: { hash: changeHash, view: 0, epoch, height: change.height, state },
  }
}

/**
 * What the next membership starts with: the log with the decision of the change in it, the leap knowledge, and what is
 * known of the members whose signing key stays. A new key starts like a new member: that is the operators' decision.
 * Whom which leaders have left out is not carried over, since those are members of the old session.
 */
function carriedState(before: Membership, next: Membership, change: Block, changeHash: Uint8Array): ClusterState {
  const { state } = change
  const fresh = initialState(next)
  const known = new Map(before.members.map(({ id, signingKey }) => [signingKey.join(), state.reputationPpm[id]]))
  return {
    ...fresh,
    height: state.height,
    reputationPpm: next.members.map(
      ({ id, signingKey }) => known.get(signingKey.join()) ?? fresh.reputationPpm[id] ?? 0,
    ),
    leap: state.leap,
    log: {
      size: state.log.size + 1,
      frontier: appendLeaf(state.log.frontier, state.log.size, decisionLeafHash(change, changeHash)),
    },
  }
}
