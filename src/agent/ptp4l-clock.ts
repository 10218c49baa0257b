import { abs, divCeil, max } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs } from '../core/time.ts'

/** The time scale that a clock counts: TAI, as PTP wants it, or UTC, which PTP calls arbitrary. */
export type ClockScale = 'tai' | 'utc'

/** What a clock showed at a local instant, and how wide the window was that it was read in. */
export interface ShownTime {
  readonly monoNs: MonoNs
  readonly shownNs: bigint
  readonly bracketNs: bigint
}

/** What is served at a local instant, not before that of the clock. */
export interface ServedTime {
  readonly monoNs: MonoNs
  readonly taiNs: TaiNs
  readonly boundNs: bigint
}

/** How a clock stands to the served time. */
export interface ClockError {
  readonly monoNs: MonoNs
  /** Undefined: it counts neither, and the offset is that to the nearer. */
  readonly scale: ClockScale | undefined
  /** Served − clock, on the clock's scale. */
  readonly offsetNs: bigint
  /** How far the clock is from the true time at most, at that instant. */
  readonly errorNsMax: bigint
}

/** No clock that is slewed runs off faster (adjtimex stops at 500 ppm). */
const SLEW_PPM_MAX = 1_000n
const PPM = 1_000_000n

/** Further off than this from every scale that is known, nobody can say what a clock counts. */
const SCALE_NS_MAX = NS_PER_SECOND / 2n

/**
 * The clock against the served time. What scale it counts is measured and not believed: a system clock on UTC that is
 * announced as PTP time would be 37 s wrong. `taiMinusUtcSeconds`: undefined while nobody is sure of it.
 */
export function clockErrorOf(shown: ShownTime, served: ServedTime, taiMinusUtcSeconds: number | undefined): ClockError {
  const gapNs = between(shown.monoNs, served.monoNs)
  const againstTaiNs = served.taiNs - gapNs - shown.shownNs
  const utc = taiMinusUtcSeconds === undefined ? undefined : againstTaiNs - BigInt(taiMinusUtcSeconds) * NS_PER_SECOND
  const countsUtc = utc !== undefined && abs(utc) < abs(againstTaiNs)
  const offsetNs = countsUtc ? utc : againstTaiNs
  const readingNs = divCeil(shown.bracketNs, 2n) + divCeil(abs(gapNs) * SLEW_PPM_MAX, PPM)
  return {
    monoNs: shown.monoNs,
    scale: abs(offsetNs) > SCALE_NS_MAX ? undefined : countsUtc ? 'utc' : 'tai',
    offsetNs,
    errorNsMax: served.boundNs + abs(offsetNs) + readingNs,
  }
}

/**
 * What may be promised until the clock is looked at again: what it is off now, and once more what it moved since the
 * earlier look, which is about as long ago as the next one is ahead.
 */
export function promisedNs(earlier: ClockError, now: ClockError): bigint {
  const movedNs = abs(now.offsetNs - earlier.offsetNs)
  return now.errorNsMax + movedNs + max(0n, now.errorNsMax - earlier.errorNsMax)
}
