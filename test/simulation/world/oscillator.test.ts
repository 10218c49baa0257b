import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../../../src/core/prng.ts'
import { type MonoNs, monoNs } from '../../../src/core/time.ts'
import { createOscillator } from './oscillator.ts'
import { syntheticWander } from './wander.ts'

test('an oscillator never goes back, stays within the rate of a bare crystal, and its inverse is exact', () => {
  for (let seed = 0; seed < 50; seed++) {
    const prng = createPrng(seed)
    const { at, whenShows, meanPpb, strayPpb } = createOscillator(prng, syntheticWander, 20)
    assert.ok(Math.abs(meanPpb) + strayPpb <= 85_000)
    let before = at(monoNs(0n))
    for (let ns = 0n; ns < 25_000_000_000n; ns += BigInt(1 + prng.nextBelow(400_000_000))) {
      const virtual = monoNs(ns)
      const shown = at(virtual)
      assert.ok(shown >= before)
      before = shown
      const first = whenShows(shown)
      assert.ok(first <= virtual && at(first) >= shown, `seed ${seed}, ${ns}`)
      assert.ok(first === 0n || at((first - 1n) as MonoNs) < shown, `seed ${seed}, ${ns}: ${first} is not the first`)
    }
    const second = Number(at(monoNs(11_000_000_000n)) - at(monoNs(10_000_000_000n))) - 1e9
    assert.ok(Math.abs(second) <= 49_000, `${second} ppb`)
  }
})
