import { fail, ok, type Result } from '../core/fault.ts'
import { abs, divCeil } from '../core/integer.ts'
import { errorBound, type Interval } from '../core/interval.ts'
import { type LeapTable, leapTableExpired, nextLeapSecond, taiMinusUtcAt } from '../core/leap.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type RealtimeNs, type TaiNs } from '../core/time.ts'
import type { ClockPair } from '../linux/clock.ts'

/** The time that this appliance serves, at one local instant. */
export interface ServedTime {
  readonly taiNs: TaiNs
  readonly interval: Interval
  readonly origin: 'certified' | 'own-hardware'
}

/** How CLOCK_REALTIME stands to the served time. */
export interface SystemTime {
  /** What CLOCK_REALTIME showed, and CLOCK_MONOTONIC_COARSE not later than that. */
  readonly shownNs: RealtimeNs
  readonly coarseNs: bigint
  readonly monoNs: MonoNs
  /** UTC less CLOCK_REALTIME by the served time, and how far that may be off. */
  readonly offsetNs: bigint
  readonly uncertaintyNs: bigint
  /** How far CLOCK_REALTIME is from UTC at most: what the offset is, and its uncertainty on the worse side. */
  readonly errorNs: bigint
  readonly origin: ServedTime['origin']
  /** The leap second that ends this UTC day. */
  readonly leap: 'none' | 'insert' | 'delete'
  /** So long UTC goes on as it does, but for a margin; undefined when the leap table has nothing further. */
  readonly steadyNs: bigint | undefined
}

/** One look at the clocks of the system. */
export interface SystemReading {
  /** CLOCK_MONOTONIC_COARSE, read before the pair. */
  readonly coarseNs: bigint
  readonly pair: ClockPair
}

/** Around a leap second the kernel's clock, others' and ours count seconds apart; it is left alone for so long beside it. */
const LEAP_MARGIN_NS = NS_PER_SECOND
const DAY_NS = 86_400n * NS_PER_SECOND

/**
 * `served`: read for the instant of the pair. Faults: `output.no-time`, `output.leap-table` (it has ended, or had not
 * begun, so that nobody here knows what UTC is), `output.leap-second` (one is going on).
 */
export function systemTimeOf(
  { coarseNs, pair }: SystemReading,
  served: ServedTime | undefined,
  leapTable: LeapTable,
): Result<SystemTime> {
  if (served === undefined) return fail('output.no-time', 'expected a time to serve, got none yet')
  const { taiNs, interval, origin } = served
  const taiMinusUtc = taiMinusUtcAt(leapTable, taiNs)
  if (taiMinusUtc === undefined || leapTableExpired(leapTable, taiNs)) {
    return fail(
      'output.leap-table',
      `${leapTable.origin}: expected a leap table that reaches to now, got one that does not`,
    )
  }
  const leap = nextLeapSecond(leapTable, plus(taiNs, -LEAP_MARGIN_NS))
  const steadyNs = leap === undefined ? undefined : between(taiNs, leap.from) - LEAP_MARGIN_NS
  if (steadyNs !== undefined && steadyNs <= 0n) {
    return fail('output.leap-second', 'expected an instant at which everybody counts seconds alike, got a leap second')
  }
  const shownTai = pair.shownNs + BigInt(taiMinusUtc) * NS_PER_SECOND
  const readingNs = divCeil(pair.bracketNs, 2n)
  return ok({
    shownNs: pair.shownNs,
    coarseNs,
    monoNs: pair.monoNs,
    offsetNs: taiNs - shownTai,
    uncertaintyNs: errorBound(taiNs, interval) + readingNs,
    errorNs: errorBound(shownTai, interval) + readingNs,
    origin,
    leap: leap !== undefined && steadyNs !== undefined && steadyNs < DAY_NS ? leap.change : 'none',
    steadyNs,
  })
}

/** What a program may be told that cannot be told a bound. */
export interface TellingLimits {
  readonly boundNsMax: number
  readonly fallback: boolean
}

/** Faults: `output.uncertified`, `output.bound`. */
export function withinLimits(time: SystemTime, { boundNsMax, fallback }: TellingLimits): Result<SystemTime> {
  if (time.origin !== 'certified' && !fallback) {
    return fail('output.uncertified', 'expected certified time, got that of the own hardware alone (fallback = false)')
  }
  if (time.uncertaintyNs > BigInt(boundNsMax)) {
    return fail('output.bound', `expected a bound of at most ${boundNsMax} ns, got ${time.uncertaintyNs} ns`)
  }
  return ok(time)
}

/** By how much CLOCK_REALTIME moved against the served time from one reading to the next beyond what readings explain. */
export function movedNs(earlier: SystemTime, later: SystemTime): bigint {
  const changeNs = abs(later.offsetNs - earlier.offsetNs)
  const explainedNs = earlier.uncertaintyNs + later.uncertaintyNs
  return changeNs > explainedNs ? changeNs - explainedNs : 0n
}
