import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { createSourceSteering, type SteeringDecision } from './steering.ts'
import type { SteeringLimits } from './steering-budget.ts'

const LIMITS: SteeringLimits = {
  intervalNs: 3_600n * NS_PER_SECOND,
  stepE15Max: 10_000,
  dayE15Max: 50_000,
  offsetE15Max: 1_000_000,
  changeE15Max: 5_000,
  resolutionE15: 1,
  rangeE15: 20_000_000,
}

/** A source whose oscillator is off by itself and does what it is told, before a node clock that may walk. */
function open(ownE15: number, limits: Partial<SteeringLimits> = {}) {
  const steering = createSourceSteering({ ...LIMITS, ...limits })
  const decisions: SteeringDecision[] = []
  const world = {
    second: 0,
    offsetNs: 0,
    steeredE15: 0,
    walkE15: 0,
    obeys: true,
    whyNot: undefined as string | undefined,
  }
  const run = (seconds: number): void => {
    for (const until = world.second + seconds; world.second < until; ) {
      world.second += 1
      world.offsetNs += (ownE15 + world.steeredE15 - world.walkE15) * 1e-6
      const { whyNot, offsetNs, steeredE15 } = world
      const now = monoNs(BigInt(world.second) * NS_PER_SECOND)
      const decision = steering.tick({ now, whyNot, offsetNs, steeredE15 })
      if (decision !== undefined) decisions.push(decision)
      if (decision?.kind === 'steered' && world.obeys) world.steeredE15 = decision.toE15
    }
  }
  return { steering, decisions, world, run, kinds: () => decisions.map(({ kind }) => kind) }
}

describe('the loop', () => {
  test('takes out half of the offset at a time, no more than a step, and holds once nothing can be told', () => {
    const bench = open(50_000)
    bench.run(3_600 * 20)
    const steps = bench.decisions.flatMap((decision) =>
      decision.kind === 'steered' ? [decision.toE15 - decision.fromE15] : [],
    )
    assert.deepEqual(steps.slice(0, 3), [-10_000, -10_000, -10_000])
    assert.ok(steps.every((step) => Math.abs(step) <= 10_000))
    assert.ok(Math.abs(50_000 + bench.world.steeredE15) < 1_000, String(bench.world.steeredE15))
  })

  test('decides at most once an interval, and never more a day than it may', () => {
    const bench = open(400_000)
    bench.run(86_400 * 2)
    const gaps = bench.decisions.slice(1).map(({ at }, index) => at - (bench.decisions[index]?.at ?? 0n))
    assert.ok(gaps.every((gap) => gap >= LIMITS.intervalNs))
    for (const { at } of bench.decisions) {
      const changed = bench.decisions
        .filter((other) => other.at <= at && at - other.at < 86_400n * NS_PER_SECOND)
        .reduce((sum, other) => sum + (other.kind === 'steered' ? Math.abs(other.toE15 - other.fromE15) : 0), 0)
      assert.ok(changed <= LIMITS.dayE15Max, `${changed} in a day`)
    }
    assert.ok(bench.decisions.some(({ kind, reason }) => kind === 'held' && /a day/.test(reason)))
  })

  test('stops at the end of the range and at whole steps of the instrument', () => {
    const bench = open(50_000, { rangeE15: 12_500, resolutionE15: 1_000 })
    bench.run(3_600 * 6)
    assert.equal(bench.world.steeredE15, -12_000)
    assert.match(bench.decisions.at(-1)?.reason ?? '', /at most/)
  })

  test('leaves alone what is measured too far off', () => {
    const bench = open(2_000_000)
    bench.run(3_700)
    assert.deepEqual(bench.kinds(), ['refused'])
    assert.match(bench.decisions[0]?.reason ?? '', /more than the 1\.0e-9 that it may be/)
  })
})

describe('trust', () => {
  test('a doubt refuses at once, once, and throws away what was measured', () => {
    const bench = open(50_000)
    bench.run(3_000)
    bench.world.whyNot = 'the time of the sources is contested: domains-disagree'
    bench.run(600)
    assert.deepEqual(bench.kinds(), ['refused'])
    assert.equal(bench.decisions[0]?.reason, bench.world.whyNot)
    bench.world.whyNot = undefined
    bench.run(3_599)
    assert.deepEqual(bench.kinds(), ['refused'])
    bench.run(2)
    assert.deepEqual(bench.kinds(), ['refused', 'steered'])
  })

  test('a node clock that begins to walk is not followed, however long, and its end is noticed', () => {
    const bench = open(2_000)
    bench.run(3_600 * 8)
    const before = bench.world.steeredE15
    bench.world.walkE15 = 100_000
    bench.run(86_400)
    assert.equal(bench.world.steeredE15, before)
    assert.match(bench.decisions.at(-1)?.reason ?? '', /may be walking/)
    bench.world.walkE15 = 0
    bench.run(3_600 * 2)
    assert.notEqual(bench.steering.last()?.kind, 'refused')
  })

  test('what somebody else steers is taken as it is', () => {
    const bench = open(0)
    bench.run(3_601)
    bench.world.steeredE15 = 8_000
    bench.run(3_601)
    const last = bench.decisions.at(-1)
    assert.ok(last?.kind === 'steered' && last.fromE15 === 8_000 && last.toE15 === 4_000)
  })

  test('an order that the instrument did not carry out is taken back', () => {
    const bench = open(8_000)
    bench.world.obeys = false
    bench.run(3_601)
    const failed = bench.steering.failed('the instrument would not: no', monoNs(0n))
    assert.equal(failed.kind, 'refused')
    bench.world.obeys = true
    bench.run(3_601)
    assert.equal(bench.world.steeredE15, -4_000)
  })

  test('an order that was said to be carried out and was not is found by its lack of effect', () => {
    const bench = open(40_000, { changeE15Max: 1_000 })
    bench.world.obeys = false
    bench.run(3_600 * 3)
    assert.deepEqual(bench.kinds().slice(0, 2), ['steered', 'refused'])
  })
})
