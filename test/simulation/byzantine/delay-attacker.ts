import { type Adversary, ownMessage } from './liar.ts'

/** Asymmetric delay on the way of ranging, and how late its own words are: just before leaders stop to wait. */
const ASYMMETRY_NS_MAX = 2_000_000
const LATE_NS = 45_000_000n

/**
 * Delays ranging in one direction, so that half of it goes into what others measure, and is late with all that it says. At
 * most: its interval is wide or missing, and each view waits for it until the deadline.
 */
export const delayAttacker: Adversary = {
  play: (liar) => ({
    say: (outgoing) => {
      const message = ownMessage(liar, outgoing)
      if (message === undefined || message.type === 'hello') return [outgoing]
      liar.later(LATE_NS, () => liar.send(outgoing))
      return []
    },
    // Half of the delay is in the difference, and half of the round trip in what the asker knows it by.
    answer: (_asker, _epoch, entry) => {
      const half = BigInt(liar.prng.nextBelow(ASYMMETRY_NS_MAX)) / 2n
      const sign = liar.prng.nextBelow(2) === 0 ? 1n : -1n
      return { ...entry, phiNs: entry.phiNs + sign * half, uncertaintyNs: entry.uncertaintyNs + half }
    },
  }),
}
