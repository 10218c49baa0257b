import { type Block, blockHash, chainRoot } from '../../src/consensus/block.ts'
import { leaderOf, type Membership, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { contentDigest, type SignedMessage } from '../../src/consensus/messages.ts'
import type { ChainNode } from '../../src/consensus/replica/chain.ts'
import { composeBlock } from '../../src/consensus/replica/compose-block.ts'
import { monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { unwrap } from './results.ts'
import type { Voices } from './signed-messages.ts'
import { honestMeasurement } from './virtual-measurement.ts'

/** A block as its leader would make it, with the proposals that it lists. */
export interface DecidedBlock {
  readonly block: Block
  readonly hash: Uint8Array
  readonly leader: number
  readonly proposals: readonly SignedMessage<'proposal'>[]
}

/** Blocks of views and epochs 1, 2, … `length`, each on the one before it, each listing everybody. */
export function decidedChain(voices: Voices, membership: Membership, length: number): readonly DecidedBlock[] {
  let parent: ChainNode = { ...chainRoot(membership), block: undefined }
  return Array.from({ length }, (_, index) => {
    const decided = decideOn(voices, membership, parent, index + 1, index + 1)
    const { block, hash } = decided
    parent = { ...block, hash, block }
    return decided
  })
}

/** The block of a view and an epoch on any parent. */
export function decideOn(
  voices: Voices,
  membership: Membership,
  parent: ChainNode,
  view: number,
  epoch: number,
): DecidedBlock {
  const { members, era, genesisTai } = membership
  const mark = monoNs(BigInt(epoch) * NS_PER_SECOND)
  const proposals = members.map(({ id }) => {
    const measurement = honestMeasurement(id, members.length, mark, plus(genesisTai, mark))
    return voices.say(id, 'proposal', { ...measurement, era, epoch, parent: parent.hash })
  })
  const leader = leaderOf(view, quorumOf(members.length), membershipHash(membership))
  const pooled = proposals.map((message) => {
    return { member: message.header.sender, digest: contentDigest(message), message }
  })
  const block = unwrap(composeBlock({ view, leader, epoch, parent, proposals: pooled, evidence: [] }, membership))
  return { block, hash: blockHash(block), leader, proposals }
}
