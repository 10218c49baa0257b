import { divFloor } from './integer.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type RangingNs } from './time.ts'

/** How a ranging clock runs in one segment: at a constant rate from an instant on which it had a reading. */
export interface ClockCourse {
  readonly anchorMono: MonoNs
  readonly anchorRanging: RangingNs
  /** What it adds to the oscillator's own rate, ppb. */
  readonly ratePpb: bigint
}

/** Its reading at a local instant, rounded down: it never goes back, and instants 2 ns apart differ. */
export function readCourse({ anchorMono, anchorRanging, ratePpb }: ClockCourse, mono: MonoNs): RangingNs {
  const elapsedNs = between(anchorMono, mono)
  return plus(anchorRanging, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND))
}
