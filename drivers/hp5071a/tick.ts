import { abs, max, min } from '../../src/core/integer.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * Where the unit's seconds begin on the local oscillator, as far as its answers tell. A unit that says a second between the
 * question and the first byte of the answer was in that second some time in between, and no more is known from one
 * answer; many narrow it down. Only an answer that lies well inside one second names it beyond doubt.
 */
export interface Tick {
  /** TAI second `second` of the unit began at the earliest and at the latest … */
  readonly second: bigint
  readonly lo: MonoNs
  readonly hi: MonoNs
  /** … as known at this instant. */
  readonly at: MonoNs
}

/** The unit said `second` some time from `askedAt` to `firstByteAt`. */
export interface TimeAnswer {
  readonly second: bigint
  readonly askedAt: MonoNs
  readonly firstByteAt: MonoNs
}

/** Worse than any local oscillator. */
const DRIFT_PPM = 100n
/** On either side of a second; a few characters more than the echo of the question. */
const GUARD_NS = 50n * NS_PER_MILLISECOND
/** Narrower than this, half a second later is well inside. */
const NARROW_NS = 300n * NS_PER_MILLISECOND
/** What a question and the beginning of its answer take on the line. */
const EXCHANGE_NS = 40n * NS_PER_MILLISECOND

/** What is known with one more answer; undefined: the answer contradicts what was known. */
export function narrow(tick: Tick | undefined, answer: TimeAnswer): Tick | undefined {
  const { second, askedAt, firstByteAt } = answer
  const said = { lo: plus(askedAt, -NS_PER_SECOND), hi: firstByteAt }
  if (tick === undefined) return { second, ...said, at: firstByteAt }
  const known = startOf(tick, second, firstByteAt)
  const both = { lo: max(known.lo, said.lo), hi: min(known.hi, said.hi) }
  return both.lo <= both.hi ? { second, ...both, at: firstByteAt } : undefined
}

/** Between which instants the second begins, the drift until `now` included. */
function startOf(tick: Tick, second: bigint, now: MonoNs): { readonly lo: MonoNs; readonly hi: MonoNs } {
  const driftNs = (abs(between(tick.at, now)) * DRIFT_PPM) / 1_000_000n
  const aheadNs = (second - tick.second) * NS_PER_SECOND
  return { lo: plus(tick.lo, aheadNs - driftNs), hi: plus(tick.hi, aheadNs + driftNs) }
}

/** Whether the answer was given in its second whatever else may be: its label names the pulse before it. */
export function isInside(tick: Tick, { second, askedAt, firstByteAt }: TimeAnswer): boolean {
  const begins = startOf(tick, second, firstByteAt)
  return plus(begins.hi, GUARD_NS) <= askedAt && plus(firstByteAt, GUARD_NS) <= plus(begins.lo, NS_PER_SECOND)
}

/**
 * When to ask next, not before `notBefore`: in the middle of a second when it is known where that is, else there where
 * the answer tells most.
 */
export function nextAskAt(tick: Tick, notBefore: MonoNs): MonoNs {
  const { lo, hi } = startOf(tick, tick.second, notBefore)
  const widthNs = between(lo, hi)
  const intoNs = widthNs / 2n + (widthNs <= NARROW_NS ? NS_PER_SECOND / 2n : 0n) - EXCHANGE_NS / 2n
  const first = plus(lo, intoNs)
  const seconds =
    between(first, notBefore) <= 0n ? 0n : (between(first, notBefore) + NS_PER_SECOND - 1n) / NS_PER_SECOND
  return plus(first, seconds * NS_PER_SECOND)
}
