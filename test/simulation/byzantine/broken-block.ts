import type { Block } from '../../../src/consensus/block.ts'
import { membershipHash } from '../../../src/consensus/membership.ts'
import { pick } from '../../support/chance.ts'
import { type Adversary, type Liar, onOwn, randomBytes, say, saying } from './liar.ts'

/** A block with one part that is not as it must be. At most: the view that it leads is nullified. */
export const brokenBlock: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => [say(liar, 'all', 'block', broken(liar, body))]),
  ),
}

function broken({ membership, prng }: Liar, block: Block): Block {
  const [first, ...rest] = block.list
  const breakages: readonly Partial<Block>[] = [
    { parent: randomBytes(prng, 48) },
    { parent: membershipHash(membership) },
    { epoch: block.epoch + 1 },
    { epoch: Math.max(0, block.epoch - 1) },
    { epoch: Number.MAX_SAFE_INTEGER },
    { era: block.era + 1 },
    { height: block.height + 1 },
    { list: [] },
    { list: rest },
    { list: block.list.map((entry) => ({ ...entry, digest: randomBytes(prng, 48) })) },
    { list: block.list.map((entry) => ({ ...entry, digest: first?.digest ?? entry.digest })) },
    { parentStateHash: randomBytes(prng, 48) },
    { state: { ...block.state, reputationPpm: block.state.reputationPpm.map(() => 0) } },
    { state: { ...block.state, height: block.state.height + 1 } },
    { logRoot: randomBytes(prng, 32) },
    { outcome: { ...block.outcome, frames: [] } },
  ]
  return { ...block, ...pick(prng, breakages) }
}
