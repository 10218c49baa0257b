import type { Block } from '../../../src/consensus/block.ts'
import { type Adversary, type Liar, onOwn, others, say, saying } from './liar.ts'
import { listingOnly } from './recompose.ts'

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

function withoutOne(liar: Liar, block: Block): Block | undefined {
  const left = block.list[liar.prng.nextBelow(block.list.length)]?.member
  return listingOnly(liar, block, (member) => member !== left)
}
