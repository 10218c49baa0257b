import type { Header } from '../../../src/consensus/messages.ts'
import { type Adversary, ownMessage, randomBytes, sayAs, saying } from './liar.ts'

/**
 * Says everything as it should, and before that the same in another cluster, under another membership, as somebody else or
 * in another era, validly signed with the key that it has. At most: the frames are refused.
 */
export const otherCluster: Adversary = {
  play: saying((liar, outgoing) => {
    const message = ownMessage(liar, outgoing)
    if (message === undefined) return [outgoing]
    const elsewhere: readonly Partial<Header>[] = [
      { cluster: `${liar.membership.cluster}2` },
      { membershipHash: randomBytes(liar.prng, 48) },
      { sender: (liar.id + 1) % liar.membership.members.length },
    ]
    const said = elsewhere.map((header) => sayAs(liar, 'all', message.type, message.body, header))
    if (message.type !== 'proposal') return [...said, outgoing]
    // Of another era no correct member keeps anything, so that this contradicts nothing.
    return [...said, sayAs(liar, 'all', 'proposal', { ...message.body, era: message.body.era + 1 }, {}), outgoing]
  }),
}
