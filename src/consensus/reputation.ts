import { divFloor } from '../core/integer.ts'

export const REPUTATION_MAX_PPM = 1_000_000
const REPUTATION_FLOOR_PPM = 10_000

/** How a member stood in one block. */
export interface Conduct {
  /** Its interval missed the region in at least f + 1 frames of others. */
  readonly outlier: boolean
  readonly listed: boolean
  /** Left out by so many blocks and leaders in a row, this one among them, that it is called absent. */
  readonly absent: boolean
  /** A detector finds something wrong with how it behaves, absence apart. */
  readonly suspected: boolean
}

/**
 * A member's reputation after one block: outlier ×1/2, absent or suspected ×9/10, all down to the floor; listed and neither
 * min(10^6, ⌊r × 105/100⌋ + 1). Left out and not absent: unchanged, since a lying leader may leave out whom it likes,
 * and an honest one whoever was late. 0 is what a proof of a lie sets; conduct does not lift it.
 */
export function nextReputationPpm(ppm: number, { outlier, listed, absent, suspected }: Conduct): number {
  if (ppm === 0) return 0
  if (outlier) return lowered(ppm, 1n, 2n)
  if (absent || (listed && suspected)) return lowered(ppm, 9n, 10n)
  return listed ? Math.min(REPUTATION_MAX_PPM, scaled(ppm, 105n, 100n) + 1) : ppm
}

function lowered(ppm: number, numerator: bigint, denominator: bigint): number {
  return Math.max(REPUTATION_FLOOR_PPM, scaled(ppm, numerator, denominator))
}

function scaled(ppm: number, numerator: bigint, denominator: bigint): number {
  return Number(divFloor(BigInt(ppm) * numerator, denominator))
}
