import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPrng, type Prng } from '../core/prng.ts'
import { between, monoNs, NS_PER_SECOND, plus } from '../core/time.ts'
import { createRangingClock, type RangingClock } from './ranging-clock.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import {
  anyCrystal,
  at,
  createVirtualAppliance,
  honest,
  type Oscillator,
  START_TAI,
  swinging,
} from './virtual-appliance-fixture.ts'

const BOOT_ID = new Uint8Array(16).fill(7)
const CRYSTAL_FLOOR_PPB = 200n

function clock(floorPpb = CRYSTAL_FLOOR_PPB): RangingClock {
  return createRangingClock(BOOT_ID, floorPpb, at(0))
}

function rate(ppb: number, uncertaintyPpb: number): FrequencyEstimate {
  return { ppb, uncertaintyPpb, baselineNs: 64n * NS_PER_SECOND }
}

function segmentOf({ segment, ratePpb, boundPpb }: RangingClock): readonly [number, bigint, bigint] {
  return [segment, ratePpb, boundPpb]
}

/** How far the rate of R is from that of TAI at an instant, ppb. */
function errorPpb({ ratePpb }: RangingClock, oscillator: Oscillator, second: number): number {
  const taiRate = 1 + oscillator.ratePpb(at(second)) / 1e9
  return Math.abs(((1 + Number(ratePpb) / 1e9) / taiRate - 1) * 1e9)
}

/** A crystal whose rate is steady, and then walks away by `ppbPerS` for `lastsS`. */
function walkingOff(ratePpb: number, fromS: number, ppbPerS: number, lastsS: number): Oscillator {
  const walked = (second: number): number => Math.min(Math.max(second - fromS, 0), lastsS)
  return {
    ratePpb: (now) => ratePpb + ppbPerS * walked(Number(now) / 1e9),
    truthAt: (now) => {
      const second = Number(now) / 1e9
      const [ramp, after] = [walked(second), Math.max(second - fromS - lastsS, 0)]
      const offNs = ratePpb * second + (ppbPerS * ramp * ramp) / 2 + ppbPerS * lastsS * after
      return plus(START_TAI, now + BigInt(Math.round(offNs)))
    },
  }
}

/** Lives with its hardware for so long, taught once a second, and returns how many segments that took. */
function live(prng: Prng, oscillator: Oscillator, seconds: number, where: string): number {
  const gnss = honest({ name: 'gnss0' }, prng)
  const appliance = createVirtualAppliance(prng, oscillator, [gnss])
  const ranging = clock()
  for (let second = 1; second <= seconds; second++) {
    appliance.tick(second)
    appliance.read(second + 0.2)
    const frequency = appliance.clock.frequency(at(second + 0.3))
    if (frequency !== undefined) ranging.learn(frequency, at(second + 0.3))
    for (const later of [0.3, 0.8, 1.29]) {
      const wrongPpb = errorPpb(ranging, oscillator, second + later)
      // The agreement's bounds of first order need this much room.
      const promisedPpb = Number(ranging.boundPpb) * (1 - 5e-5)
      assert.ok(wrongPpb <= promisedPpb, `${where}, ${second} s: ${wrongPpb} > ${ranging.boundPpb}`)
    }
  }
  return ranging.segment
}

describe('the ranging clock', () => {
  it('starts as the oscillator, with the promise of a bare crystal', () => {
    const ranging = clock()
    assert.deepEqual(segmentOf(ranging), [1, 0n, 50_006n])
    assert.equal(ranging.at(at(5)), at(5))
    assert.equal(ranging.bootId, BOOT_ID)
  })

  it('learns a rate at once, and promises three of its bound', () => {
    const ranging = clock()
    assert.equal(ranging.learn(rate(-30_000.4, 205.2), at(10)), true)
    assert.deepEqual(segmentOf(ranging), [2, -30_000n, 621n])
  })

  it('never promises less than the class of the oscillator', () => {
    const ranging = clock()
    ranging.learn(rate(0, 3), at(10))
    assert.equal(ranging.boundPpb, CRYSTAL_FLOOR_PPB)
  })

  it('does not begin a segment for little: only for half the bound, and not within 10 s', () => {
    const ranging = clock()
    ranging.learn(rate(0, 1_000), at(10))
    assert.equal(ranging.learn(rate(0, 600), at(30)), false)
    assert.equal(ranging.learn(rate(0, 300), at(19.9)), false)
    assert.equal(ranging.learn(rate(0, 300), at(20)), true)
    assert.equal(ranging.segment, 3)
  })

  it('ends a segment once its promise is no longer certain, at once', () => {
    const ranging = clock()
    ranging.learn(rate(0, 204), at(10))
    assert.equal(ranging.boundPpb, 615n)
    assert.equal(ranging.learn(rate(411, 203), at(11)), false)
    assert.equal(ranging.learn(rate(412, 203), at(12)), true)
    assert.deepEqual(segmentOf(ranging), [3, 412n, 612n])
  })

  it('keeps room in a large promise for what bounds of first order leave out', () => {
    const ranging = clock()
    ranging.learn(rate(0, 8_000), at(10))
    assert.equal(ranging.boundPpb, 24_003n)
    assert.equal(ranging.learn(rate(16_001, 7_999), at(11)), false)
    assert.equal(ranging.learn(rate(16_002, 7_999), at(12)), true)
  })

  it('does not end a segment for a blunt measurement that could be right beside it', () => {
    const ranging = clock()
    ranging.learn(rate(0, 204), at(10))
    assert.equal(ranging.learn(rate(2_000, 1_500), at(11)), false)
    assert.equal(ranging.learn(rate(2_200, 1_500), at(12)), true)
    assert.deepEqual(segmentOf(ranging), [3, 2_200n, 4_503n])
  })

  it('learns nothing from a measurement that promises less than none, but lets it refute', () => {
    const ranging = clock()
    assert.equal(ranging.learn(rate(40_000, 20_000), at(10)), false)
    ranging.learn(rate(40_000, 204), at(20))
    assert.equal(ranging.learn(rate(0, 20_000), at(21)), true)
    assert.deepEqual(segmentOf(ranging), [3, 0n, 50_006n])
    assert.equal(ranging.learn(rate(0, 20_000), at(22)), false)
  })

  it('forgets what wrong hardware taught it, once', () => {
    const ranging = clock()
    assert.equal(ranging.unlearn(at(1)), false)
    ranging.learn(rate(20_000, 204), at(10))
    assert.equal(ranging.unlearn(at(11)), true)
    assert.deepEqual(segmentOf(ranging), [3, 0n, 50_006n])
    assert.equal(ranging.unlearn(at(12)), false)
    assert.equal(ranging.learn(rate(0, 204), at(13)), true)
  })

  it('is never stepped, goes forward within and across segments, and runs at its rate to the nanosecond', () => {
    const ppb = fc.integer({ min: -50_000, max: 50_000 })
    const stepNs = fc.bigInt({ min: 2n, max: 10n ** 11n })
    fc.assert(
      fc.property(fc.array(fc.tuple(ppb, stepNs), { minLength: 1, maxLength: 8 }), (steps) => {
        const ranging = clock()
        let now = at(0)
        for (const [learntPpb, step] of steps) {
          const before = ranging.at(now)
          ranging.unlearn(now)
          ranging.learn(rate(learntPpb, 204), now)
          assert.equal(ranging.at(now), before)
          const next = plus(now, step)
          assert.ok(ranging.at(next) > before)
          assert.ok(ranging.at(plus(now, 1n)) >= before)
          const exactNs = Number(step) * (Number(ranging.ratePpb) / 1e9)
          const ranNs = Number(between(before, ranging.at(next)) - step)
          assert.ok(Math.abs(ranNs - exactNs) <= 1.01, `${ranNs} for ${exactNs}`)
          now = next
        }
      }),
    )
  })

  it('is one straight line for all instants of a segment, those before its beginning too', () => {
    const ranging = clock()
    ranging.learn(rate(-50_000, 204), at(100))
    const [early, late] = [ranging.at(at(90)), ranging.at(at(110))]
    assert.equal(between(early, late), 20n * NS_PER_SECOND - 1_000_000n)
    assert.equal(ranging.at(monoNs(at(100) + 1n)), ranging.at(at(100)))
  })

  it('keeps its promise with a crystal that wanders within its class, in few segments', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const prng = createPrng(seed)
      const segments = live(prng, anyCrystal(prng), 100, `seed ${seed}`)
      assert.ok(segments >= 2 && segments <= 5, `seed ${seed}: ${segments}`)
    }
  })

  it('keeps its promise with one that swings by 200 ppb over minutes', () => {
    for (const [index, periodS] of [180, 300, 600].entries()) {
      const segments = live(createPrng(index), swinging(-12_345, 200, periodS, index), 500, `${periodS} s`)
      assert.ok(segments <= 6, `${periodS} s: ${segments}`)
    }
  })

  it('keeps its promise with one that leaves its class, by ending segments', () => {
    for (const ppbPerS of [-5, 2, 5, 8]) {
      const segments = live(createPrng(3), walkingOff(20_000, 80, ppbPerS, 200), 320, `${ppbPerS} ppb/s`)
      assert.ok(segments >= (Math.abs(ppbPerS) >= 5 ? 3 : 2) && segments < 12, `${ppbPerS} ppb/s: ${segments}`)
    }
  })
})
