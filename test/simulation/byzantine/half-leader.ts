import { quorumOf } from '../../../src/consensus/membership.ts'
import { shuffled } from '../../support/chance.ts'
import { type Adversary, onOwn, others, ownMessage } from './liar.ts'

/**
 * A leader that sends its valid block to one fewer than it takes to notarize it, others each time, and then keeps silent
 * in that view, or votes late when the view is all but nullified. At most: the views that it leads take 3Δ.
 */
export const halfLeader: Adversary = {
  play: (liar) => {
    const { q } = quorumOf(liar.membership.members.length)
    let led = 0
    return {
      say: (outgoing) => {
        const message = ownMessage(liar, outgoing)
        if (message?.type === 'notarize' && message.body.view === led) {
          liar.later(BigInt(liar.prng.nextBelow(200)) * 1_000_000n, () => liar.send(outgoing))
          return []
        }
        return onOwn(liar, outgoing, 'block', ({ body }) => {
          if (led === body.view) return []
          led = body.view
          const shown = shuffled(liar.prng, others(liar)).slice(0, q - 1 - liar.prng.nextBelow(2))
          return shown.map((to) => ({ ...outgoing, to }))
        })
      },
    }
  },
}
