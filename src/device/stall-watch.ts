import { between, type MonoNs } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { BEAT_MS, startBeat } from './beat.ts'

/**
 * Knows when this process did not run. Bytes that came meanwhile are read late, all at once, and look as if they had just
 * come: whoever tells a second by the arrival of bytes must not believe those.
 */
export interface StallWatch {
  /** How long bytes read at `readAt` may have waited to be read, ns: 0 while the process runs freely. */
  waitedNs(readAt: MonoNs): bigint
  close(): void
}

/** What a free process misses a beat by. */
const TOLERATED_NS = 50_000_000n
/** How long after a stall its backlog is still being read. */
const BACKLOG_NS = 500_000_000n

export function createStallWatch(readMono: () => MonoNs = readMonoNs): StallWatch {
  let beatAt = readMono()
  let stall = { endedAt: beatAt, lengthNs: 0n }
  const beat = (): void => {
    const now = readMono()
    const lengthNs = between(beatAt, now)
    const worse = lengthNs >= stall.lengthNs || between(stall.endedAt, now) > BACKLOG_NS
    if (lengthNs > TOLERATED_NS + BigInt(BEAT_MS) * 1_000_000n && worse) stall = { endedAt: now, lengthNs }
    beatAt = now
  }
  const beats = startBeat(beat)
  return {
    waitedNs: (readAt) => {
      // The stall may not have been noticed yet: the beat is a timer too.
      const sinceBeatNs = between(beatAt, readAt)
      if (sinceBeatNs > TOLERATED_NS + BigInt(BEAT_MS) * 1_000_000n) return sinceBeatNs
      return between(stall.endedAt, readAt) <= BACKLOG_NS ? stall.lengthNs : 0n
    },
    close: beats.stop,
  }
}
