import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abs } from '../core/integer.ts'
import { around, contains } from '../core/interval.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import { createFlywheel, type Flywheel } from './flywheel.ts'
import { OWN } from './learnt-carriers.ts'
import { OSCILLATOR_FLOOR_PPB, type OscillatorClass } from './source-class.ts'
import { START_TAI } from './virtual-appliance-fixture.ts'

const STEP_S = 10
const LEARN_S = 20 * 3_600
const ALONE_S = 12 * 3_600
const DAY_S = 86_400

/** The local oscillator of a flywheel, whose rate goes with the room. */
interface World {
  readonly now: MonoNs
  readonly truth: TaiNs
  readonly celsius: number
}

function createWorld(prng: Prng, ppbPerK: number): () => World {
  const phase = prng.nextUnit() * 2 * Math.PI
  let load = 0
  let s = 0
  let aheadNs = 0
  return () => {
    s += STEP_S
    load = load * 0.9985 + 0.04 * prng.nextNormal()
    const celsius = 25 + 3 * Math.sin((2 * Math.PI * s) / DAY_S + phase) + load
    aheadNs += ppbPerK * (celsius - 25) * STEP_S
    const now = monoNs(BigInt(s) * NS_PER_SECOND)
    return { now, truth: plus(START_TAI, now + BigInt(Math.round(aheadNs))), celsius }
  }
}

interface Twins {
  readonly next: () => World
  readonly warm: Flywheel
  readonly plain: Flywheel
}

/** Two flywheels that have learnt for twenty hours, one of them beside a thermometer that is right. */
function learntTwins(prng: Prng, oscillator: OscillatorClass, ppbPerK: number): Twins {
  const next = createWorld(prng, ppbPerK)
  const [warm, plain] = [1, 2].map(() => createFlywheel(OSCILLATOR_FLOOR_PPB[oscillator], oscillator)) as [
    Flywheel,
    Flywheel,
  ]
  let before: World | undefined
  for (let s = 0; s < LEARN_S; s += STEP_S) {
    const world = next()
    warm.warm(world.now, OWN, Math.round(world.celsius * 10) / 10)
    const ppb = before === undefined ? 0 : Number(world.truth - before.truth) / STEP_S - 1e9
    const taiNs = plus(world.truth, BigInt(prng.nextBelow(40)) - 20n)
    const time = { taiNs, boundNs: 200n, interval: around(taiNs, 200n) }
    const frequency = { ppb, uncertaintyPpb: 1, baselineNs: 64n * NS_PER_SECOND }
    for (const wheel of [warm, plain]) wheel.trust(world.now, { time, frequency, carriers: [], accuracyNs: 100n })
    before = world
  }
  return { next, warm, plain }
}

/** Any thermometer: honest, slowly lying, stuck, mad or silent, in turns. */
function createLiar(prng: Prng, startC: number): (celsius: number) => number | undefined {
  let walkK = 0
  let stuckC = startC
  let habit = 0
  return (celsius) => {
    if (prng.nextBelow(400) === 0) habit = prng.nextBelow(6)
    walkK += 0.05 * prng.nextNormal()
    if (habit !== 2) stuckC = celsius
    const said = [celsius, celsius + walkK, stuckC, 50 - celsius, prng.nextUnit() * 300 - 100][habit]
    return said === undefined ? undefined : Math.round(said * 10) / 10
  }
}

describe('a flywheel with a thermometer', () => {
  it('errs less while that is right, and its promise is no narrower than without', () => {
    for (const [oscillator, ppbPerK] of [
      ['ocxo', 0.14],
      ['crystal', 20],
    ] as const) {
      const prng = createPrng(7)
      const { next, warm, plain } = learntTwins(prng, oscillator, ppbPerK)
      let [warmNs, plainNs] = [0n, 0n]
      for (let s = 0; s < ALONE_S; s += STEP_S) {
        const { now, truth, celsius } = next()
        warm.warm(now, OWN, Math.round(celsius * 10) / 10)
        const [withIt, without] = [warm.read(now, []), plain.read(now, [])]
        assert.ok(withIt !== undefined && without !== undefined)
        assert.ok(withIt.interval.lo <= without.interval.lo && withIt.interval.hi >= without.interval.hi)
        assert.ok(contains(withIt.interval, truth))
        warmNs += abs(withIt.taiNs - truth)
        plainNs += abs(without.taiNs - truth)
      }
      assert.ok(warm.temperatures(next().now).get(OWN)?.used === true, oscillator)
      assert.ok(warmNs * 3n < plainNs, `${oscillator}: ${warmNs} with, ${plainNs} without`)
    }
  })

  it('contains the truth whatever a thermometer says that was right while it was learnt', () => {
    let used = 0
    let moved = 0
    for (let seed = 1; seed <= 6; seed++) {
      const prng = createPrng(seed)
      const isOven = seed % 2 === 0
      const { next, warm, plain } = learntTwins(prng, isOven ? 'ocxo' : 'crystal', isOven ? 0.14 : 20)
      const say = createLiar(prng, 25)
      for (let s = 0; s < ALONE_S; s += STEP_S) {
        const { now, truth, celsius } = next()
        const said = say(celsius)
        if (said !== undefined) warm.warm(now, OWN, said)
        const [withIt, without] = [warm.read(now, []), plain.read(now, [])]
        assert.ok(withIt !== undefined && without !== undefined)
        assert.ok(withIt.interval.lo <= without.interval.lo && withIt.interval.hi >= without.interval.hi)
        assert.ok(contains(without.interval, truth) && contains(withIt.interval, truth), `seed ${seed}, ${s} s`)
        assert.ok(contains(withIt.interval, withIt.taiNs) && abs(withIt.taiNs - truth) <= withIt.boundNs)
        used += warm.temperatures(now).get(OWN)?.used === true ? 1 : 0
        moved += withIt.taiNs === without.taiNs ? 0 : 1
      }
    }
    assert.ok(used > 100 && moved > 1_000, `used ${used} times, moved ${moved} times`)
  })
})
