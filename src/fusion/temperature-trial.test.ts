import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrng } from '../core/prng.ts'
import { fitTemperature, type WarmPoint } from './temperature-fit.ts'
import { createTemperatureTrial, type Expectation, type TemperatureVerdict } from './temperature-trial.ts'

const STEP_S = 300
const DAY_S = 86_400

/** A room, °C: a daily cycle, and a load that wanders within hours. */
function createRoom(seed: number): () => number {
  const prng = createPrng(seed)
  const phase = prng.nextUnit() * 2 * Math.PI
  let load = 0
  let s = 0
  return () => {
    s += STEP_S
    load = load * 0.95 + 0.25 * prng.nextNormal()
    return 25 + 3 * Math.sin((2 * Math.PI * s) / DAY_S + phase) + load
  }
}

interface Habits {
  readonly ppbPerK: number
  readonly noiseNs: number
  /** What the thermometer says while it is so warm. */
  readonly sensor?: (celsius: number) => number
}

/** Points of so many hours; `at` the end of each the trial hears them. */
function tryOut(
  seed: number,
  hours: number,
  { ppbPerK, noiseNs, sensor = (celsius) => celsius }: Habits,
  expectation: Expectation = 'mean',
): { readonly verdict: TemperatureVerdict; readonly points: readonly WarmPoint[] } {
  const prng = createPrng(seed + 500)
  const room = createRoom(seed)
  const trial = createTemperatureTrial(expectation)
  const points: WarmPoint[] = []
  let [ns, sumKs] = [0, 0]
  for (let s = STEP_S; s <= hours * 3_600; s += STEP_S) {
    const celsius = room()
    ns += (400 + ppbPerK * (celsius - 25)) * STEP_S
    sumKs += sensor(celsius) * STEP_S
    points.push({ atS: s, ns: ns + noiseNs * prng.nextNormal(), sumKs })
    const [first, last] = [points[0], points.at(-1)]
    if (first !== undefined && last !== undefined && last !== first) {
      trial.hear(points.slice(-288), (last.ns - first.ns) / (last.atS - first.atS))
    }
  }
  return { verdict: trial.read(), points }
}

describe('the worth of a temperature', () => {
  it('is fitted beside rate and ageing, whatever a tenth of the points says', () => {
    const { points } = tryOut(1, 24, { ppbPerK: -0.2, noiseNs: 3 })
    const aged = points.map((point, index) => ({
      ...point,
      ns: point.ns + (2.5e-10 * 1e9 * point.atS ** 2) / (2 * DAY_S) + (index % 10 === 3 ? 4_000 : 0),
    }))
    const fit = fitTemperature(aged)
    assert.ok(fit !== undefined)
    assert.ok(Math.abs(fit.ppbPerK + 0.2) < 0.01, `${fit.ppbPerK}`)
    const endPpb = 400 - 0.2 * (fit.referenceC - 25) + 0.25
    assert.ok(Math.abs(fit.ratePpb - endPpb) < 0.02, `${fit.ratePpb}, expected ${endPpb}`)
  })

  it('is nothing where the temperature does not change, or goes with time', () => {
    const still = Array.from({ length: 100 }, (_, index) => ({
      atS: index * 300,
      ns: index ** 2,
      sumKs: index * 7_500,
    }))
    assert.equal(fitTemperature(still), undefined)
    const rising = still.map((point) => ({ ...point, sumKs: 20 * point.atS + point.atS ** 2 / 2_000 }))
    assert.equal(fitTemperature(rising), undefined)
    assert.equal(fitTemperature([]), undefined)
  })

  it('is used where it has predicted better for hours, in both expectations, and not before', () => {
    for (const expectation of ['mean', 'recent'] as const) {
      for (let seed = 1; seed <= 10; seed++) {
        const habits = { ppbPerK: 0.3, noiseNs: 3 }
        const early = tryOut(seed, 12, habits, expectation).verdict
        assert.equal(early.used, false, early.reason)
        const { verdict } = tryOut(seed, 24, habits, expectation)
        assert.equal(verdict.used, true, `${expectation}, seed ${seed}: ${verdict.reason}`)
        assert.ok(Math.abs((verdict.fit?.ppbPerK ?? 0) - 0.3) < 0.03)
      }
    }
  })

  it('is used with a thermometer of whole degrees', () => {
    const { verdict } = tryOut(3, 24, { ppbPerK: 0.3, noiseNs: 3, sensor: Math.round })
    assert.equal(verdict.used, true, verdict.reason)
  })

  it('is not used where noise hides it', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { verdict } = tryOut(seed, 30, { ppbPerK: 0.002, noiseNs: 200 })
      assert.equal(verdict.used, false, `seed ${seed}: ${verdict.reason}`)
    }
  })

  it('is not used where only the day is the same: a thermometer in another room', () => {
    let used = 0
    for (let seed = 1; seed <= 40; seed++) {
      const other = createRoom(seed + 100)
      const { verdict } = tryOut(seed, 30, { ppbPerK: 0.3, noiseNs: 3, sensor: () => other() })
      used += verdict.used ? 1 : 0
    }
    assert.ok(used <= 1, `${used} of 40`)
  })

  it('is forgotten on demand', () => {
    const trial = createTemperatureTrial('mean')
    trial.forget()
    assert.deepEqual(trial.read(), {
      fit: undefined,
      used: false,
      reason: 'too little was seen of it, or it hardly changed',
    })
  })
})
