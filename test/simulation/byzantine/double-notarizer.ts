import { type Adversary, onOwn, randomBytes, say, saying, shuffledPair } from './liar.ts'

/** Notarizes its block and one that nobody made, in either order. At most: its vote is lost. */
export const doubleNotarizer: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'notarize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'notarize', { ...body, hash: randomBytes(liar.prng, 48) })),
    ]),
  ),
  proves: 'conflicting-notarize',
}
