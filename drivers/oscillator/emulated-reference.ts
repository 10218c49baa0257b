import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createEmulatedDiscipline } from './emulated-discipline.ts'
import { createEmulatedOscillator, type OscillatorHabits } from './emulated-oscillator.ts'

export interface ReferenceHabits extends OscillatorHabits {
  /** From power on to the lock on its atoms. */
  readonly warmUpSeconds: number
  /** Its pulse at power on, ahead of the sky's, ns. */
  readonly pulseOffsetNs: number
  /** How far off it runs until it is locked, 1e-15. */
  readonly unlockedE15: number
  /** How far it can be tuned. */
  readonly tuningLimitE15: number
  /** Following its input, it calls itself locked within so many ns. */
  readonly disciplineThresholdNs: number
}

/**
 * An atomic oscillator module behind its port: warms up, locks on its atoms, is tuned, and follows the pulse at its input
 * (the sky's) while it disciplines. Of the faults that it is given it knows `unlocked`, `warm-up` and `no-pps-in`.
 */
export interface EmulatedReference {
  advance(now: MonoNs): void
  /** On its atoms. */
  isLocked(now: MonoNs): boolean
  /** 0 cold, 1 locked. */
  warmth(now: MonoNs): number
  tune(fractionE15: number, now: MonoNs): void
  tuningE15(): number
  /** The last step that the loop made, 1e-15. */
  lastCorrectionE15(): number
  setDisciplining(on: boolean): void
  isDisciplining(): boolean
  setTauSeconds(tauSeconds: number): void
  tauSeconds(): number
  /** Whether it follows its input within the threshold. */
  isDisciplineLocked(): boolean
  hasPulseIn(): boolean
  /** Own pulse ahead of the input's, ns; undefined without one. */
  phaseNs(now: MonoNs): number | undefined
  takePulse(now: MonoNs): MonoNs | undefined
  nextPulseAt(): MonoNs
  nextAt(): MonoNs | undefined
}

export function createEmulatedReference(
  habits: ReferenceHabits,
  context: EmulatorContext,
  prng: Prng,
  startAt: MonoNs,
  faults: ReadonlySet<string>,
): EmulatedReference {
  const oscillator = createEmulatedOscillator(habits, context, prng, startAt, habits.pulseOffsetNs)
  const loop = createEmulatedDiscipline(habits.disciplineThresholdNs, habits.tuningLimitE15)
  const warmUpNs = BigInt(Math.round(habits.warmUpSeconds * 1e9))
  let warmsFrom: MonoNs = startAt
  let applied: number | undefined
  let tuningE15 = 0
  let correctionE15 = 0
  let disciplining = false
  let tauSeconds = 50

  const isHeld = (): boolean => faults.has('unlocked') || faults.has('warm-up')
  const lockAt = (): MonoNs => plus(warmsFrom, warmUpNs)
  const isLocked = (now: MonoNs): boolean => !isHeld() && now >= lockAt()
  const hasPulseIn = (): boolean => !faults.has('no-pps-in')
  /** Tells the oscillator, if there is something to tell. */
  const apply = (now: MonoNs): void => {
    const whole = tuningE15 + (isLocked(now) ? 0 : habits.unlockedE15)
    if (whole === applied) return
    applied = whole
    oscillator.steer(whole, now)
  }
  const follow = (now: MonoNs): void => {
    if (!disciplining || !hasPulseIn() || !isLocked(now)) return
    const wanted = Math.round(loop.step(oscillator.offsetNs(now), tauSeconds))
    correctionE15 = wanted - tuningE15
    tuningE15 = wanted
    apply(now)
  }
  return {
    advance(now) {
      if (isHeld()) warmsFrom = now
      apply(now)
    },
    isLocked,
    warmth: (now) =>
      isHeld() ? 0 : warmUpNs === 0n ? 1 : Math.min(1, Number(between(warmsFrom, now)) / Number(warmUpNs)),
    tune(fractionE15, now) {
      tuningE15 = fractionE15
      apply(now)
    },
    tuningE15: () => tuningE15,
    lastCorrectionE15: () => correctionE15,
    setDisciplining(on) {
      disciplining = on
      loop.restart(tuningE15)
    },
    isDisciplining: () => disciplining,
    setTauSeconds(seconds) {
      tauSeconds = seconds
    },
    tauSeconds: () => tauSeconds,
    isDisciplineLocked: () => disciplining && hasPulseIn() && loop.isLocked(),
    hasPulseIn,
    phaseNs: (now) => (hasPulseIn() ? oscillator.offsetNs(now) : undefined),
    takePulse(now) {
      const pulse = oscillator.takePulse(now)
      if (pulse !== undefined) follow(now)
      return pulse?.at
    },
    nextPulseAt: oscillator.nextAt,
    nextAt: () => (isHeld() || applied === tuningE15 ? undefined : lockAt()),
  }
}

/** A unit that has lost its power begins its seconds anywhere. */
export function anyPhaseNs(prng: Prng): number {
  return (prng.nextUnit() - 0.5) * Number(NS_PER_SECOND)
}
