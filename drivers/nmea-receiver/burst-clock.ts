import { between, type MonoNs, NS_PER_MILLISECOND } from '../../src/core/time.ts'

/** Tells one second's burst of sentences from the next by the rests on the line, where the line has any. */
export interface Burst {
  /** Every good sentence, in order. */
  note(firstByteAt: MonoNs, lastByteAt: MonoNs): void
  /** Whether it came in the burst at hand, whose start was seen. */
  contains(firstByteAt: MonoNs): boolean
  /** Both in the burst at hand. Without a rest on the line nobody can tell one burst from the next. */
  same(earlier: MonoNs, later: MonoNs): boolean
}

/** So long a quiet line parts two bursts: within one, sentences follow each other like the characters do. */
const BURST_GAP_NS = 250n * NS_PER_MILLISECOND
/** Past this, sentences that follow without a gap may belong to the next second's burst. */
const BURST_LENGTH_NS_MAX = 650n * NS_PER_MILLISECOND

export function createBurst(): Burst {
  let startedAt: MonoNs | undefined
  let quietSince: MonoNs | undefined
  const contains = (firstByteAt: MonoNs): boolean => startedAt !== undefined && firstByteAt >= startedAt
  return {
    note(firstByteAt, lastByteAt) {
      if (quietSince !== undefined && between(quietSince, firstByteAt) >= BURST_GAP_NS) startedAt = firstByteAt
      else if (startedAt !== undefined && between(startedAt, firstByteAt) > BURST_LENGTH_NS_MAX) startedAt = undefined
      quietSince = lastByteAt
    },
    contains,
    same: (earlier, later) => contains(earlier) && contains(later),
  }
}
