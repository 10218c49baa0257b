import { type Adversary, shifted } from './liar.ts'

/** From well inside the bounds that honest members declare to far outside of all of them. */
const PULLS_NS: readonly bigint[] = [400n, 20_000n, 30_400n, 60_000n, 1_000_000n]

/**
 * All liars of a run pull the same way by the same amount, changing together every other epoch, each with the narrowest
 * bound that there is. At most: the chosen point lies at an end of the region, which contains the truth all the same.
 */
export const coordinatedGroup: Adversary = {
  play: () => ({
    read: (epoch, honest) => {
      const turn = Math.floor(epoch / 2)
      const pull = PULLS_NS[turn % PULLS_NS.length] ?? 0n
      return shifted(honest, turn % 4 < 2 ? pull : -pull, 1n)
    },
  }),
}
