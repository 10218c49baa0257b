import type { Proposal } from '../../../src/consensus/proposal.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { taiNs } from '../../../src/core/time.ts'
import { type Adversary, heardMessage, onOwn, say } from './liar.ts'

/** A leader that hears from all does not wait; this one makes itself heard just before it stops waiting. */
const LATEST_NS = 40_000_000n

/**
 * Waits for what the others propose and then places its own interval, of no width, on the very edge of the highest of
 * theirs: the most that an adaptive liar can pull without being cut away. At most: the chosen point lies at an end of the
 * region, which contains the truth all the same.
 */
export const edgePuller: Adversary = {
  play: (liar) => {
    const seen = new Map<number, Proposal>()
    let epoch = 0
    return {
      witness: (_from, { message }) => {
        const heard = heardMessage(message)
        if (heard?.type !== 'proposal' || heard.body.epoch < epoch) return
        if (heard.body.epoch > epoch) seen.clear()
        epoch = heard.body.epoch
        seen.set(heard.header.sender, heard.body)
      },
      say: (outgoing: Outgoing) =>
        onOwn(liar, outgoing, 'proposal', ({ body }) => {
          liar.later(LATEST_NS, () => liar.send(say(liar, 'all', 'proposal', onTheEdge(liar.id, body, seen))))
          return []
        }),
    }
  },
}

/** The same proposal with the node clock on the upper end of the highest claim of another, as the own row shows it. */
function onTheEdge(self: number, own: Proposal, seen: ReadonlyMap<number, Proposal>): Proposal {
  if (own.nodeClock === undefined) return own
  const highest = own.ranging.flatMap(({ peer, phiNs, uncertaintyNs }) => {
    const other = seen.get(peer)
    if (peer === self || other?.nodeClock === undefined || other.epoch !== own.epoch) return []
    const { taiNs: claimed, boundNs } = other.nodeClock
    return [claimed - other.rangingNs + phiNs + uncertaintyNs + boundNs]
  })
  const top = highest.reduce<bigint | undefined>(
    (most, end) => (most === undefined || end > most ? end : most),
    undefined,
  )
  if (top === undefined) return own
  return { ...own, nodeClock: { taiNs: taiNs(own.rangingNs + top), boundNs: 0n } }
}
