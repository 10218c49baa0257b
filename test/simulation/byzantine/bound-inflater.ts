import { pick } from '../../support/chance.ts'
import { type Adversary, shifted } from './liar.ts'

/** No bound at all, one that nobody can meet, and ones that cover everything. */
const BOUNDS_NS: readonly bigint[] = [0n, 1n, 1_000_000n, 1_000_000_000n, 10n ** 15n, 2n ** 62n]

/**
 * Declares any bound but its own. At most: with a wide one it agrees with everybody and weighs nothing; with none it is an
 * outlier as soon as it is wrong.
 */
export const boundInflater: Adversary = {
  play: ({ prng }) => ({ read: (_epoch, honest) => shifted(honest, 0n, pick(prng, BOUNDS_NS)) }),
}
