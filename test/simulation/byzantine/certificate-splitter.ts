import { quorumOf } from '../../../src/consensus/membership.ts'
import type { SignedMessage } from '../../../src/consensus/messages.ts'
import { shuffled } from '../../support/chance.ts'
import { type Adversary, heardMessage, onOwn, others, ownMessage, say } from './liar.ts'
import { createVoteCollector, isVote } from './vote-collector.ts'

/**
 * Keeps its votes back, makes both certificates of a view with them, and shows the notarization to one of the others alone,
 * the holder of the newest certified block then, and the nullification to the rest. At most: views that it leads are lost;
 * what one holds it passes on to who needs it.
 */
export const certificateSplitter: Adversary = {
  play: (liar) => {
    const { q } = quorumOf(liar.membership.members.length)
    const collector = createVoteCollector(liar)
    let nullified = 0
    const take = (message: SignedMessage | undefined): void => {
      if (!isVote(message)) return
      const certificate = collector.add(message)
      if (certificate === undefined) return
      const { view, type } = certificate
      const order = shuffled(liar.prng, others(liar))
      const told = type === 'nullify' ? order.slice(1) : order.slice(0, 1)
      for (const to of told) liar.send({ to, message: { kind: 'quorum', value: certificate } })
      if (type !== 'notarize' || nullified >= view) return
      nullified = view
      liar.send(say(liar, order[1] ?? 0, 'nullify', { view }))
    }
    return {
      witness: (_from, { message }) => take(heardMessage(message)),
      say: (outgoing) => {
        const own = ownMessage(liar, outgoing)
        if (own?.type === 'finalize' || own?.type === 'nullify') return []
        if (own?.type === 'notarize') {
          take(own)
          return []
        }
        return onOwn(liar, outgoing, 'block', () =>
          shuffled(liar.prng, others(liar))
            .slice(0, q - 1)
            .map((to) => ({ ...outgoing, to })),
        )
      },
    }
  },
}
