import { divCeil, divFloor } from '../core/integer.ts'
import { around, type Interval } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { FrequencyEstimate } from './source-clock.ts'

/**
 * The last trusted node clock, carried forward by the local oscillator: what remains when every source is gone, and what
 * a source that jumps is compared with. Its bound grows with age and is computed when it is read, never stored.
 */
export interface Flywheel {
  /** Trusts a time of this instant. `frequency` is the oscillator's, when it has been learnt. */
  anchor(at: MonoNs, taiNs: TaiNs, boundNs: bigint, frequency: FrequencyEstimate | undefined): void
  anchoredAt(): MonoNs | undefined
  read(now: MonoNs): FlywheelReading | undefined
}

export interface FlywheelReading {
  readonly taiNs: TaiNs
  readonly boundNs: bigint
  readonly interval: Interval
}

/** Before a rate is learnt: worse than any oscillator in use. */
const UNLEARNT_PPB = 50_000n

/** `floorPpb`: what the class of the oscillator may wander however well its rate was measured. */
export function createFlywheel(floorPpb: bigint): Flywheel {
  let anchor: { at: MonoNs; taiNs: TaiNs; boundNs: bigint; ratePpb: bigint; driftPpb: bigint } | undefined
  return {
    anchor: (at, tai, boundNs, frequency) => {
      const learnt = frequency === undefined ? undefined : 3n * BigInt(Math.ceil(frequency.uncertaintyPpb)) + 1n
      anchor = {
        at,
        taiNs: tai,
        boundNs,
        ratePpb: frequency === undefined ? 0n : BigInt(Math.round(frequency.ppb)),
        driftPpb: learnt === undefined ? UNLEARNT_PPB : learnt > floorPpb ? learnt : floorPpb,
      }
    },
    anchoredAt: () => anchor?.at,
    read: (now) => {
      if (anchor === undefined) return undefined
      const elapsedNs = between(anchor.at, now)
      const taiNow = plus(anchor.taiNs, elapsedNs + divFloor(elapsedNs * anchor.ratePpb, NS_PER_SECOND))
      const agedNs = divCeil((elapsedNs < 0n ? -elapsedNs : elapsedNs) * anchor.driftPpb, NS_PER_SECOND) + 1n
      const boundNs = anchor.boundNs + agedNs
      return { taiNs: taiNow, boundNs, interval: around(taiNow, boundNs) }
    },
  }
}
