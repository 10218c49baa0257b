import { fail, ok, type Result } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import { between, type MonoNs, monoNs, type PhcNs, phcNs } from '../core/time.ts'
import type { ClockPair } from './clock.ts'
import type { Sandwich } from './phc-abi.ts'

/** Two clocks latched at one instant. What the hardware may be off by is far less than a microsecond; this says so much. */
const CROSS_STAMP_BRACKET_NS = 200n

export function pairByCrossStamp(stamp: { readonly phcNs: bigint; readonly monoNs: bigint }): ClockPair<PhcNs> {
  return {
    monoNs: monoNs(stamp.monoNs),
    shownNs: phcNs(stamp.phcNs),
    bracketNs: CROSS_STAMP_BRACKET_NS,
  }
}

/**
 * A hardware clock against the local oscillator by way of CLOCK_REALTIME: the narrowest of the sandwiches, brought over by
 * pairs read before and after them. The bracket holds all that is not known: the sandwich, the pairs, and by how much
 * the realtime clock moved between them. Faults: `phc.sandwich` (none that is one), `clock.realtime-stepped`.
 */
export function pairBySandwich(
  path: string,
  before: ClockPair,
  sandwiches: readonly Sandwich[],
  after: ClockPair,
): Result<ClockPair<PhcNs>> {
  const best = narrowest(sandwiches)
  if (best === undefined) return noSandwich(path)
  const movedNs = between(before.shownNs, after.shownNs) - between(before.monoNs, after.monoNs)
  if (abs(movedNs) > MOVED_NS_MAX) {
    return fail(
      'clock.realtime-stepped',
      `${path}: expected a steady system clock, got one set by ${movedNs} ns meanwhile`,
    )
  }
  const middle = best.beforeNs + widthNs(best) / 2n
  return ok({
    monoNs: monoNs(before.monoNs + (middle - before.shownNs)),
    shownNs: phcNs(best.phcNs),
    bracketNs: widthNs(best) + before.bracketNs + 2n * abs(movedNs),
  })
}

/**
 * The same without a detour: the narrowest of sandwiches between readings of the local oscillator itself. Fault
 * `phc.sandwich`: none that is one, or not of that oscillator, which was read before and after them.
 */
export function pairByRawSandwich(
  path: string,
  before: MonoNs,
  sandwiches: readonly Sandwich[],
  after: MonoNs,
): Result<ClockPair<PhcNs>> {
  const best = narrowest(sandwiches.filter(({ beforeNs, afterNs }) => before <= beforeNs && afterNs <= after))
  if (best === undefined) return noSandwich(path)
  const monoNsMiddle = best.beforeNs + widthNs(best) / 2n
  return ok({ monoNs: monoNs(monoNsMiddle), shownNs: phcNs(best.phcNs), bracketNs: widthNs(best) })
}

function narrowest(sandwiches: readonly Sandwich[]): Sandwich | undefined {
  const [first, ...others] = sandwiches.filter(({ beforeNs: lo, afterNs: hi }) => lo <= hi)
  return first && others.reduce((narrow, next) => (widthNs(next) < widthNs(narrow) ? next : narrow), first)
}

function noSandwich(path: string): Result<never> {
  return fail('phc.sandwich', `${path}: expected the clock between two readings of the system clock, got none`)
}

/** More than the brackets and a slew explain in the milliseconds that the readings take. */
const MOVED_NS_MAX = 100_000n

function widthNs({ beforeNs, afterNs }: Sandwich): bigint {
  return afterNs - beforeNs
}
