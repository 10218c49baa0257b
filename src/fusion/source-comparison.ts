import type { TimeSample } from '../core/sample.ts'
import type { MonoNs } from '../core/time.ts'
import type { NodeClockReading } from './node-clock.ts'
import { createSourceClock } from './source-clock.ts'

/** One source's own time beside the node clock, of which only the changes mean anything. */
export interface SourceComparison {
  observe(sample: TimeSample): void
  /** Own time minus node clock at the instant of the reading, less what it was at first, ns; undefined without either. */
  offsetNs(reading: NodeClockReading): number | undefined
}

const AGE_NS_MAX = 5_000_000_000n

/** `wanderPpb`: how far the rate of the local oscillator strays while it is measured. */
export function createSourceComparison(source: string, wanderPpb: number): SourceComparison {
  const clock = createSourceClock({ source, ageNsMax: AGE_NS_MAX, wanderPpb })
  let first: bigint | undefined
  const apartNs = (taiNs: bigint, now: MonoNs): bigint | undefined => {
    const own = clock.estimateAt(now)?.taiNs
    return own === undefined ? undefined : own - taiNs
  }
  return {
    observe: (sample) => {
      clock.observe(sample)
    },
    offsetNs: ({ estimate, monoNs }) => {
      const apart = estimate === undefined ? undefined : apartNs(estimate.taiNs, monoNs)
      if (apart === undefined) return undefined
      // Counts of pulses begin anywhere; a number holds the difference to the first to the nanosecond.
      first ??= apart
      return Number(apart - first)
    },
  }
}
