import { type Block, chainRoot } from '../../../src/consensus/block.ts'
import { leaderOf, membershipHash, quorumOf } from '../../../src/consensus/membership.ts'
import { composeBlock } from '../../../src/consensus/replica/compose-block.ts'
import type { PooledProposal } from '../../../src/consensus/replica/proposal-pool.ts'
import { toHex } from '../../../src/core/bytes.ts'
import { type Adversary, type Liar, onOwn, others, say, saying } from './liar.ts'

/**
 * Two blocks in a view, each of which everybody could vote for alone, to two halves; and at last both to all. At most: the
 * view that it leads is nullified.
 */
export const twoBlocks: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => {
      const other = withoutOne(liar, body)
      if (other === undefined) return [outgoing]
      const split = others(liar).map((to, index) => say(liar, to, 'block', index % 2 === 0 ? body : other))
      return [...split, say(liar, 'all', 'block', other), outgoing]
    }),
  ),
  proves: 'conflicting-block',
}

/** The block that the same leader could have made without one of the proposals. */
function withoutOne(liar: Liar, block: Block): Block | undefined {
  const { membership, blocks } = liar
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  const parentBlock = blocks.get(toHex(block.parent))
  const listed = liar.replica().listed(block)
  if (listed === undefined || listed.length <= quorum.q) return undefined
  if (parentBlock === undefined && block.height > 1) return undefined
  const root = chainRoot(membership)
  const parent =
    parentBlock === undefined
      ? { ...root, block: undefined }
      : { ...parentBlock, hash: block.parent, block: parentBlock }
  const proposals = listed.map(({ member, proposal }, index) => {
    return { member, digest: block.list[index]?.digest, message: { body: proposal } } as PooledProposal
  })
  const left = liar.prng.nextBelow(proposals.length)
  const plan = { view: block.view, leader: leaderOf(block.view, quorum, hash), epoch: block.epoch, parent }
  const composed = composeBlock({ ...plan, proposals: proposals.filter((_, index) => index !== left) }, membership)
  return composed.ok ? composed.value : undefined
}
