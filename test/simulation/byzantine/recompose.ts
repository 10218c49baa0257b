import { type Block, chainRoot } from '../../../src/consensus/block.ts'
import { leaderOf, membershipHash, quorumOf } from '../../../src/consensus/membership.ts'
import { composeBlock } from '../../../src/consensus/replica/compose-block.ts'
import type { PooledProposal } from '../../../src/consensus/replica/proposal-pool.ts'
import { toHex } from '../../../src/core/bytes.ts'
import type { Liar } from './liar.ts'

/** The valid block that the same leader could have made of some of the proposals; undefined when it could not. */
export function listingOnly(liar: Liar, block: Block, keeps: (member: number) => boolean): Block | undefined {
  const { membership, blocks } = liar
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  const parentBlock = blocks.get(toHex(block.parent))
  const listed = liar.replica().listed(block)
  if (listed === undefined) return undefined
  if (parentBlock === undefined && block.height > 1) return undefined
  const parent =
    parentBlock === undefined
      ? { ...chainRoot(membership), block: undefined }
      : { ...parentBlock, hash: block.parent, block: parentBlock }
  const proposals = listed.map(({ member, proposal, attestationDigest }, index) => {
    const message = { header: { attestationDigest }, body: proposal }
    return { member, digest: block.list[index]?.digest, message } as PooledProposal
  })
  const kept = proposals.filter(({ member }) => keeps(member))
  if (kept.length < quorum.q || kept.length === listed.length) return undefined
  const { view, epoch, evidence } = block
  const plan = { view, leader: leaderOf(view, quorum, hash), epoch, parent, evidence }
  const composed = composeBlock({ ...plan, proposals: kept }, membership)
  return composed.ok ? composed.value : undefined
}
