import { compare } from '../../../src/core/integer.ts'
import type { Prng } from '../../../src/core/prng.ts'
import type { MonoNs } from '../../../src/core/time.ts'
import { chance } from '../../support/chance.ts'
import { drawInstant } from './network.ts'

/** Machines that lose their power at an instant; those that are not dark for good come back. */
export interface PowerCut {
  readonly at: MonoNs
  readonly ids: readonly number[]
}

export interface Crashes {
  /** In order. */
  readonly cuts: readonly PowerCut[]
  /** How likely a machine that is down comes back within a slice of the run. */
  readonly returnChance: number
}

/** `restless` lose their power now and then, sometimes all at once; the `dead` for good. */
export function drawCrashes(prng: Prng, calmAt: MonoNs, restless: readonly number[], dead: readonly number[]): Crashes {
  const cuts: PowerCut[] = []
  if (calmAt > 0n) {
    if (chance(prng, 0.3)) cuts.push({ at: drawInstant(prng, calmAt), ids: restless })
    for (const id of restless) if (chance(prng, 0.15)) cuts.push({ at: drawInstant(prng, calmAt), ids: [id] })
  }
  for (const id of dead) cuts.push({ at: drawInstant(prng, calmAt), ids: [id] })
  return { cuts: cuts.sort((a, b) => compare(a.at, b.at)), returnChance: 0.05 + prng.nextUnit() * 0.3 }
}
