import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { TrimbleTsipEmulatorOptions } from './options.ts'

/** Where an emulated receiver is on its way from power-on to lock, to holdover and back. */
export type Stage = 'cold' | 'locking' | 'locked' | 'holdover' | 'recovery'

export interface LockSequence {
  stage(): Stage
  /** When the stage began. */
  since(): MonoNs
  firstFixAt(): MonoNs | undefined
  /** Seconds in the current holdover, recovery included. */
  holdoverSeconds(now: MonoNs): number
  /** Goes on to where the receiver is at `now`; returns whether the stage has changed. */
  advance(now: MonoNs, hasSatellites: boolean): boolean
  nextAt(): MonoNs | undefined
}

export function createLockSequence(
  options: TrimbleTsipEmulatorOptions,
  disciplined: boolean,
  poweredAt: MonoNs,
): LockSequence {
  let stage: Stage = 'cold'
  let since = poweredAt
  let fixAt: MonoNs | undefined
  let holdoverAt: MonoNs | undefined
  let isDeaf = false

  const enter = (next: Stage, now: MonoNs): true => {
    if (next === 'holdover') holdoverAt ??= now
    if (next === 'locked') holdoverAt = undefined
    if (next === 'locking') fixAt = now
    stage = next
    since = now
    return true
  }
  const endsAt = (): MonoNs | undefined => {
    if (stage === 'cold') return plus(since, secondsNs(options.coldStartSeconds))
    if (stage === 'locking') return plus(since, secondsNs(disciplined ? options.lockSeconds : 0))
    return stage === 'recovery' ? plus(since, secondsNs(disciplined ? options.recoverySeconds : 2)) : undefined
  }

  return {
    stage: () => stage,
    since: () => since,
    firstFixAt: () => fixAt,
    holdoverSeconds: (now) => (holdoverAt === undefined ? 0 : Number(between(holdoverAt, now) / NS_PER_SECOND)),
    advance(now, hasSatellites) {
      isDeaf = !hasSatellites
      if (!hasSatellites) return stage === 'locked' || stage === 'recovery' ? enter('holdover', now) : false
      if (stage === 'holdover') return enter('recovery', now)
      const end = endsAt()
      if (end === undefined || now < end) return false
      return enter(stage === 'cold' ? 'locking' : 'locked', now)
    },
    // Without satellites nothing goes on by itself.
    nextAt: () => (isDeaf ? undefined : endsAt()),
  }
}

function secondsNs(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND
}
