import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrng } from '../core/prng.ts'
import { type MonoNs, monoNs, plus } from '../core/time.ts'
import { type CarrierRate, createCarrierRate } from './carrier-rate.ts'
import { carry, STABILITY } from './stability.ts'
import { at, START_TAI } from './virtual-appliance-fixture.ts'

const FLOOR_E15 = 20_000n
const HOUR_S = 3_600
const DAY_S = 86_400

/** Teaches it every ten seconds from `fromS` until `untilS`: `offsetNs` is TAI − carrier. */
function teach(to: CarrierRate, fromS: number, untilS: number, offsetNs: (s: number) => number, seed = 1): void {
  const prng = createPrng(seed)
  for (let s = fromS; s < untilS; s += 10) {
    const tai = plus(START_TAI, BigInt(Math.round(s * 1e9)))
    const noisyNs = offsetNs(s) + 30 * prng.nextNormal()
    to.learn(at(s), plus(tai, -BigInt(Math.round(noisyNs))), tai, 200n)
  }
}

/** A carrier that is slow by so many parts in 1e12: TAI runs ahead of it. */
function slow(parts: number): (s: number) => number {
  return (s) => (parts * s) / 1_000
}

describe('the rate of a carrier', () => {
  it('is learnt after half an hour, better the longer it is heard', () => {
    const rate = createCarrierRate(FLOOR_E15)
    teach(rate, 0, 1_200, slow(400))
    assert.equal(rate.read(), undefined)
    let before = 1e18
    for (const [fromS, untilS] of [
      [1_200, HOUR_S],
      [HOUR_S, 6 * HOUR_S],
      [6 * HOUR_S, DAY_S],
    ] as const) {
      teach(rate, fromS, untilS, slow(400), untilS)
      const learnt = rate.read()
      assert.ok(learnt !== undefined)
      const uncertainE15 = Number(learnt.referenceE15 + learnt.wanderE15)
      assert.ok(Math.abs(Number(learnt.rateE15) - 400_000) <= uncertainE15, `${learnt.rateE15} ± ${uncertainE15}`)
      assert.ok(uncertainE15 < before / 2)
      before = uncertainE15
    }
    assert.ok(before < 15_000)
  })

  it('stands on the means of a day, and is not led by wrong readings', () => {
    const rate = createCarrierRate(FLOOR_E15)
    teach(rate, 0, 3 * DAY_S, (s) => slow(400)(s) + (s % 7_000 < 250 ? 5_000 : 0))
    const learnt = rate.read()
    assert.ok(learnt !== undefined && learnt.baselineNs < BigInt(DAY_S) * 1_000_000_000n)
    assert.ok(Math.abs(Number(learnt.rateE15) - 400_000) < 30_000)
  })

  it('sees how far a rate strays, and that an even change of it hides', () => {
    const rate = createCarrierRate(FLOOR_E15)
    // From 0 to 1e-10 in a day: at the end its rate is 5e-11 from the mean.
    teach(rate, 0, DAY_S, (s) => (1e-10 * s * s * 1e9) / (2 * DAY_S))
    const learnt = rate.read()
    assert.ok(learnt !== undefined)
    assert.ok(Number(learnt.wanderE15) >= 100_000 - Number(learnt.rateE15), `${learnt.wanderE15}`)
  })

  it('is forgotten when the carrier jumps to another, within an hour', () => {
    for (const jump of [1_000, -300, 200]) {
      const rate = createCarrierRate(FLOOR_E15)
      teach(rate, 0, 12 * HOUR_S, slow(400))
      const another = (s: number): number => slow(400)(s) + slow(jump)(s - 12 * HOUR_S)
      let forgotten = false
      for (let s = 12 * HOUR_S; s < 13 * HOUR_S; s += 300) {
        teach(rate, s, s + 300, another, s)
        forgotten ||= rate.read() === undefined
      }
      assert.ok(forgotten, `${jump} parts in 1e12`)
      teach(rate, 13 * HOUR_S, 20 * HOUR_S, another)
      const learnt = rate.read()
      assert.ok(learnt !== undefined)
      assert.ok(Math.abs(Number(learnt.rateE15) - (400 + jump) * 1_000) < 30_000, `${learnt.rateE15}`)
    }
  })

  it('is forgotten on a step of its phase, on demand, and after days alone', () => {
    const stepped = createCarrierRate(FLOOR_E15)
    teach(stepped, 0, 6 * HOUR_S, slow(400))
    teach(stepped, 6 * HOUR_S, 6 * HOUR_S + 1_200, (s) => slow(400)(s) + 2_000)
    assert.equal(stepped.read(), undefined)
    const rate = createCarrierRate(FLOOR_E15)
    teach(rate, 0, 6 * HOUR_S, slow(400))
    assert.ok(rate.read() !== undefined)
    teach(rate, 4 * DAY_S, 4 * DAY_S + 600, slow(400))
    assert.equal(rate.read(), undefined)
    teach(rate, 4 * DAY_S + 600, 4 * DAY_S + 6_000, slow(400))
    assert.ok(rate.read() !== undefined)
    rate.forget()
    assert.equal(rate.read(), undefined)
  })
})

describe('how far an oscillator runs away', () => {
  const rubidium = STABILITY.rubidium
  const from = monoNs(0n)
  const to: MonoNs = at(DAY_S)
  const learnt = {
    rateE15: 400_000n,
    referenceE15: 5_000n,
    wanderE15: 0n,
    baselineNs: BigInt(DAY_S) * 1_000_000_000n,
    until: from,
  }

  it('is by its class when nothing was learnt, or nothing can be, or less than the class promises', () => {
    const byClass = { known: false, correctionNs: 0n, driftNs: 86_400n }
    assert.deepEqual(carry(rubidium, undefined, from, to), byClass)
    assert.deepEqual(carry(STABILITY.gpsdo, learnt, from, to), byClass)
    assert.deepEqual(carry(rubidium, { ...learnt, referenceE15: 990_000n }, from, to), byClass)
  })

  it('is by what was learnt: never better than the floor, worse by what was seen and with age', () => {
    // 2e-11 and 5e-12 and a day of ageing, over a day.
    assert.deepEqual(carry(rubidium, learnt, from, to), { known: true, correctionNs: 34_560n, driftNs: 2_593n })
    const wandering = carry(rubidium, { ...learnt, wanderE15: 60_000n }, from, to)
    assert.equal(wandering.driftNs, 6_049n)
    const later = carry(rubidium, learnt, plus(from, learnt.baselineNs * 10n), plus(to, learnt.baselineNs * 10n))
    assert.equal(later.driftNs, 2_593n + 4_320n)
  })

  it('is what the table of classes says, without anything learnt', () => {
    assert.equal(STABILITY.caesium.unlearntE15, 10_000n)
    for (const { unlearntE15, floorE15 } of Object.values(STABILITY)) assert.ok((floorE15 ?? 0n) < unlearntE15)
  })
})
