import { fail, ok, type Result } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import { between, monoNs, type PhcNs, phcNs } from '../core/time.ts'
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
  const [first, ...others] = sandwiches.filter(({ realtimeBeforeNs: lo, realtimeAfterNs: hi }) => lo <= hi)
  if (first === undefined) {
    return fail('phc.sandwich', `${path}: expected the clock between two readings of the system clock, got none`)
  }
  const best = others.reduce((narrow, next) => (widthNs(next) < widthNs(narrow) ? next : narrow), first)
  const movedNs = between(before.shownNs, after.shownNs) - between(before.monoNs, after.monoNs)
  if (abs(movedNs) > MOVED_NS_MAX) {
    return fail(
      'clock.realtime-stepped',
      `${path}: expected a steady system clock, got one set by ${movedNs} ns meanwhile`,
    )
  }
  const middle = best.realtimeBeforeNs + widthNs(best) / 2n
  return ok({
    monoNs: monoNs(before.monoNs + (middle - before.shownNs)),
    shownNs: phcNs(best.phcNs),
    bracketNs: widthNs(best) + before.bracketNs + 2n * abs(movedNs),
  })
}

/** More than the brackets and a slew explain in the milliseconds that the readings take. */
const MOVED_NS_MAX = 100_000n

function widthNs({ realtimeBeforeNs, realtimeAfterNs }: Sandwich): bigint {
  return realtimeAfterNs - realtimeBeforeNs
}
