import { bytesCodec, type Codec, listCodec, recordCodec, refinedCodec, uintCodec } from '../core/encoding.ts'
import { appendLeaf, emptyFrontier, frontierLength, MERKLE_HASH_BYTES } from '../core/merkle.ts'
import { where } from './behaviour/accusers.ts'
import { nextBehaviour } from './behaviour/behaviour.ts'
import { type BehaviourState, behaviourCodec, initialBehaviour } from './behaviour/behaviour-state.ts'
import type { Observations } from './behaviour/observe.ts'
import { MEMBERS_MAX, type Membership, quorumOf } from './membership.ts'
import { isAbsent, nextOmission, notOmitted, type Omission, omissionCodec } from './omission.ts'
import { type CertifiedLeap, certifiedLeapCodec, type Outcome } from './outcome.ts'
import { nextReputationPpm, REPUTATION_MAX_PPM } from './reputation.ts'

/** What a block carries forward to its children, a function of its parent's state and of the block alone. */
export interface ClusterState {
  /** Number of blocks from genesis to here. */
  readonly height: number
  /** By member id: 10,000 … 1,000,000, or 0 after proof of a lie. Weighs the choice of a point, never a vote. */
  readonly reputationPpm: readonly number[]
  /** By member id: what newest blocks in a row all left the member out. */
  readonly omissions: readonly Omission[]
  /** The last certified leap knowledge. */
  readonly leap: CertifiedLeap
  /** The decisions of all ancestors as an RFC 6962 tree; the newest block's own decision is not in it yet. */
  readonly log: LogHead
  /** What all blocks so far say about how everybody behaves: statistics, never proof. */
  readonly behaviour: BehaviourState
}

interface LogHead {
  readonly size: number
  readonly frontier: readonly Uint8Array[]
}

/** What of a block goes into the state after it. */
export interface AppliedBlock {
  readonly leader: number
  /** Members on its list. */
  readonly listed: readonly number[]
  readonly outcome: Outcome
  /** What its proposals and its outcome let everybody see of everybody. */
  readonly seen: Observations
  /** Members that the block's evidence convicts: their reputation is 0 from here on. */
  readonly convicted: readonly number[]
  /** RFC 6962 leaf hash of the parent's decision; undefined when the parent is the genesis, which decided nothing. */
  readonly decisionLeafHash: Uint8Array | undefined
}

/** As many subtrees as a size below 2^53 can have. */
const FRONTIER_MAX = 53

const logHeadCodec: Codec<LogHead> = refinedCodec(
  recordCodec<LogHead>({ size: uintCodec(), frontier: listCodec(bytesCodec(MERKLE_HASH_BYTES), FRONTIER_MAX) }),
  ({ size, frontier }) =>
    frontier.length === frontierLength(size) ? undefined : `a frontier of ${frontierLength(size)} for a log of ${size}`,
)

export const stateCodec: Codec<ClusterState> = refinedCodec(
  recordCodec<ClusterState>({
    height: uintCodec(),
    reputationPpm: listCodec(uintCodec(REPUTATION_MAX_PPM), MEMBERS_MAX, 1),
    omissions: listCodec(omissionCodec, MEMBERS_MAX, 1),
    leap: certifiedLeapCodec,
    log: logHeadCodec,
    behaviour: behaviourCodec,
  }),
  ({ reputationPpm, omissions, behaviour }) => {
    if (reputationPpm.length !== omissions.length) return 'as many reputations as absence records'
    const records = behaviour.members.length
    return records === 0 || records === reputationPpm.length ? undefined : 'as many records of behaviour as reputations'
  },
)

/**
 * The state before the first block. Everybody starts with full reputation: with equal weights, whatever the value, the
 * first points are plain means, and from the top the first outlier costs half, where from the floor it would cost nothing.
 */
export function initialState(membership: Membership): ClusterState {
  return {
    height: 0,
    reputationPpm: membership.members.map(() => REPUTATION_MAX_PPM),
    omissions: membership.members.map(() => notOmitted),
    leap: { taiMinusUtcSeconds: undefined, event: undefined, resolved: false },
    log: { size: 0, frontier: emptyFrontier },
    behaviour: initialBehaviour,
  }
}

/** Whether a proof of a lie stands in the chain that leads to this state. */
export function isConvicted({ reputationPpm }: ClusterState, member: number): boolean {
  return reputationPpm[member] === 0
}

/** The state after a block whose parent left `parent`. */
export function nextState(parent: ClusterState, block: AppliedBlock): ClusterState {
  const { leader, outcome, decisionLeafHash } = block
  const { f } = quorumOf(parent.reputationPpm.length)
  const listed = new Set(block.listed)
  const outliers = new Set(outcome.outliers)
  const convicted = new Set(block.convicted)
  const omissions = parent.omissions.map((before, member) =>
    listed.has(member) ? notOmitted : nextOmission(before, leader, f),
  )
  const height = parent.height + 1
  const absent = where(omissions, (omission) => isAbsent(omission, f))
  const behaviour = nextBehaviour(parent.behaviour, block.seen, height, absent)
  const suspected = new Set(behaviour.suspects.filter(({ kind }) => kind !== 'absence').map(({ member }) => member))
  return {
    height,
    reputationPpm: parent.reputationPpm.map((ppm, member) =>
      convicted.has(member)
        ? 0
        : nextReputationPpm(ppm, {
            outlier: outliers.has(member),
            listed: listed.has(member),
            absent: absent.includes(member),
            suspected: suspected.has(member),
          }),
    ),
    omissions,
    leap: outcome.leap,
    log: decisionLeafHash === undefined ? parent.log : appended(parent.log, decisionLeafHash),
    behaviour,
  }
}

/** The state after a block that changes the membership: it says nothing of anybody's conduct. */
export function stateAfterChange(parent: ClusterState, parentLeafHash: Uint8Array | undefined): ClusterState {
  const log = parentLeafHash === undefined ? parent.log : appended(parent.log, parentLeafHash)
  return { ...parent, height: parent.height + 1, log }
}

function appended({ size, frontier }: LogHead, leaf: Uint8Array): LogHead {
  return { size: size + 1, frontier: appendLeaf(frontier, size, leaf) }
}
