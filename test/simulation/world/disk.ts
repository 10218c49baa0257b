import type { Prng } from '../../../src/core/prng.ts'
import type { MonoNs } from '../../../src/core/time.ts'
import { chance, pick } from '../../support/chance.ts'
import type { Fate } from '../../support/replica-cluster.ts'

/** What becomes of a member at each write of its journal, until the calm. */
export interface Disk {
  fate(id: number, now: MonoNs): Fate
  readonly forecast: string
}

const FATES: readonly Fate[] = ['torn', 'unsent', 'half-sent']

export function createDisk(prng: Prng, calmAt: MonoNs): Disk {
  // Mostly the odd crash; sometimes hardly a word without one.
  const death = chance(prng, 0.5) ? prng.nextUnit() * (chance(prng, 0.7) ? 0.05 : 0.4) : 0
  return {
    fate: (_id, now) => (now < calmAt && chance(prng, death) ? pick(prng, FATES) : 'lives'),
    forecast: `dies at ${(100 * death).toFixed(1)} % of its writes`,
  }
}
