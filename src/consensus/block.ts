import { REFUSED } from '../core/cbor-reader.ts'
import { bytesCodec, type Codec, encode, listCodec, recordCodec, refinedCodec, uintCodec } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { MEMBERS_MAX, type Membership, membershipHash } from './membership.ts'
import { type Outcome, outcomeCodec } from './outcome.ts'
import { digestCodec, memberIdCodec } from './proposal.ts'
import { type ClusterState, initialState, stateCodec } from './state.ts'

/** One decision: which proposals count for an epoch, and everything that follows from them. */
export interface Block {
  readonly view: number
  readonly era: number
  readonly epoch: number
  /** Number of blocks from genesis to here. */
  readonly height: number
  readonly parent: Uint8Array
  /** Which proposals count, sorted by member. */
  readonly list: readonly ListEntry[]
  readonly outcome: Outcome
  /** Proofs of lies. Rules version 1 carries none: the list is empty, and a block with entries is invalid. */
  readonly evidence: readonly never[]
  /** SHA-384 of the parent's state, and the state after this block. */
  readonly parentStateHash: Uint8Array
  readonly state: ClusterState
  /** RFC 6962 root over the decisions of all ancestors, this block's own not included. */
  readonly logRoot: Uint8Array
}

export interface ListEntry {
  readonly member: number
  /** SHA-384 of the proposal's signed bytes. */
  readonly digest: Uint8Array
}

const noEvidenceCodec: Codec<readonly never[]> = {
  write: (to) => to.array(0),
  read: (from) => (from.array(0, 0) === REFUSED ? REFUSED : []),
}

export const blockCodec: Codec<Block> = refinedCodec(
  recordCodec<Block>({
    view: uintCodec(),
    era: uintCodec(),
    epoch: uintCodec(),
    height: uintCodec(),
    parent: digestCodec,
    list: listCodec(recordCodec<ListEntry>({ member: memberIdCodec, digest: digestCodec }), MEMBERS_MAX),
    outcome: outcomeCodec,
    evidence: noEvidenceCodec,
    parentStateHash: digestCodec,
    state: stateCodec,
    logRoot: bytesCodec(32),
  }),
  ({ list }) =>
    list.every((entry, index) => index === 0 || (list[index - 1]?.member ?? -1) < entry.member)
      ? undefined
      : 'list entries sorted by member, each member once',
)

/** SHA-384 of the canonical encoding. Headers and signatures stay out of it. */
export function blockHash(block: Block): Uint8Array {
  return sha384(encode(blockCodec, block))
}

export function stateHash(state: ClusterState): Uint8Array {
  return sha384(encode(stateCodec, state))
}

/** What every first block builds on: view 0, epoch 0, the initial state; its hash is the membership hash. */
export interface ChainRoot {
  readonly hash: Uint8Array
  readonly view: 0
  readonly epoch: 0
  readonly height: 0
  readonly state: ClusterState
}

export function chainRoot(membership: Membership): ChainRoot {
  return { hash: membershipHash(membership), view: 0, epoch: 0, height: 0, state: initialState(membership) }
}
