import type { Prng } from '../../src/core/prng.ts'

/** Drawing from a seeded generator. */

export function chance(prng: Prng, probability: number): boolean {
  return prng.nextUnit() < probability
}

export function pick<T>(prng: Prng, from: readonly T[]): T {
  const picked = from[prng.nextBelow(from.length)]
  if (picked === undefined) throw new Error('expected something to pick from')
  return picked
}

/** 0 … bound − 1. */
export function below(prng: Prng, bound: bigint): bigint {
  return ((BigInt(prng.nextUint32()) << 32n) | BigInt(prng.nextUint32())) % bound
}

/** −bound … bound. */
export function within(prng: Prng, bound: bigint): bigint {
  return below(prng, 2n * bound + 1n) - bound
}

export function shuffled<T>(prng: Prng, values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: prng.nextUint32() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
