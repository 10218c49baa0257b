import { blockCodec, blockHash } from '../../../src/consensus/block.ts'
import type { WireMessage } from '../../../src/consensus/wire-message.ts'
import { encode } from '../../../src/core/encoding.ts'
import { type Adversary, onOwn, say, saying, toAll } from './liar.ts'

/** A block on a parent that nobody decided, and the parent to go with it. At most: the view that it leads is nullified. */
export const parentInventor: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => {
      const parent = { ...body, view: Number.MAX_SAFE_INTEGER, height: Number.MAX_SAFE_INTEGER - 1 }
      const answer: WireMessage = { kind: 'block-bytes', value: encode(blockCodec, parent) }
      return [say(liar, 'all', 'block', { ...body, parent: blockHash(parent) }), ...toAll(answer, answer, answer)]
    }),
  ),
}
