import { assert } from '../../../src/core/assert.ts'
import { type MonoNs, monoNs } from '../../../src/core/time.ts'
import * as trueClock from '../../../src/linux/clock.ts'
import { createFalseTime, type Distortion } from './distortion.ts'
import { DISTORTION_VARIABLE } from './false-process.ts'

/**
 * Stands where `src/linux/clock.ts` does, in a process that `preload.ts` was loaded into: the local oscillator is a false
 * one, everything else is as it is. CLOCK_REALTIME stays true, and is what instruments and grandmasters go by.
 */
const falseTime = createFalseTime(JSON.parse(process.env[DISTORTION_VARIABLE] ?? 'null') as Distortion)

/** What shows the oscillator, and is replaced here, or has nothing to do with it. */
const KNOWN = ['readMonoNs', 'readRealtimeNs', 'readCoarseNs', 'readClockPair']
const unknown = Object.entries(trueClock).filter(
  ([name, value]) => typeof value === 'function' && !KNOWN.includes(name),
)
assert(unknown.length === 0, `a reading that this file does not falsify: ${unknown.map(([name]) => name).join(', ')}`)

// A card's clock can be read against the oscillator in the kernel, past this file: there is none here.
export const CLOCK_REALTIME = trueClock.CLOCK_REALTIME
export const CLOCK_MONOTONIC_RAW = trueClock.CLOCK_MONOTONIC_RAW

export const readRealtimeNs = trueClock.readRealtimeNs
export const readCoarseNs = trueClock.readCoarseNs

export function readMonoNs(): MonoNs {
  return monoNs(falseTime.shownAt(trueClock.readMonoNs()))
}

export function readClockPair(): trueClock.ClockPair {
  const { monoNs: middle, shownNs, bracketNs } = trueClock.readClockPair()
  const half = bracketNs / 2n + 1n
  // Both ends are rounded, and the clock runs at a rate of its own between them.
  const shownBracketNs = falseTime.shownAt(middle + half) - falseTime.shownAt(middle - half) + 2n
  return { monoNs: monoNs(falseTime.shownAt(middle)), shownNs, bracketNs: shownBracketNs }
}
