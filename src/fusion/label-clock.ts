import { fail } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import type { LabelSample, TimeSample } from '../core/sample.ts'
import { between, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../core/time.ts'
import type { NumberingResult } from './pulse-numbering.ts'

export interface LabelClockOptions {
  readonly source: string
  /** What the latency below may be wrong by; default 100 ms. */
  readonly accuracyNs?: bigint
  /**
   * `preceding-pulse`: from the edge to the first byte of the label. `following-pulse`: from the last byte to the edge.
   * Default 0.
   */
  readonly latencyNs?: bigint
}

/** Serial time of day without a pulse: the arrival of a label is the time mark, and a poor one. */
export interface LabelClock {
  /**
   * At most one sample for a second. A label that is not valid gives none, nor does one that did not come like the one of
   * another second before it: the first of its second may have been lost, or read late with the rest.
   * `waitedNs`: how much later than it came this one may have been read. Fault `label.fraction`: no whole second.
   */
  label(sample: LabelSample, waitedNs?: bigint): NumberingResult
}

const ACCURACY_NS = 100n * NS_PER_MILLISECOND
/** Buffers of serial adapters and the scheduler make arrivals wander. */
const PRECISION_NS = 10n * NS_PER_MILLISECOND
/** Instruments send several sentences for a second; only the first is on time. */
const SAME_SECOND_NS = 900n * NS_PER_MILLISECOND

/** Labels that are on time come as late after their seconds as each other. */
const UNSTEADY_NS = 100n * NS_PER_MILLISECOND
/** After a silence of so long, nothing is known of how labels come. */
const SILENCE_NS = 60n * NS_PER_SECOND
/** A label that may have waited for so long is no time mark: it only shows that its second has begun. */
const WAITED_NS_MAX = 250n * NS_PER_MILLISECOND

export function createLabelClock(options: LabelClockOptions): LabelClock {
  const { source, accuracyNs = ACCURACY_NS, latencyNs = 0n } = options
  let previous: LabelSample | undefined
  return {
    label: (sample, waitedNs = 0n) => {
      if (!sample.valid) return { samples: [], faults: [] }
      if (sample.taiNs % NS_PER_SECOND !== 0n) {
        const message = `${source}: expected a label that names a whole second, got ${sample.taiNs} ns TAI`
        return { samples: [], faults: [fail('label.fraction', message).fault] }
      }
      const repeats =
        previous?.taiNs === sample.taiNs && between(previous.firstByteAt, sample.firstByteAt) < SAME_SECOND_NS
      if (repeats) return { samples: [], faults: [] }
      const isSteady = previous !== undefined && (previous.taiNs === sample.taiNs || comesLike(previous, sample))
      previous = sample
      return { samples: isSteady && waitedNs <= WAITED_NS_MAX ? [timeOf(sample, waitedNs)] : [], faults: [] }
    },
  }

  function comesLike(before: LabelSample, sample: LabelSample): boolean {
    const elapsedNs = between(before.firstByteAt, sample.firstByteAt)
    return elapsedNs <= SILENCE_NS && abs(elapsedNs - between(before.taiNs, sample.taiNs)) <= UNSTEADY_NS
  }

  function timeOf(sample: LabelSample, waitedNs: bigint): TimeSample {
    const before = sample.names === 'following-pulse'
    return {
      kind: 'time',
      source,
      monoNs: before ? sample.lastByteAt : sample.firstByteAt,
      taiNs: plus(sample.taiNs, before ? -latencyNs : latencyNs),
      accuracyNs,
      precisionNs: PRECISION_NS + waitedNs,
      quality: sample.quality,
    }
  }
}
