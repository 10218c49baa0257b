import { assert } from '../core/assert.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, type PhcNs, type RealtimeNs, realtimeNs } from '../core/time.ts'
import { libc } from './libc.ts'

/** One comparison of two clocks: somewhere inside a window of `bracketNs` centred on `monoNs`, the other showed `shownNs`. */
export interface ClockPair<Scale extends RealtimeNs | PhcNs = RealtimeNs> {
  readonly monoNs: MonoNs
  readonly shownNs: Scale
  /** The width of the window, ns. */
  readonly bracketNs: bigint
}

// include/uapi/linux/time.h
const CLOCK_REALTIME = 0
const CLOCK_MONOTONIC_RAW = 4
const CLOCK_MONOTONIC_COARSE = 6

/** How many windows are tried for a pair; an interrupt or a preemption spoils one, rarely all. */
const PAIR_TRIES = 5

const clockGettime = libc.func('int clock_gettime(int clock, void *ts)') as (clock: number, ts: BigInt64Array) => number

// struct timespec is two longs on every 64-bit Linux. They are filled anew by each reading and never leave this file.
const before = new BigInt64Array(2)
const between = new BigInt64Array(2)
const after = new BigInt64Array(2)

/** CLOCK_MONOTONIC_RAW: the local oscillator as it runs, which no time daemon steps or slews. */
export function readMonoNs(): MonoNs {
  read(CLOCK_MONOTONIC_RAW, before)
  return monoNs(toNs(before))
}

/** CLOCK_REALTIME: what the system believes UTC to be; others step and slew it. */
export function readRealtimeNs(): RealtimeNs {
  read(CLOCK_REALTIME, before)
  return realtimeNs(toNs(before))
}

/** CLOCK_MONOTONIC as of the last tick of the kernel, ns: what readers of ClockBound's segment measure its age on. */
export function readCoarseNs(): bigint {
  read(CLOCK_MONOTONIC_COARSE, before)
  return toNs(before)
}

/** Reads the realtime clock between two readings of the raw one and keeps the narrowest of several such windows. */
export function readClockPair(): ClockPair {
  let best = readWindow()
  for (let tries = 1; tries < PAIR_TRIES; tries++) {
    const next = readWindow()
    if (next.bracketNs < best.bracketNs) best = next
  }
  return best
}

function readWindow(): ClockPair {
  // Nothing stands between the three calls: whatever is computed there would widen the window.
  read(CLOCK_MONOTONIC_RAW, before)
  read(CLOCK_REALTIME, between)
  read(CLOCK_MONOTONIC_RAW, after)
  const first = toNs(before)
  const bracketNs = toNs(after) - first
  return { monoNs: monoNs(first + bracketNs / 2n), shownNs: realtimeNs(toNs(between)), bracketNs }
}

function read(clock: number, into: BigInt64Array): void {
  assert(clockGettime(clock, into) === 0, `clock_gettime(${clock}) failed, and it cannot on a Linux of this century`)
}

function toNs(timespec: BigInt64Array): bigint {
  const [seconds, nanoseconds] = timespec
  assert(seconds !== undefined && nanoseconds !== undefined, 'a timespec has two fields')
  return seconds * NS_PER_SECOND + nanoseconds
}
