import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createEmulatedDiscipline } from '../oscillator/emulated-discipline.ts'
import { createEmulatedOscillator } from '../oscillator/emulated-oscillator.ts'
import type { FaultName } from './emulator-faults.ts'
import { HEALTH } from './health-bits.ts'
import type { JacksonLabsEmulatorOptions } from './options.ts'

/** The oscillator of an emulated instrument, and the loop that follows the receiver with it. */
export interface EmulatedLoop {
  takePulse(now: MonoNs): MonoNs | undefined
  nextAt(): MonoNs
  /** The TAI second that runs by its own pulses. */
  secondAt(now: MonoNs): bigint
  hasSatellites(): boolean
  isLocked(now: MonoNs): boolean
  /** The state of the manuals, 0 to 6. */
  lockState(now: MonoNs): number
  holdover(now: MonoNs): { readonly seconds: number; readonly lasts: boolean; readonly isManual: boolean }
  /** Its own pulse against the receiver's, ns; the instrument tells the last one that it could measure. */
  phaseNs(): number
  health(now: MonoNs): number
  /** The pulses that have come since power on. */
  pulseCount(): number
  hold(): void
  recover(): void
}

const TAU_SECONDS = 30
const LOCK_THRESHOLD_NS = 50
/** From satellites, or a step, to the lock of the loop. */
const LOCKS_AFTER_NS = 3n * NS_PER_SECOND
const PHASE_ALARM_NS = 250
const HOLDOVER_ALARM_SECONDS = 60
const RUN_AWAY_SECONDS = 20
const NS_OF_A_RUN_AWAY = 600

export function createEmulatedLoop(
  options: JacksonLabsEmulatorOptions,
  context: EmulatorContext,
  prng: Prng,
  faults: ReadonlySet<FaultName>,
  poweredAt: MonoNs,
  isFirst: boolean,
): EmulatedLoop {
  const oscillator = createEmulatedOscillator(options, context, prng, poweredAt)
  const discipline = createEmulatedDiscipline(LOCK_THRESHOLD_NS, 1e9)
  // One that has run for long has learnt its oscillator.
  discipline.restart(-options.fractionE15)
  oscillator.steer(-options.fractionE15, poweredAt)
  const warmAt = isFirst ? poweredAt : plus(poweredAt, seconds(options.warmUpSeconds))
  let lockAt: MonoNs | undefined = isFirst ? poweredAt : undefined
  let holding: { readonly from: MonoNs; readonly to: MonoNs | undefined } | undefined
  let steppedAt: MonoNs | undefined
  let wasToldToHold = false
  let phaseNs = 0
  let pulses = 0

  const hasGps = (): boolean => !faults.has('no-gps') && !faults.has('jamming')
  const isManual = (): boolean => wasToldToHold || faults.has('manual-holdover')
  const isHolding = (): boolean => holding !== undefined && holding.to === undefined
  const startHolding = (now: MonoNs): void => {
    if (lockAt !== undefined && now >= lockAt && !isHolding()) holding = { from: now, to: undefined }
  }
  const relock = (now: MonoNs): void => {
    lockAt = plus(now, LOCKS_AFTER_NS)
    if (holding !== undefined && holding.to === undefined) holding = { ...holding, to: now }
  }
  const follow = (now: MonoNs): void => {
    if (now < warmAt) return
    if (!hasGps() || isManual()) {
      startHolding(now)
      return
    }
    if (lockAt === undefined || isHolding()) relock(now)
    if (Math.abs(phaseNs) > options.thresholdNs) {
      oscillator.step(-oscillator.offsetNs(now), now)
      steppedAt = now
      relock(now)
    } else oscillator.steer(discipline.step(oscillator.offsetNs(now), TAU_SECONDS), now)
  }
  const isLocked = (now: MonoNs): boolean => {
    if (isHolding() && holding !== undefined) return between(holding.from, now) < seconds(options.phaseLockedSeconds)
    return lockAt !== undefined && now >= lockAt
  }

  return {
    takePulse(now) {
      const pulse = oscillator.takePulse(now)
      if (pulse === undefined) return undefined
      pulses += 1
      if (hasGps()) phaseNs = oscillator.offsetNs(now)
      follow(now)
      // Seen at the next pulse, and stepped back then.
      if (faults.has('jam-sync') && pulses % RUN_AWAY_SECONDS === 0) oscillator.step(NS_OF_A_RUN_AWAY, now)
      return pulse.at
    },
    nextAt: oscillator.nextAt,
    secondAt: oscillator.secondAt,
    hasSatellites: () => hasGps() && !faults.has('deaf-receiver'),
    isLocked,
    lockState(now) {
      if (now < warmAt) return 0
      if (isHolding()) return isLocked(now) ? 5 : 1
      return isLocked(now) ? 6 : 2
    },
    holdover(now) {
      const lasted = holding === undefined ? 0 : Number(between(holding.from, holding.to ?? now)) / 1e9
      return { seconds: Math.floor(lasted), lasts: isHolding(), isManual: isManual() }
    },
    phaseNs: () => phaseNs,
    health(now) {
      const isLong =
        holding !== undefined && isHolding() && between(holding.from, now) > seconds(HOLDOVER_ALARM_SECONDS)
      const isNew = !isFirst && between(poweredAt, now) < seconds(options.runTimeSeconds)
      const isStepped = steppedAt !== undefined && between(steppedAt, now) < seconds(options.phaseResetSeconds)
      return healthOf(faults, phaseNs, isNew, isLong, isStepped)
    },
    pulseCount: () => pulses,
    hold() {
      wasToldToHold = true
    },
    recover() {
      wasToldToHold = false
    },
  }
}

function healthOf(
  faults: ReadonlySet<FaultName>,
  phaseNs: number,
  isNew: boolean,
  isLong: boolean,
  isStepped: boolean,
): number {
  return (
    (Math.abs(phaseNs) > PHASE_ALARM_NS ? HEALTH.phase : 0) |
    (isNew ? HEALTH.runTime : 0) |
    (isLong ? HEALTH.holdoverLong : 0) |
    (isStepped ? HEALTH.phaseReset : 0) |
    (faults.has('hardware-fault') ? HEALTH.hardware : 0) |
    (faults.has('jamming') ? HEALTH.jamming : 0) |
    (faults.has('filter-unlocked') ? HEALTH.filterUnlocked : 0)
  )
}

function seconds(count: number): bigint {
  return BigInt(Math.round(count * 1e9))
}
