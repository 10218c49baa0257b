import type { Adversary } from './liar.ts'

/** How far its faces are apart at most: a millisecond, far beyond every honest bound. */
const FACES_NS = 1_000_000

/**
 * Answers every peer that ranges it with another clock, and another one each epoch. At most: it is out of the region in the
 * frames of those to whom it lies far enough; where it lies less, the region is as wide as honest intervals let it be.
 */
export const twoFacedClock: Adversary = {
  play: ({ prng }) => ({
    answer: (_asker, _epoch, entry) => {
      const reach = 10 ** prng.nextBelow(7)
      return {
        ...entry,
        phiNs: entry.phiNs + BigInt(prng.nextBelow(2 * Math.min(reach, FACES_NS)) - Math.min(reach, FACES_NS)),
      }
    },
  }),
}
