import { assert } from '../core/assert.ts'
import {
  bytesCodec,
  type Codec,
  choiceCodec,
  encode,
  listCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { remembered } from '../core/remembered.ts'
import { type EvidenceEntry, evidenceEntryCodec } from './evidence-entry.ts'
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
  /** Proofs of lies that convict from here on: sorted by member, one for each that the parent's state does not convict. */
  readonly evidence: readonly EvidenceEntry[]
  /** SHA-384 of the parent's state, and the state after this block. */
  readonly parentStateHash: Uint8Array
  readonly state: ClusterState
  /** RFC 6962 root over the decisions of all ancestors, this block's own not included. */
  readonly logRoot: Uint8Array
  /** What a block is for that certifies no time: the list of such a block is empty, and its epoch that of its parent. */
  readonly change: SessionChange | undefined
}

/**
 * The end of a session. An `order` block carries out a membership order and is the last decision of its session; what is
 * built on it in the session are `closing` blocks, which decide nothing and only serve to make it final.
 */
export interface SessionChange {
  readonly step: 'order' | 'closing'
  /** Of the order, or hash of the block that carries it out. */
  readonly digest: Uint8Array
}

export interface ListEntry {
  readonly member: number
  /** SHA-384 of the proposal's signed bytes. */
  readonly digest: Uint8Array
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
    evidence: listCodec(evidenceEntryCodec, MEMBERS_MAX),
    parentStateHash: digestCodec,
    state: stateCodec,
    logRoot: bytesCodec(32),
    change: optionalCodec(recordCodec<SessionChange>({ step: choiceCodec(['order', 'closing']), digest: digestCodec })),
  }),
  ({ list, evidence }) => {
    if (!sortedByMember(list)) return 'list entries sorted by member, each member once'
    return sortedByMember(evidence) ? undefined : 'evidence sorted by member, each member once'
  },
)

function sortedByMember(entries: readonly { readonly member: number }[]): boolean {
  return entries.every((entry, index) => index === 0 || (entries[index - 1]?.member ?? -1) < entry.member)
}

/** The canonical encoding. */
export const blockBytes = remembered((block: Block) => encode(blockCodec, block))

/** SHA-384 of the canonical encoding. Headers and signatures stay out of it. */
export const blockHash = remembered((block: Block) => sha384(blockBytes(block)))

export const stateHash = remembered((state: ClusterState) => sha384(encode(stateCodec, state)))

/**
 * What the first block of a session builds on, as if it were a block of view 0. In the first session its hash is the
 * membership hash, its height and epoch 0; in a later one it is the block that changed the membership.
 */
export interface ChainRoot {
  readonly hash: Uint8Array
  readonly view: 0
  readonly epoch: number
  readonly height: number
  readonly state: ClusterState
}

/** The root of the first session; what a later one stands on, its membership alone does not tell. */
export function chainRoot(genesis: Membership): ChainRoot {
  assert(genesis.session === 0, 'the root of a later session follows from the change before it')
  return { hash: membershipHash(genesis), view: 0, epoch: 0, height: 0, state: initialState(genesis) }
}
