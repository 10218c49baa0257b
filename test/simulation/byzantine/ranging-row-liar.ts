import { chance, pick, within } from '../../support/chance.ts'
import type { Adversary } from './liar.ts'

const REACHES_NS: readonly bigint[] = [100n, 10_000n, 1_000_000n, 10n ** 12n]

/**
 * Invents its own row of the ranging matrix: differences, uncertainties, ages and segments. At most: its own frame is wrong
 * or has no region, which nobody but itself is steered by.
 */
export const rangingRowLiar: Adversary = {
  play: ({ prng }) => ({
    read: (_epoch, honest) => ({
      ...honest,
      ranging: honest.ranging
        .filter(() => chance(prng, 0.9))
        .map((entry) => ({
          ...entry,
          segment: chance(prng, 0.9) ? entry.segment : entry.segment + 1,
          phiNs: entry.phiNs + within(prng, pick(prng, REACHES_NS)),
          uncertaintyNs: BigInt(prng.nextBelow(100_000)),
          ageNs: BigInt(prng.nextUint32()),
        })),
    }),
  }),
}
