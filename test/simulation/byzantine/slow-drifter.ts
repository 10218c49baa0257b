import { type Adversary, shifted } from './liar.ts'

/** Below every threshold for one epoch: a fiftieth of the bound that it declares. */
const DRIFT_NS_PER_EPOCH = 10n

/**
 * Walks its clock away by 10 ns an epoch, and does not say so in its bound. At most: the chosen point moves within the
 * region, which contains the truth all the same.
 */
export const slowDrifter: Adversary = {
  play: ({ id }) => ({
    read: (epoch, honest) => shifted(honest, BigInt(epoch) * (id % 2 === 0 ? -DRIFT_NS_PER_EPOCH : DRIFT_NS_PER_EPOCH)),
  }),
}
