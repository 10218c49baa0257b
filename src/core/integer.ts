import { assert } from './assert.ts'

/**
 * The two divisions of consensus-critical arithmetic. The language's own `/` truncates towards zero, which is
 * inward for a negative lower bound; these say which way they round.
 */

/** ⌊a / b⌋ for any sign of `a` and b > 0. */
export function divFloor(a: bigint, b: bigint): bigint {
  assert(b > 0n, 'divFloor needs a positive divisor')
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** ⌈a / b⌉ for any sign of `a` and b > 0. */
export function divCeil(a: bigint, b: bigint): bigint {
  assert(b > 0n, 'divCeil needs a positive divisor')
  const quotient = a / b
  return a % b > 0n ? quotient + 1n : quotient
}

export function abs(a: bigint): bigint {
  return a < 0n ? -a : a
}

export function max<T extends bigint>(a: T, b: T): T {
  return a > b ? a : b
}

export function min<T extends bigint>(a: T, b: T): T {
  return a < b ? a : b
}

/** Orders bigints for `Array.sort`. */
export function compare(a: bigint, b: bigint): -1 | 0 | 1 {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** How far an oscillator whose rate error is at most `ratePpb` can run away in `durationNs`, rounded up. */
export function driftNs(durationNs: bigint, ratePpb: bigint): bigint {
  return divCeil(abs(durationNs) * ratePpb, 1_000_000_000n)
}
