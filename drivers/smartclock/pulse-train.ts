import { abs, divFloor, max } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import type { SmartclockEmulatorOptions } from './options.ts'

/** The pulse output of an emulated unit, and with it the unit's own idea of when each second begins. */
export interface PulseTrain {
  /** Follows the sky from now on. */
  lock(now: MonoNs): void
  /** Runs on by its own oscillator, at the rate that the sky has had so far plus the drift. */
  hold(): void
  /** Leads the phase back to the sky's, evenly over `seconds`. */
  recover(seconds: number, now: MonoNs): void
  /** When the next pulse comes. */
  nextAt(): MonoNs | undefined
  /** Takes a pulse that has come: its instant, and by how much it is late against the sky. */
  take(now: MonoNs): { readonly at: MonoNs; readonly lateNs: bigint } | undefined
  /** By how much the next pulse will be late against the sky. */
  lateNs(): bigint
  /** When the unit means TAI second `second` to begin, noise apart. */
  beginOf(second: bigint): MonoNs
  /** The TAI second that is running at `now` by the unit's own count. */
  secondAt(now: MonoNs): bigint
}

/** An oscillator that has been steered knows its rate; a minute of it is plenty at 1 ns of resolution. */
const RATE_LEARNT_OVER_SECONDS = 64n
/** Farther off than that a unit steps instead of slewing. */
const SLEW_NS_MAX = 1_000_000n

/** Where the beginning of a second lies; `lock` when nothing pulls it away from the sky. */
type Phase =
  | { readonly name: 'lock' }
  | { readonly name: 'hold'; readonly fromSecond: bigint; readonly from: MonoNs; readonly learntNs: bigint }
  | { readonly name: 'recover'; readonly fromSecond: bigint; readonly lateNs: bigint; readonly seconds: bigint }

export function createPulseTrain(options: SmartclockEmulatorOptions, prng: Prng, context: EmulatorContext): PulseTrain {
  const { holdoverDriftPpb, pulseNoiseNs } = options
  let phase: Phase = { name: 'lock' }
  let next: { readonly second: bigint; readonly at: MonoNs } | undefined

  const skyBegin = (second: bigint): MonoNs => context.skyMono(taiNs(second * NS_PER_SECOND))

  const beginOf = (second: bigint): MonoNs => {
    if (phase.name === 'hold') {
      const seconds = second - phase.fromSecond
      // An oscillator that runs fast ends its seconds early: ppb and ns per second are the same number.
      const earlyNs = BigInt(Math.round(Number(seconds) * holdoverDriftPpb))
      return plus(phase.from, divFloor(seconds * phase.learntNs, RATE_LEARNT_OVER_SECONDS) - earlyNs)
    }
    if (phase.name === 'lock') return skyBegin(second)
    const left = max(phase.fromSecond + phase.seconds - second, 0n)
    return plus(skyBegin(second), divFloor(phase.lateNs * left, phase.seconds))
  }

  const secondAt = (now: MonoNs): bigint => {
    if (phase.name !== 'hold') return divFloor(context.skyTai(now), NS_PER_SECOND)
    return phase.fromSecond + divFloor(between(phase.from, now), NS_PER_SECOND)
  }

  const plan = (second: bigint): void => {
    const noiseNs = phase.name === 'lock' ? BigInt(Math.round(prng.nextNormal() * pulseNoiseNs)) : 0n
    next = { second, at: plus(beginOf(second), noiseNs) }
  }

  return {
    lock(now) {
      phase = { name: 'lock' }
      plan(next?.second ?? secondAt(now) + 1n)
    },
    hold() {
      if (next === undefined) return
      const fromSecond = next.second - 1n
      const learntNs = between(skyBegin(fromSecond - RATE_LEARNT_OVER_SECONDS), skyBegin(fromSecond))
      phase = { name: 'hold', fromSecond, from: beginOf(fromSecond), learntNs }
      plan(next.second)
    },
    recover(seconds, now) {
      const fromSecond = divFloor(context.skyTai(now), NS_PER_SECOND) + 1n
      const lateNs = between(skyBegin(fromSecond), beginOf(fromSecond))
      const slews = next !== undefined && abs(lateNs) <= SLEW_NS_MAX
      phase = { name: 'recover', fromSecond, lateNs: slews ? lateNs : 0n, seconds: BigInt(Math.ceil(seconds)) }
      plan(slews && next !== undefined ? next.second : fromSecond)
    },
    nextAt: () => next?.at,
    take(now) {
      if (next === undefined || next.at > now) return undefined
      const taken = next
      // After a stall only the last of the missed pulses is made up for.
      plan(max(taken.second + 1n, secondAt(now)))
      return { at: taken.at, lateNs: between(skyBegin(taken.second), taken.at) }
    },
    lateNs: () => (next === undefined ? 0n : between(skyBegin(next.second), next.at)),
    beginOf,
    secondAt,
  }
}
