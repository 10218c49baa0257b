import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abs } from '../core/integer.ts'
import { around } from '../core/interval.ts'
import { createPrng } from '../core/prng.ts'
import { type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'
import type { BoundedTime } from './combination.ts'
import { type Carrier, createFlywheel, type Trusted } from './flywheel.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import { anyCrystal, at, START_TAI } from './virtual-appliance-fixture.ts'

const CRYSTAL_FLOOR_PPB = 200n

function time(tai: TaiNs, boundNs: bigint): BoundedTime {
  return { taiNs: tai, boundNs, interval: around(tai, boundNs) }
}

function rate(ppb: number, uncertaintyPpb: number): FrequencyEstimate {
  return { ppb, uncertaintyPpb, baselineNs: 64n * NS_PER_SECOND }
}

/** Known worse than that of a bare crystal. */
const BLUNT = rate(-9_000, 40_000)

function trusted(what: BoundedTime, frequency: FrequencyEstimate, carriers: readonly Carrier[]): Trusted {
  return { time: what, frequency, carriers, accuracyNs: 100n }
}

/** A rubidium without a date, which started at 0 when the oscillator did. */
function rubidium(now: MonoNs, changes: Partial<Carrier> = {}): Carrier {
  return { name: 'rb0', class: 'rubidium', taiNs: taiNs(now), noiseNs: 20n, run: 1, ...changes }
}

describe('the flywheel', () => {
  it('carries nothing before anything was trusted', () => {
    assert.equal(createFlywheel(CRYSTAL_FLOOR_PPB).read(at(1), []), undefined)
  })

  it('assumes a bare crystal before a rate is learnt that is worth it', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(0), trusted(time(START_TAI, 100n), BLUNT, []))
    const carried = wheel.read(at(10), [])
    assert.equal(carried?.taiNs, START_TAI + 10n * NS_PER_SECOND)
    assert.equal(carried?.boundNs, 100n + 500_000n + 1n)
    assert.deepEqual(carried?.interval, around(carried.taiNs, carried.boundNs))
  })

  it('runs at the learnt rate, and promises three of its bound and never less than the class', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(0), trusted(time(START_TAI, 100n), rate(-30_000, 205.5), []))
    const carried = wheel.read(at(100), [])
    assert.equal(carried?.taiNs, START_TAI + 100n * NS_PER_SECOND - 3_000_000n)
    assert.equal(carried?.boundNs, 100n + 61_900n + 1n)
    const calm = createFlywheel(CRYSTAL_FLOOR_PPB)
    calm.trust(at(0), trusted(time(START_TAI, 100n), rate(0, 1), []))
    assert.equal(calm.read(at(100), [])?.boundNs, 100n + 20_000n + 1n)
  })

  it('keeps the rate it learnt when a later one is worth nothing', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(0), trusted(time(START_TAI, 100n), rate(1_000, 205), []))
    wheel.trust(at(1), trusted(time(plus(START_TAI, NS_PER_SECOND + 1_000n), 100n), BLUNT, []))
    assert.equal(wheel.read(at(2), [])?.taiNs, START_TAI + 2n * NS_PER_SECOND + 2_000n)
    assert.ok((wheel.read(at(2), [])?.boundNs ?? 0n) < 1_000n)
  })

  it('prefers what it carries to a time with a wider bound, until age makes it the worse', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(0), trusted(time(START_TAI, 100n), rate(0, 205), []))
    wheel.trust(at(1), trusted(time(plus(START_TAI, NS_PER_SECOND + 5_000n), 10_000n), BLUNT, []))
    assert.equal(wheel.read(at(1), [])?.taiNs, START_TAI + NS_PER_SECOND)
    wheel.trust(at(20), trusted(time(plus(START_TAI, 20n * NS_PER_SECOND + 5_000n), 10_000n), BLUNT, []))
    assert.equal(wheel.read(at(20), [])?.taiNs, START_TAI + 20n * NS_PER_SECOND + 5_000n)
  })

  it('ages backwards too', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(10), trusted(time(START_TAI, 100n), BLUNT, []))
    assert.equal(wheel.read(at(9), [])?.boundNs, 100n + 50_000n + 1n)
  })

  it('takes the next time as it is once it forgot, at the rate it knew', () => {
    const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
    wheel.trust(at(0), trusted(time(START_TAI, 100n), rate(7_000, 205), [rubidium(at(0))]))
    wheel.forget()
    assert.equal(wheel.read(at(1), [rubidium(at(1))]), undefined)
    wheel.trust(at(2), trusted(time(taiNs(0n), 1_000_000n), BLUNT, []))
    assert.equal(wheel.read(at(3), [rubidium(at(3))])?.taiNs, NS_PER_SECOND + 7_000n)
  })

  it('keeps the truth for minutes, whatever a crystal does within its class', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const prng = createPrng(seed)
      const crystal = anyCrystal(prng)
      const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
      const boundNs = BigInt(prng.nextBelow(1_000))
      const wrongNs = (prng.nextUnit() * 2 - 1) * Number(boundNs)
      const learnt = crystal.ratePpb(at(100)) + (prng.nextUnit() * 2 - 1) * 205
      const start = plus(crystal.truthAt(at(100)), BigInt(Math.round(wrongNs)))
      wheel.trust(at(100), trusted(time(start, boundNs), seed % 5 === 0 ? BLUNT : rate(learnt, 205), []))
      for (let after = 0; after < 300; after += 7) {
        const now = at(100 + after + prng.nextUnit())
        const carried = wheel.read(now, [])
        assert.ok(carried !== undefined)
        const offNs = abs(carried.taiNs - crystal.truthAt(now))
        assert.ok(offNs <= carried.boundNs, `seed ${seed}, after ${after} s: ${offNs} > ${carried.boundNs}`)
      }
    }
  })

  describe('with a frequency source', () => {
    const wheelOf = (): ReturnType<typeof createFlywheel> => {
      const wheel = createFlywheel(CRYSTAL_FLOOR_PPB)
      wheel.trust(at(0), trusted(time(START_TAI, 100n), rate(0, 205), [rubidium(at(0))]))
      return wheel
    }

    it('is carried by it: its noise twice, and its own drift', () => {
      const carried = wheelOf().read(at(1_000), [rubidium(at(1_000))])
      assert.equal(carried?.taiNs, START_TAI + 1_000n * NS_PER_SECOND)
      assert.equal(carried?.boundNs, 100n + 20n + 20n + 1_000n + 1n)
    })

    it('follows it where it differs from the oscillator', () => {
      const now = at(1_000)
      const carried = wheelOf().read(now, [rubidium(now, { taiNs: taiNs(now + 300_000n) })])
      assert.equal(carried?.taiNs, START_TAI + now + 300_000n)
    })

    it('does without it when it is silent, was interrupted, or runs away from what the oscillator allows', () => {
      const now = at(1_000)
      const byOscillator = wheelOf().read(now, [])
      assert.ok(byOscillator !== undefined)
      for (const other of [
        rubidium(now, { run: 2 }),
        rubidium(now, { name: 'rb1' }),
        rubidium(now, { taiNs: taiNs(now + 700_000n) }),
      ]) {
        assert.deepEqual(wheelOf().read(now, [other]), byOscillator)
      }
    })

    it('starts anew with one that was interrupted, at the next time that is trusted', () => {
      const wheel = wheelOf()
      const again = rubidium(at(10), { run: 2, taiNs: taiNs(5n * NS_PER_SECOND) })
      wheel.trust(at(10), trusted(time(plus(START_TAI, 10n * NS_PER_SECOND), 100n), BLUNT, [again]))
      const later = rubidium(at(110), { run: 2, taiNs: taiNs(105n * NS_PER_SECOND) })
      assert.equal(wheel.read(at(110), [later])?.boundNs, 100n + 20n + 20n + 100n + 1n)
    })
  })
})
