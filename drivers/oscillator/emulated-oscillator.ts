import { divFloor } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'

/** What an emulated reference's oscillator does when nobody disciplines it. */
export interface OscillatorHabits {
  /** Its own frequency offset when it is made, 1e-15; positive runs fast. */
  readonly fractionE15: number
  /** How fast that offset grows, 1e-15 a day. */
  readonly ageingE15PerDay: number
  /** Standard deviation of the white noise on each pulse, ns. */
  readonly pulseNoiseNs: number
}

/**
 * The clock inside an emulated atomic reference: a time scale of its own beside the sky's, and the pulses that mark its
 * seconds. Steering and setting change what comes, never what has been.
 */
export interface EmulatedOscillator {
  /** Its time minus the sky's at local instant `at`, ns; at or after the last change. */
  offsetNs(at: MonoNs): number
  /** Adds so much to its frequency from `at` on, 1e-15; replaces what was added before. */
  steer(fractionE15: number, at: MonoNs): void
  /** Moves its time by so much at `at`: positive puts it ahead, and its pulses come earlier. */
  step(byNs: number, at: MonoNs): void
  /** The whole frequency offset at `at`, 1e-15. */
  fractionE15(at: MonoNs): number
  /** When the next pulse comes. */
  nextAt(): MonoNs
  /** Takes a pulse that has come. After a stall only the last of those missed is made up for. */
  takePulse(now: MonoNs): { readonly at: MonoNs; readonly second: bigint } | undefined
  /** The second of its own time that runs at `at`. */
  secondAt(at: MonoNs): bigint
}

const NS_PER_DAY = 86_400_000_000_000
const E15 = 1e15

/** `startAt`: when it begins, with its time at the sky's plus `offsetNs`. */
export function createEmulatedOscillator(
  habits: OscillatorHabits,
  context: EmulatorContext,
  prng: Prng,
  startAt: MonoNs,
  offsetNs = 0,
): EmulatedOscillator {
  let from = { at: startAt, tai: context.skyTai(startAt), offsetNs, fractionE15: habits.fractionE15 }
  let steeringE15 = 0

  const offsetAt = (at: MonoNs): number => {
    const elapsedNs = Number(context.skyTai(at) - from.tai)
    const ageing = (habits.ageingE15PerDay * elapsedNs) / NS_PER_DAY / 2
    return from.offsetNs + (elapsedNs * (from.fractionE15 + steeringE15 + ageing)) / E15
  }
  const fractionAt = (at: MonoNs): number => {
    const elapsedNs = Number(context.skyTai(at) - from.tai)
    return from.fractionE15 + steeringE15 + (habits.ageingE15PerDay * elapsedNs) / NS_PER_DAY
  }
  /** Begins a new stretch at `at`. */
  const turn = (at: MonoNs, byNs: number): void => {
    const fractionE15 = fractionAt(at) - steeringE15
    from = { at, tai: context.skyTai(at), offsetNs: offsetAt(at) + byNs, fractionE15 }
  }
  const ownTime = (at: MonoNs): TaiNs => plus(context.skyTai(at), BigInt(Math.round(offsetAt(at))))
  const secondAt = (at: MonoNs): bigint => divFloor(ownTime(at), NS_PER_SECOND)
  /** Twice is enough: an offset changes by far less than a nanosecond over its own length. */
  const beginOf = (second: bigint): MonoNs => {
    const own = second * NS_PER_SECOND
    const about = context.skyMono(taiNs(own))
    return context.skyMono(taiNs(own - BigInt(Math.round(offsetAt(about)))))
  }
  let next = plan(secondAt(startAt) + 1n)
  function plan(second: bigint): { readonly at: MonoNs; readonly second: bigint } {
    const noiseNs = BigInt(Math.round(prng.nextNormal() * habits.pulseNoiseNs))
    return { at: plus(beginOf(second), noiseNs), second }
  }
  return {
    offsetNs: offsetAt,
    fractionE15: fractionAt,
    steer(fractionE15, at) {
      turn(at, 0)
      steeringE15 = fractionE15
      next = plan(next.second)
    },
    step(byNs, at) {
      turn(at, byNs)
      next = plan(secondAt(at) + 1n)
    },
    nextAt: () => next.at,
    takePulse(now) {
      if (next.at > now) return undefined
      const running = secondAt(now)
      const taken = running > next.second ? plan(running) : next
      next = plan(taken.second + 1n)
      return taken
    },
    secondAt,
  }
}
