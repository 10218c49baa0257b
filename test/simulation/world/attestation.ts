import { RECORD_VERDICTS } from '../../../src/attestation/record-verdict.ts'
import { createPrng } from '../../../src/core/prng.ts'
import { NS_PER_MILLISECOND } from '../../../src/core/time.ts'
import { chance, pick } from '../../support/chance.ts'
import type { VirtualAttestation } from '../../support/virtual-attestation.ts'
import type { Cast } from '../run/cast.ts'

/** In so many runs members attest; in so many of them somebody's record is refused. */
const ATTESTING_CHANCE = 0.5
const REFUSED_CHANCE = 0.5
/** In so many of these it may be anybody, so that too few clocks may be left for a region. */
const ANYBODY_CHANCE = 0.3

/** Shorter than an epoch, so that nobody is ever judged in time; some epochs; the whole run. */
const REFRESH_MS = [400, 3_300, 10_000, 1_000_000] as const

/** Undefined: the membership asks for nothing. Draws of its own, so that nothing else of what a seed means depends on it. */
export function drawAttestation(seed: number, { n, dead, liars, wrong }: Cast): VirtualAttestation | undefined {
  const prng = createPrng(seed * 128 + n + 2 ** 31)
  if (!chance(prng, ATTESTING_CHANCE)) return undefined
  const faulty = [...dead, ...liars.keys(), ...wrong.keys()]
  const refused = pick(prng, faulty.length === 0 || chance(prng, ANYBODY_CHANCE) ? [...Array(n).keys()] : faulty)
  const somebodyIs = chance(prng, REFUSED_CHANCE)
  return {
    refreshNs: BigInt(pick(prng, REFRESH_MS)) * NS_PER_MILLISECOND,
    verdicts: Array.from({ length: n }, (_, id) => {
      const verdict = pick(prng, chance(prng, 0.7) ? (['verified'] as const) : RECORD_VERDICTS.slice(0, -1))
      return somebodyIs && id === refused ? 'refused' : verdict
    }),
  }
}

export function describeAttestation(attestation: VirtualAttestation | undefined): string {
  if (attestation === undefined) return 'nobody attests'
  const { refreshNs, verdicts } = attestation
  return `records of ${refreshNs / NS_PER_MILLISECOND} ms (${verdicts.join(', ')})`
}
