import { leaderOf, membershipHash, quorumOf } from '../../../src/consensus/membership.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { pick } from '../../support/chance.ts'
import { type Adversary, type Liar, onOwn, randomBytes, say, saying } from './liar.ts'

/** Votes, blocks, proposals and greetings of views and epochs far away. At most: frames are read in vain, nothing is kept. */
export const farAway: Adversary = {
  play: saying((liar, outgoing) => onOwn(liar, outgoing, 'notarize', () => [outgoing, ...distant(liar)])),
}

/** Views and epochs just inside and far outside of what anybody keeps. */
function distant(liar: Liar): readonly Outgoing[] {
  const { prng, membership } = liar
  const present = liar.replica().status().view
  const view = pick(prng, [0, 1, present + 16, present + 17, present + 1_000, Number.MAX_SAFE_INTEGER])
  const hash = randomBytes(prng, 48)
  const block = [...liar.blocks.values()].at(-1)
  const listed = block === undefined ? undefined : liar.replica().listed(block)
  const proposal = listed?.find(({ member }) => member === liar.id)?.proposal
  const led = [0, 1, 2, 3, 4, 5, 6]
    .map((ahead) => view - ahead)
    .find(
      (led) => led > 0 && leaderOf(led, quorumOf(membership.members.length), membershipHash(membership)) === liar.id,
    )
  return [
    say(liar, 'all', 'notarize', { view, hash }),
    say(liar, 'all', 'finalize', { view, hash }),
    say(liar, 'all', 'nullify', { view }),
    ...(block === undefined || led === undefined ? [] : [say(liar, 'all', 'block', { ...block, view: led })]),
    ...(proposal === undefined
      ? []
      : [-1_000, -4, 4, 5, 1_000, Number.MAX_SAFE_INTEGER - proposal.epoch].map((ahead) =>
          say(liar, 'all', 'proposal', { ...proposal, epoch: Math.max(0, proposal.epoch + ahead) }),
        )),
    ...(proposal === undefined
      ? []
      : [
          say(liar, 'all', 'hello', {
            era: 1,
            clock: proposal,
            view: pick(prng, [0, view]),
            finalizedView: view,
            answerWanted: true,
          }),
        ]),
  ]
}
