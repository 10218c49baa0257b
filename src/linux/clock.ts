import { assert } from '../core/assert.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, type PhcNs, type RealtimeNs, realtimeNs } from '../core/time.ts'
import { allocateForeign } from './foreign-memory.ts'
import { libc } from './libc.ts'

/** One comparison of two clocks: somewhere inside a window of `bracketNs` centred on `monoNs`, the other showed `shownNs`. */
export interface ClockPair<Scale extends RealtimeNs | PhcNs = RealtimeNs> {
  readonly monoNs: MonoNs
  readonly shownNs: Scale
  /** The width of the window, ns. */
  readonly bracketNs: bigint
}

// include/uapi/linux/time.h
export const CLOCK_REALTIME = 0
export const CLOCK_MONOTONIC_RAW = 4
const CLOCK_MONOTONIC_COARSE = 6

/** How many windows are tried for a pair; an interrupt or a preemption spoils one, rarely all. */
const PAIR_TRIES = 8

const clockGettime = libc.func('int clock_gettime(int clock, uintptr_t into)') as (
  clock: number,
  into: number,
) => number

/** `struct timespec` is two longs on every 64-bit Linux. */
const TIMESPEC_BYTES = 16
const READINGS_PER_WINDOW = 3

// Readings are made into memory that stays where it is: an address is passed a third faster than an array, and what a call
// takes is what a pair is uncertain by. They are filled anew each time and never leave this file.
const memory = allocateForeign(PAIR_TRIES * READINGS_PER_WINDOW * TIMESPEC_BYTES)
const address = Number(memory.address)
const timespecs = new BigInt64Array(memory.bytes.buffer)

/** CLOCK_MONOTONIC_RAW: the local oscillator as it runs, which no time daemon steps or slews. */
export function readMonoNs(): MonoNs {
  return monoNs(read(CLOCK_MONOTONIC_RAW))
}

/** CLOCK_REALTIME: what the system believes UTC to be; others step and slew it. */
export function readRealtimeNs(): RealtimeNs {
  return realtimeNs(read(CLOCK_REALTIME))
}

/** CLOCK_MONOTONIC as of the last tick of the kernel, ns: what readers of ClockBound's segment measure its age on. */
export function readCoarseNs(): bigint {
  return read(CLOCK_MONOTONIC_COARSE)
}

/** Reads the realtime clock between two readings of the raw one and keeps the narrowest of several such windows. */
export function readClockPair(): ClockPair {
  // Nothing stands between the calls: whatever is computed there would widen the windows.
  for (let window = 0; window < PAIR_TRIES; window++) {
    const at = address + window * READINGS_PER_WINDOW * TIMESPEC_BYTES
    clockGettime(CLOCK_MONOTONIC_RAW, at)
    clockGettime(CLOCK_REALTIME, at + TIMESPEC_BYTES)
    clockGettime(CLOCK_MONOTONIC_RAW, at + 2 * TIMESPEC_BYTES)
  }
  let best = 0
  let bestNs = widthNs(0)
  for (let window = 1; window < PAIR_TRIES; window++) {
    const width = widthNs(window)
    if (width < bestNs) [best, bestNs] = [window, width]
  }
  const first = timespecNs(best * READINGS_PER_WINDOW)
  const shownNs = realtimeNs(timespecNs(best * READINGS_PER_WINDOW + 1))
  return { monoNs: monoNs(first + bestNs / 2n), shownNs, bracketNs: bestNs }
}

/** From the first to the last reading of a window. */
function widthNs(window: number): bigint {
  return timespecNs(window * READINGS_PER_WINDOW + 2) - timespecNs(window * READINGS_PER_WINDOW)
}

function read(clock: number): bigint {
  assert(clockGettime(clock, address) === 0, `clock_gettime(${clock}) failed, and it cannot on a Linux of this century`)
  return timespecNs(0)
}

function timespecNs(index: number): bigint {
  const [seconds, nanoseconds] = [timespecs[2 * index], timespecs[2 * index + 1]]
  assert(seconds !== undefined && nanoseconds !== undefined, 'a timespec has two fields')
  return seconds * NS_PER_SECOND + nanoseconds
}
