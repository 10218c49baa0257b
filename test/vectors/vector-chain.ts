import { type Block, blockHash, type ChainRoot, chainRoot } from '../../src/consensus/block.ts'
import type { EvidenceEntry } from '../../src/consensus/evidence-entry.ts'
import { leaderOf, type Membership, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { contentDigest, type SignedMessage } from '../../src/consensus/messages.ts'
import type { LeapClaim, Proposal, RangingEntry } from '../../src/consensus/proposal.ts'
import type { ChainNode } from '../../src/consensus/replica/chain.ts'
import { composeBlock } from '../../src/consensus/replica/compose-block.ts'
import { epochMarkTai } from '../../src/consensus/replica/epoch-schedule.ts'
import { NS_PER_SECOND, plus, type RangingNs, rangingNs, taiNs } from '../../src/core/time.ts'
import type { Say } from './vector-members.ts'

/** 2027-01-01T00:00:00Z, were a leap second inserted before it; the claim ends half a year later. */
const LEAP: LeapClaim = {
  taiMinusUtcSeconds: 37,
  event: { at: taiNs(1_798_761_638n * NS_PER_SECOND), taiMinusUtcSeconds: 38 },
  validUntil: taiNs(1_814_400_038n * NS_PER_SECOND),
}

/** One decided block with the proposals that it lists. */
export interface Decided {
  readonly block: Block
  readonly hash: Uint8Array
  readonly proposals: readonly SignedMessage<'proposal'>[]
}

/** What is particular about one block of a chain. */
export interface Turn {
  readonly view: number
  readonly epoch: number
  readonly listed: readonly number[]
  /** Members that say more than the plain truth. */
  readonly changes?: Readonly<Record<number, Partial<Proposal>>>
  /** Proofs that the block lists, sorted by member. */
  readonly evidence?: readonly EvidenceEntry[]
}

/** The blocks that follow from these turns, by the product's own rules. */
export function composeChain(
  membership: Membership,
  turns: readonly Turn[],
  say: Say,
  root: ChainRoot = chainRoot(membership),
): readonly Decided[] {
  const quorum = quorumOf(membership.members.length)
  const genesisHash = membershipHash(membership)
  let parent: ChainNode = { ...root, block: undefined }
  return turns.map(({ view, epoch, listed, changes, evidence }) => {
    const proposals = listed.map((member) =>
      say(member, 'proposal', {
        ...plainProposal(membership, member, epoch, parent.hash),
        ...changes?.[member],
      }),
    )
    const composed = composeBlock(
      {
        view,
        epoch,
        leader: leaderOf(view, quorum, genesisHash),
        parent,
        evidence: evidence ?? [],
        proposals: proposals.map((message) => ({
          member: message.header.sender,
          digest: contentDigest(message),
          message,
        })),
      },
      membership,
    )
    if (!composed.ok) throw new Error(composed.fault.message)
    const block = composed.value
    const hash = blockHash(block)
    parent = { hash, view, epoch, height: block.height, state: block.state, block }
    return { block, hash, proposals }
  })
}

/** Where member i's ranging clock started: (i + 1) · 10¹² ns before the genesis. */
function rangingAt(member: number, sinceGenesisNs: bigint): RangingNs {
  return rangingNs(BigInt(member + 1) * 1_000_000_000_000n + sinceGenesisNs)
}

function plainProposal(membership: Membership, member: number, epoch: number, parent: Uint8Array): Proposal {
  const others = membership.members.map(({ id }) => id).filter((id) => id !== member)
  // Marks are 0.3 ms apart; hardware is 40 ns off to both sides of the truth; ranging knows the difference to 20 µs.
  const mark = plus(epochMarkTai(membership, epoch), BigInt(member) * 300_000n)
  return {
    era: membership.era,
    epoch,
    parent,
    bootId: bootId(member),
    segment: 0,
    rangingNs: rangingAt(member, mark - membership.genesisTai),
    nodeClock: { taiNs: plus(mark, member % 2 === 0 ? 40n : -40n), boundNs: 250n },
    rangingRatePpb: 200n,
    mode: 'locked',
    sources: [
      { name: 'gnss0', class: 'gnss', domain: 'gnss', state: 'selected', offsetNs: -12n },
      { name: 'gpsdo0', class: 'gpsdo', domain: 'gpsdo0', state: 'frequency', offsetNs: undefined },
    ],
    ranging: others.map((peer) => rangingEntry(member, peer)),
    links: others.map((peer) => ({ peer, up: true, roundTripNs: 41_000n, lossPpm: 0 })),
    leap: LEAP,
    stampRoot: undefined,
    verdicts: [],
  }
}

function rangingEntry(self: number, peer: number): RangingEntry {
  return {
    peer,
    bootId: bootId(peer),
    segment: 0,
    phiNs: rangingAt(peer, 0n) - rangingAt(self, 0n) + BigInt(7 * (peer - self)),
    uncertaintyNs: 20_500n,
    ageNs: 125_000_000n,
  }
}

function bootId(member: number): Uint8Array {
  return new Uint8Array(16).fill(0xb0 + member)
}
