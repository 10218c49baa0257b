import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createEmulatedOscillator, type EmulatedOscillator } from '../oscillator/emulated-oscillator.ts'
import type { FaultName } from './emulator-faults.ts'
import type { Prs10EmulatorOptions } from './options.ts'
import { BIT } from './status-bits.ts'

/** An emulated unit under power: its lamp, its lock, its pulse and its input. */
export interface Instrument {
  readonly oscillator: EmulatedOscillator
  /** Goes on to `now`: whoever warms up, locks, follows. */
  advance(now: MonoNs): void
  isLocked(): boolean
  /** Adds bits that are remembered until the status is read. */
  latch(bits: readonly number[]): void
  /** ST1 to ST6, and forgets what was remembered. */
  takeStatus(): readonly number[]
  /** The time tag of the last input pulse since it was asked for, ns; −1 for none. */
  takeTag(now: MonoNs): number
  follows(): boolean
  setFollows(follows: boolean, now: MonoNs): void
  /** SF, 1e-12. */
  steering(): number
  setSteering(parts: number, now: MonoNs): void
  /** When it goes on by itself. */
  nextAt(): MonoNs | undefined
}

/** How a cold unit starts: its crystal runs free, and its pulse begins anywhere. */
const CRYSTAL_OFF_E15 = 20_000_000
/** From the heaters' return to the lock. */
const RELOCK_NS = 5n * NS_PER_SECOND
/** So many good pulses in a row, and the unit follows. */
const GOOD_PULSES = 256
/** Following leads the phase back in so many seconds, and moves the frequency by at most 2e-9. */
const FOLLOW_SECONDS = 200
const FOLLOW_E15_MAX = 2_000_000

/** Synthesizer not locked; lamp, crystal and cell below their set points. */
const COLD_BITS: readonly number[] = [8, 16, 18, 20]
const BITS_OF_FAULTS: Readonly<Partial<Record<FaultName, readonly number[]>>> = {
  'lamp-low': [4],
  'heater-out': [2],
  'crystal-out': [9, 27],
  eeprom: [43],
}

function bitsOfFaults(faults: ReadonlySet<FaultName>): readonly number[] {
  return [...faults].flatMap((name) => BITS_OF_FAULTS[name] ?? [])
}

export function createInstrument(
  options: Prs10EmulatorOptions,
  faults: ReadonlySet<FaultName>,
  prng: Prng,
  context: EmulatorContext,
  start: { readonly at: MonoNs; readonly cold: boolean },
): Instrument {
  const offsetNs = start.cold ? 100_000_000 + prng.nextBelow(800_000_000) : 0
  const oscillator = createEmulatedOscillator(options, context, prng, start.at, offsetNs)
  let lockedAt: MonoNs | undefined = start.cold ? undefined : start.at
  let warmAt = start.cold ? plus(start.at, secondsNs(options.warmUpSeconds)) : start.at
  const memory = createStatusMemory(start.cold ? [BIT.reset] : [])
  let follows = options.follows
  let steering = 0
  let goodFrom = start.cold ? 0 : -GOOD_PULSES
  let pulses = 0
  let tagAskedAt = start.at
  let isFollowing = false

  const hasInput = (): boolean => options.inputPulse && !faults.has('no-input-pulse')
  const isCold = (): boolean => lockedAt === undefined
  const tune = (now: MonoNs): void => {
    if (isCold()) oscillator.steer(CRYSTAL_OFF_E15, now)
    else if (!isFollowing) oscillator.steer(steering * 1_000, now)
  }
  const follow = (now: MonoNs): void => {
    const was = isFollowing
    isFollowing = follows && !isCold() && hasInput() && pulses - goodFrom >= GOOD_PULSES
    if (isFollowing && !was && Math.abs(oscillator.offsetNs(now)) > 1_000) {
      oscillator.step(-oscillator.offsetNs(now), now)
    }
    if (isFollowing) {
      const wanted = (-oscillator.offsetNs(now) / FOLLOW_SECONDS) * 1e6
      oscillator.steer(Math.max(-FOLLOW_E15_MAX, Math.min(FOLLOW_E15_MAX, wanted)), now)
    } else if (was) tune(now)
  }

  const bits = (): readonly number[] => [
    ...bitsOfFaults(faults),
    ...(isCold() ? COLD_BITS : []),
    ...(follows ? [] : [32]),
    ...(follows && pulses - goodFrom < GOOD_PULSES ? [33] : []),
    ...(isFollowing ? [BIT.following] : []),
    ...(hasInput() ? [] : [BIT.noInputPulse]),
  ]

  tune(start.at)
  return {
    oscillator,
    advance(now) {
      if (faults.has('heater-out')) {
        warmAt = plus(now, RELOCK_NS)
        if (lockedAt !== undefined) {
          lockedAt = undefined
          tune(now)
        }
      } else if (lockedAt === undefined && now >= warmAt) {
        lockedAt = now
        tune(now)
      }
      const second = Number(between(start.at, now) / NS_PER_SECOND)
      if (second > pulses) {
        pulses = second
        if (!hasInput()) goodFrom = second
        follow(now)
      }
      memory.latch(bits())
    },
    isLocked: () => lockedAt !== undefined,
    takeStatus: () => memory.take(bits()),
    latch: memory.latch,
    takeTag(now) {
      const came = hasInput() && between(tagAskedAt, now) >= NS_PER_SECOND
      tagAskedAt = came ? now : tagAskedAt
      if (!came) return -1
      return tagOf(oscillator.offsetNs(now))
    },
    follows: () => follows,
    setFollows(on, now) {
      follows = on
      follow(now)
    },
    steering: () => steering,
    setSteering(parts, now) {
      steering = parts
      tune(now)
    },
    nextAt: () => (isCold() ? warmAt : undefined),
  }
}

/** The input's second begins where the sky's does; a unit that is ahead by `aheadNs` has begun its own before. */
function tagOf(aheadNs: number): number {
  const lateNs = Math.round(aheadNs) % 1_000_000_000
  return lateNs < 0 ? lateNs + 1_000_000_000 : lateNs
}

/** Bits that were there are told once, though they are gone. */
function createStatusMemory(bitsAtStart: readonly number[]) {
  let remembered = new Set(bitsAtStart)
  return {
    latch(bits: readonly number[]): void {
      for (const bit of bits) remembered.add(bit)
    },
    /** ST1 to ST6, with those that are there now. */
    take(bits: readonly number[]): readonly number[] {
      const bytes = [0, 0, 0, 0, 0, 0]
      for (const bit of [...remembered, ...bits]) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7))
      remembered = new Set()
      return bytes
    },
  }
}

function secondsNs(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND
}
