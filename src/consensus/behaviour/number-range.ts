import { assert } from '../../core/assert.ts'

/**
 * The detectors compare differences of nanoseconds, which are small, and see far more of them than the agreement does.
 * So they compute with Numbers that are whole and below 2^53, where every sum is exact. What comes from outside is
 * brought into range here; nothing honest is out of it.
 */

/**
 * Thirteen days, ns: what is farther away than this is as good as this far away. A sum of seven such stays below 2^53.
 */
export const FAR_NS = 2 ** 50

/** Two minutes, ns: a bound, an uncertainty or an age beyond it says nothing, and counts as missing. */
export const USELESS_NS = 2 ** 37

/** A difference of instants, saturating at ±`FAR_NS`. */
export function nearNs(differenceNs: bigint): number {
  return clampNumber(Number(differenceNs), -FAR_NS, FAR_NS)
}

export function clampNumber(value: number, lo: number, hi: number): number {
  return value < lo ? lo : value > hi ? hi : value
}

/** ⌈a / b⌉ for whole 0 ≤ a < 2^53 and b > 0; the remainder of two whole Numbers is exact, so is the quotient. */
export function ceilOf(a: number, b: number): number {
  assert(a >= 0 && b > 0, 'a quotient of numbers that are not negative')
  const remainder = a % b
  return (a - remainder) / b + (remainder > 0 ? 1 : 0)
}

/** ⌈rates × duration / 10^9⌉, ns; where the product would not be exact, so far that nothing contradicts it. */
export function agedNs(ratesPpb: number, durationNs: number): number {
  const product = ratesPpb * durationNs
  return product > Number.MAX_SAFE_INTEGER ? FAR_NS : ceilOf(product, 1_000_000_000)
}

/** Of two middle values the lower one. Undefined of nothing. */
export function lowerMedianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]
}

/** A list of one value, by member or by pair. */
export function filled<T>(length: number, value: T): T[] {
  const list: T[] = []
  while (list.length < length) list.push(value)
  return list
}
