import { max, min } from '../core/integer.ts'
import type { Stamp } from '../core/stamp.ts'
import { between, type MonoNs } from '../core/time.ts'

/**
 * Stamps that this program takes. The error is only that of the reading: the clock had the value at some instant inside
 * the call, and the order of readings on different processors is as good as the counter they share. One call's duration
 * covers both.
 */
export function createUserStamps(readMono: () => MonoNs): () => Stamp {
  const errorNs = readingErrorNs(readMono)
  return () => ({ at: readMono(), errorNs, kind: 'user' })
}

/** The duration of one reading of the clock, at least its resolution: the shortest of several, as others were interrupted. */
function readingErrorNs(readMono: () => MonoNs): bigint {
  let shortest: bigint | undefined
  for (let tries = 0; tries < 16; tries++) {
    const before = readMono()
    const durationNs = between(before, readMono())
    shortest = shortest === undefined ? durationNs : min(shortest, durationNs)
  }
  return max(shortest ?? 0n, 1n)
}
