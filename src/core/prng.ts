/**
 * A seeded generator for emulators, simulation and tests: never for keys. splitmix64 (Steele, Lea, Flood 2014) over
 * bigint would be slow; this is xoshiro128** (Blackman, Vigna 2018) seeded by splitmix32, on 32-bit integers.
 */
export interface Prng {
  /** An integer in [0, 2^32). */
  nextUint32(): number
  /** A number in [0, 1) with 32 bits of resolution. */
  nextUnit(): number
  /** An integer in [0, bound), bound in [1, 2^32]. The bias is at most bound / 2^32. */
  nextBelow(bound: number): number
  /** A normal deviate with mean 0 and standard deviation 1 (Box-Muller). */
  nextNormal(): number
}

export function createPrng(seed: number): Prng {
  const state = seedState(seed)
  const nextUint32 = (): number => {
    const [s0, s1, s2, s3] = state
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0
    const t = s1 << 9
    const n2 = s2 ^ s0
    const n3 = s3 ^ s1
    state[1] = s1 ^ n2
    state[0] = s0 ^ n3
    state[2] = n2 ^ t
    state[3] = rotateLeft(n3, 11)
    return result
  }
  const nextUnit = (): number => nextUint32() / 4_294_967_296
  return {
    nextUint32,
    nextUnit,
    nextBelow: (bound) => Math.floor(nextUnit() * bound),
    nextNormal: () => Math.sqrt(-2 * Math.log(1 - nextUnit())) * Math.cos(2 * Math.PI * nextUnit()),
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

function seedState(seed: number): [number, number, number, number] {
  let z = seed | 0
  const next = (): number => {
    z = (z + 0x9e3779b9) | 0
    let t = z ^ (z >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return t ^ (t >>> 15)
  }
  return [next(), next(), next(), next()]
}
