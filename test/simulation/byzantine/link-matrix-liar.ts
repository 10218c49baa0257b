import { chance } from '../../support/chance.ts'
import { type Adversary, others } from './liar.ts'

/** Says of every link what it likes: down, lossy, slow or up. At most: diagnosis shows it; no decision depends on it. */
export const linkMatrixLiar: Adversary = {
  play: (liar) => ({
    read: (_epoch, honest) => ({
      ...honest,
      links: others(liar)
        .filter(() => chance(liar.prng, 0.9))
        .map((peer) => ({
          peer,
          up: chance(liar.prng, 0.3),
          roundTripNs: chance(liar.prng, 0.5) ? undefined : BigInt(liar.prng.nextUint32()) << 20n,
          lossPpm: liar.prng.nextBelow(1_000_001),
        })),
    }),
  }),
}
