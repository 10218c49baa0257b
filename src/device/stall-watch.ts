import { between, type MonoNs, NS_PER_MILLISECOND } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { BEAT_MS, startBeat } from './beat.ts'

/**
 * Knows when this process did not run. Bytes that came meanwhile are read late, all at once, and look as if they had just
 * come: whoever tells a second by the arrival of bytes must not believe those.
 */
export interface StallWatch {
  /** How long bytes read at `readAt` may have waited to be read, ns; 0 for less than 110 ms: such a wait is not seen. */
  waitedNs(readAt: MonoNs): bigint
  close(): void
}

/** The longest time from one beat to the next of a free process. */
const BEAT_NS_MAX = BigInt(BEAT_MS) * NS_PER_MILLISECOND + 10n * NS_PER_MILLISECOND
/** How long after a stall its backlog is still being read. */
const BACKLOG_NS = 500_000_000n

export function createStallWatch(readMono: () => MonoNs = readMonoNs): StallWatch {
  const heart = createHeartbeat(readMono())
  const beats = startBeat(() => heart.beat(readMono()))
  return { waitedNs: heart.waitedNs, close: beats.stop }
}

/** The watch without its timer: whoever has it tells the beats, one each `BEAT_MS` while the process runs. */
export function createHeartbeat(startedAt: MonoNs): Pick<StallWatch, 'waitedNs'> & { beat(now: MonoNs): void } {
  let beatAt = startedAt
  let stall = { endedAt: startedAt, lengthNs: 0n }
  return {
    beat: (now) => {
      const lengthNs = between(beatAt, now)
      const worse = lengthNs >= stall.lengthNs || between(stall.endedAt, now) > BACKLOG_NS
      if (lengthNs > BEAT_NS_MAX && worse) stall = { endedAt: now, lengthNs }
      beatAt = now
    },
    waitedNs: (readAt) => {
      // The stall may not have been noticed yet: the beat is a timer too.
      const sinceBeatNs = between(beatAt, readAt)
      if (sinceBeatNs > BEAT_NS_MAX) return sinceBeatNs
      return between(stall.endedAt, readAt) <= BACKLOG_NS ? stall.lengthNs : 0n
    },
  }
}
