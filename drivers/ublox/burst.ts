import { between, type MonoNs, NS_PER_MILLISECOND } from '../../src/core/time.ts'

/**
 * Receivers send what belongs to a second in one go and rest. Where the rest is seen, what came since is of the same
 * second; on a line that never rests nobody can tell one burst from the next.
 */
export interface Burst {
  /** Every good frame and sentence, in order. */
  note(firstByteAt: MonoNs, lastByteAt: MonoNs): void
  /** Whether what arrived at `at` is surely of the burst that is under way. */
  includes(at: MonoNs): boolean
}

/** So long a quiet line parts two bursts: within one, messages follow each other like the characters do. */
const GAP_NS = 250n * NS_PER_MILLISECOND
/** Past this, messages that follow without a gap may belong to the next second's burst. */
const LENGTH_NS_MAX = 650n * NS_PER_MILLISECOND

export function createBurst(): Burst {
  let startedAt: MonoNs | undefined
  let quietSince: MonoNs | undefined
  return {
    note(firstByteAt, lastByteAt) {
      if (quietSince !== undefined && between(quietSince, firstByteAt) >= GAP_NS) startedAt = firstByteAt
      else if (startedAt !== undefined && between(startedAt, firstByteAt) > LENGTH_NS_MAX) startedAt = undefined
      quietSince = lastByteAt
    },
    includes: (at) => startedAt !== undefined && at >= startedAt,
  }
}
