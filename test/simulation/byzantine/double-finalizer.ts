import { type Adversary, onOwn, randomBytes, say, saying, shuffledPair } from './liar.ts'

/** Finalizes its block and one that nobody made, in either order. At most: its vote is lost. */
export const doubleFinalizer: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'finalize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'finalize', { ...body, hash: randomBytes(liar.prng, 48) })),
    ]),
  ),
  proves: 'conflicting-finalize',
}
