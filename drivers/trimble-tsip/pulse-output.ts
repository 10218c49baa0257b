import { divFloor, max } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createEmulatedOscillator, type EmulatedOscillator } from '../oscillator/emulated-oscillator.ts'
import type { Model } from './models.ts'
import type { TrimbleTsipEmulatorOptions } from './options.ts'

/** The pulse of an emulated receiver: by the sky in lock, by its own oscillator without it. */
export interface PulseOutput {
  follow(now: MonoNs): void
  /** Runs on alone from where it is. */
  hold(now: MonoNs): void
  /** Leads what it has run away back to the sky, evenly. */
  recover(seconds: number, now: MonoNs): void
  nextAt(): MonoNs
  /** Takes a pulse that has come: when, which TAI second it begins, how late it is by quantization and in all. */
  take(now: MonoNs): Pulse | undefined
}

export interface Pulse {
  readonly at: MonoNs
  readonly second: bigint
  readonly quantizationNs: number
  readonly lateNs: number
}

const DRIFT_PPB = { disciplined: 0.5, free: 20 } as const
const E15_PER_PPB = 1e6

export function createPulseOutput(
  options: TrimbleTsipEmulatorOptions,
  model: Model,
  prng: Prng,
  context: EmulatorContext,
  startAt: MonoNs,
): PulseOutput {
  const driftPpb = options.holdoverDriftPpb ?? (model.disciplined ? DRIFT_PPB.disciplined : DRIFT_PPB.free)
  const sawtoothStep = prng.nextUnit()
  let sawtooth = prng.nextUnit()
  let alone: EmulatedOscillator | undefined

  const planFollowing = (second: bigint): Pulse => {
    sawtooth = (sawtooth + sawtoothStep) % 1
    const quantizationNs = model.reportsQuantization ? (2 * sawtooth - 1) * options.pulseSawtoothNs : 0
    const lateNs = quantizationNs + prng.nextNormal() * options.pulseNoiseNs
    const edge = context.skyMono(taiNs(second * NS_PER_SECOND))
    return { at: plus(edge, BigInt(Math.round(lateNs))), second, quantizationNs, lateNs }
  }
  const skySecond = (at: MonoNs): bigint => divFloor(context.skyTai(at), NS_PER_SECOND)
  let next = planFollowing(skySecond(startAt) + 1n)

  return {
    follow(now) {
      if (alone === undefined) return
      alone = undefined
      next = planFollowing(max(next.second, skySecond(now)))
    },
    hold(now) {
      const habits = { fractionE15: driftPpb * E15_PER_PPB, ageingE15PerDay: 0, pulseNoiseNs: options.pulseNoiseNs }
      alone ??= createEmulatedOscillator(habits, context, prng, now)
      alone.steer(0, now)
    },
    recover(seconds, now) {
      if (alone === undefined) return
      const undriftE15 = -alone.fractionE15(now)
      alone.steer(undriftE15 - (alone.offsetNs(now) / seconds) * E15_PER_PPB, now)
    },
    nextAt: () => alone?.nextAt() ?? next.at,
    take(now) {
      if (alone !== undefined) {
        const taken = alone.takePulse(now)
        if (taken === undefined) return undefined
        next = { ...next, second: taken.second + 1n }
        return { ...taken, quantizationNs: 0, lateNs: -alone.offsetNs(taken.at) }
      }
      if (next.at > now) return undefined
      const taken = next
      // A sky that steps forward skips seconds, and a host that slept loses what it missed.
      next = planFollowing(max(taken.second, skySecond(now)) + 1n)
      return taken
    },
  }
}
