import { type Adversary, onOwn, others, randomBytes, say, saying } from './liar.ts'

/** Two proposals of an epoch to everybody, and to everybody others. At most: it gets no correction itself. */
export const equivocatingProposer: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'proposal', ({ body }) =>
      others(liar).flatMap((to) =>
        [1, 2].map(() => say(liar, to, 'proposal', { ...body, stampRoot: randomBytes(liar.prng, 32) })),
      ),
    ),
  ),
  proves: 'conflicting-proposal',
}
