import { quorumOf } from '../../../src/consensus/membership.ts'
import { pick, shuffled } from '../../support/chance.ts'
import { type Adversary, heardMessage, others, ownMessage } from './liar.ts'
import { createVoteCollector, isVote } from './vote-collector.ts'

/** From at once over the nullification of the view to several views later. */
const REVEALS_NS: readonly bigint[] = [0n, 60_000_000n, 150_000_000n, 400_000_000n, 1_500_000_000n, 3_000_000_000n]

/**
 * Leads so that one vote is missing, which is its own, keeps that vote and with it the certificate, and shows the certificate to
 * some of the others: at once, about when they nullify the view, or views later. At most: the views that it leads are
 * nullified, or become final late.
 */
export const certificateHider: Adversary = {
  play: (liar) => {
    const { q } = quorumOf(liar.membership.members.length)
    const collector = createVoteCollector(liar)
    const take = (message: ReturnType<typeof heardMessage>): void => {
      const certificate = isVote(message) ? collector.add(message) : undefined
      if (certificate === undefined) return
      for (const to of shuffled(liar.prng, others(liar)).slice(0, 1 + liar.prng.nextBelow(2))) {
        const reveal = (): void => liar.send({ to, message: { kind: 'quorum', value: certificate } })
        liar.later(pick(liar.prng, REVEALS_NS), reveal)
      }
    }
    return {
      witness: (_from, { message }) => take(heardMessage(message)),
      say: (outgoing) => {
        const own = ownMessage(liar, outgoing)
        if (own?.type === 'block') {
          return others(liar)
            .filter((_, index) => index < q - 1)
            .map((to) => ({ ...outgoing, to }))
        }
        if (!isVote(own)) return [outgoing]
        take(own)
        return []
      },
    }
  },
}
