import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { SmartclockEmulatorOptions } from './options.ts'

/** The way of an emulated unit through power-up, lock, holdover and recovery, driven by whether GPS is there. */
export interface LockSequence {
  stage(): LockStage
  /** Locked for so long that the frequency is no longer being stabilized. */
  isStable(now: MonoNs): boolean
  /** Seconds in the current holdover, recovery included, or in the last one. */
  holdoverSeconds(now: MonoNs): number
  /** Goes on to where the unit is at `now`; returns whether the stage has changed. */
  advance(now: MonoNs, hasGps: boolean): boolean
  /** Whether it holds over because somebody told it to. */
  isManual(): boolean
  /** Lets go of GPS, until it is told to recover. Not possible before the first lock. */
  initiateHoldover(now: MonoNs): boolean
  /** Begins to recover at once if GPS is there. Only in holdover. */
  initiateRecovery(now: MonoNs, hasGps: boolean): boolean
  /** When it will go on by itself. */
  nextAt(): MonoNs | undefined
}

export type LockStage = 'power-up' | 'locked' | 'holdover' | 'recovery'

/** GPS must have been back for so long before a unit in holdover begins to recover. */
const GPS_TRUSTED_AFTER_NS = 2n * NS_PER_SECOND

export function createLockSequence(options: SmartclockEmulatorOptions, poweredAt: MonoNs): LockSequence {
  const { powerUpSeconds, recoverySeconds, stabilizeSeconds } = options
  let stage: LockStage = 'power-up'
  let since = poweredAt
  let holdover: { readonly from: MonoNs; readonly to: MonoNs | undefined } | undefined
  let gpsBackAt: MonoNs | undefined
  let isManual = false
  let hadGps = true

  const enter = (next: LockStage, now: MonoNs): true => {
    if (next === 'holdover' && stage === 'locked') holdover = { from: now, to: undefined }
    if (next === 'locked' && holdover !== undefined) holdover = { ...holdover, to: now }
    stage = next
    since = now
    gpsBackAt = undefined
    return true
  }

  /** When the stage ends if GPS stays. */
  const endsAt = (): MonoNs | undefined => {
    if (stage === 'power-up') return plus(since, secondsNs(powerUpSeconds))
    if (stage === 'recovery') return plus(since, secondsNs(recoverySeconds))
    return stage === 'holdover' && gpsBackAt !== undefined ? plus(gpsBackAt, GPS_TRUSTED_AFTER_NS) : undefined
  }

  return {
    stage: () => stage,
    isStable: (now) => stage === 'locked' && between(since, now) >= secondsNs(stabilizeSeconds),
    holdoverSeconds: (now) =>
      holdover === undefined ? 0 : Number(between(holdover.from, holdover.to ?? now)) / Number(NS_PER_SECOND),
    isManual: () => isManual,
    initiateHoldover(now) {
      if (stage === 'power-up') return false
      isManual = true
      if (stage !== 'holdover') enter('holdover', now)
      return true
    },
    initiateRecovery(now, hasGps) {
      if (stage !== 'holdover') return false
      isManual = false
      if (hasGps) enter('recovery', now)
      return true
    },
    advance(now, hasGps) {
      hadGps = hasGps
      if (isManual) return false
      if (!hasGps) {
        gpsBackAt = undefined
        return stage === 'locked' || stage === 'recovery' ? enter('holdover', now) : false
      }
      if (stage === 'holdover') gpsBackAt ??= now
      const end = endsAt()
      if (end === undefined || now < end) return false
      return enter(stage === 'holdover' ? 'recovery' : 'locked', now)
    },
    // Without GPS nothing goes on by itself.
    nextAt: () => (hadGps ? endsAt() : undefined),
  }
}

function secondsNs(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND
}
