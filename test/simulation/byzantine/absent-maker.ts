import { quorumOf } from '../../../src/consensus/membership.ts'
import { type Adversary, onOwn, others, say } from './liar.ts'
import { listingOnly } from './recompose.ts'

/**
 * A leader that lists q proposals and always leaves out the same members, its own proposal always in. At most: those get no
 * correction in the epochs that it leads; their reputation stays, since no correct leader leaves them out.
 */
export const absentMaker: Adversary = {
  play: (liar) => {
    const { q } = quorumOf(liar.membership.members.length)
    const kept = [liar.id, ...others(liar)].slice(0, q)
    return {
      say: (outgoing) =>
        onOwn(liar, outgoing, 'block', ({ body }) => {
          const fewer = listingOnly(liar, body, (member) => kept.includes(member))
          return [fewer === undefined ? outgoing : say(liar, 'all', 'block', fewer)]
        }),
    }
  },
}
