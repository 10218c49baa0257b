import { type Adversary, onOwn, others } from './liar.ts'

/** Around the 50 ms at which timers start, and the 100 ms after which a leader no longer waits. */
const LATE_NS: readonly bigint[] = [48_000_000n, 50_500_000n, 96_000_000n, 98_000_000n, 99_500_000n, 100_500_000n]

/**
 * Releases its proposal just when leaders stop waiting, to each of the others at another instant, to one of them never. At
 * most: leaders list it or not, and who does not have it fetches it.
 */
export const lateProposer: Adversary = {
  play: (liar) => ({
    say: (outgoing) =>
      onOwn(liar, outgoing, 'proposal', () => {
        const forgotten = liar.prng.nextBelow(others(liar).length)
        for (const [index, to] of others(liar).entries()) {
          const lateNs = LATE_NS[liar.prng.nextBelow(LATE_NS.length)] ?? 0n
          if (index !== forgotten) liar.later(lateNs, () => liar.send({ ...outgoing, to }))
        }
        return []
      }),
  }),
}
