import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { abs } from '../../src/core/integer.ts'
import { createPrng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createPathFilter, type PathEstimate } from './path-filter.ts'

const START = monoNs(5_000n * NS_PER_SECOND)
const WINDOW_NS = 16n * NS_PER_SECOND

/** How a path and an oscillator behave for a while, after which another such while follows. */
interface Spell {
  readonly seconds: number
  /** The least and the mean wait of each way, ns. */
  readonly toNs: number
  readonly fromNs: number
  readonly queueNs: number
  readonly lostOfTen: number
  /** How the rate strays from the mean. */
  readonly wanderPpb: number
}

const spell: fc.Arbitrary<Spell> = fc.record({
  seconds: fc.integer({ min: 1, max: 40 }),
  toNs: fc.integer({ min: 200, max: 2_000_000 }),
  fromNs: fc.integer({ min: 200, max: 2_000_000 }),
  queueNs: fc.integer({ min: 0, max: 500_000 }),
  lostOfTen: fc.integer({ min: 0, max: 8 }),
  wanderPpb: fc.integer({ min: -100, max: 100 }),
})

interface World {
  readonly seed: number
  readonly ratePpb: number
  readonly stampErrorNs: number
  readonly perSecond: number
  readonly spells: readonly Spell[]
}

const world: fc.Arbitrary<World> = fc.record({
  seed: fc.integer(),
  ratePpb: fc.integer({ min: -49_000, max: 49_000 }),
  stampErrorNs: fc.integer({ min: 0, max: 1_000 }),
  perSecond: fc.constantFrom(1, 2, 8),
  spells: fc.array(spell, { minLength: 1, maxLength: 4 }),
})

interface Outcome {
  readonly checked: number
  readonly worstExcessNs: bigint
  readonly lastErrorNs: bigint
}

/** Feeds both ways and asks after each Sync: by how much the truth lies outside the promise, at the worst. */
function live({ seed, ratePpb, stampErrorNs, perSecond, spells }: World): Outcome {
  const prng = createPrng(seed)
  const filter = createPathFilter(WINDOW_NS, NS_PER_SECOND / BigInt(perSecond))
  let offsetNs = 1_000_000_000_000
  let at = START
  let outcome: Outcome = { checked: 0, worstExcessNs: -1n, lastErrorNs: 0n }
  const waitNs = (least: number, queue: number): number => least - queue * Math.log(1 - prng.nextUnit())
  const stamped = (instant: MonoNs): MonoNs =>
    plus(instant, BigInt(Math.round((2 * prng.nextUnit() - 1) * stampErrorNs)))
  const errorNs = BigInt(stampErrorNs + 1)
  for (const { seconds, toNs, fromNs, queueNs, lostOfTen, wanderPpb } of spells) {
    for (let step = 0; step < seconds * perSecond; step++) {
      offsetNs += (ratePpb + wanderPpb) / perSecond
      at = plus(at, NS_PER_SECOND / BigInt(perSecond))
      const tai = at + BigInt(Math.round(offsetNs))
      if (prng.nextBelow(10) >= lostOfTen) {
        const seen = stamped(at)
        const limitNs = tai - BigInt(Math.round(waitNs(toNs, queueNs))) - seen
        assert.equal(filter.sync({ at: seen, limitNs, errorNs }), 'taken')
        const estimate = filter.estimate(at)
        if (estimate !== undefined) outcome = judged(outcome, at + estimate.offsetNs - tai, estimate)
      }
      if (prng.nextBelow(10) >= lostOfTen) {
        const seen = stamped(at)
        const limitNs = tai + BigInt(Math.round(waitNs(fromNs, queueNs))) - seen
        assert.equal(filter.answer({ at: seen, limitNs, errorNs }), 'taken')
      }
    }
  }
  return outcome
}

/** This world rounds too. */
const ROUNDING_NS = 3n

function judged(outcome: Outcome, offNs: bigint, { halfPathNs, errorNs }: PathEstimate): Outcome {
  const excessNs = abs(offNs) - halfPathNs - errorNs - ROUNDING_NS
  const worstExcessNs = excessNs > outcome.worstExcessNs ? excessNs : outcome.worstExcessNs
  return { checked: outcome.checked + 1, worstExcessNs, lastErrorNs: offNs }
}

test('whatever a path and an oscillator do, the truth stays within what is promised', () => {
  fc.assert(
    fc.property(world, (each) => {
      const { worstExcessNs } = live(each)
      assert.ok(worstExcessNs <= 0n, `expected the truth within the promise, got it ${worstExcessNs} ns outside`)
    }),
    { numRuns: 300 },
  )
})

test('lucky packets tell the time far better than the mean packet', () => {
  const quiet: Spell = { seconds: 60, toNs: 2_000, fromNs: 2_000, queueNs: 20_000, lostOfTen: 0, wanderPpb: 0 }
  const { checked, lastErrorNs } = live({ seed: 3, ratePpb: 20_000, stampErrorNs: 20, perSecond: 8, spells: [quiet] })
  assert.ok(checked > 400)
  assert.ok(abs(lastErrorNs) < 2_000n, `${lastErrorNs} ns off`)
})

test('a packet from before the other way allows is refused, and so is none that is only late', () => {
  const filter = createPathFilter(WINDOW_NS, NS_PER_SECOND)
  const at = (ms: number): MonoNs => plus(START, BigInt(ms) * 1_000_000n)
  assert.equal(filter.sync({ at: at(0), limitNs: 1_000_000n, errorNs: 10n }), 'taken')
  assert.equal(filter.estimate(at(0)), undefined)
  assert.equal(filter.answer({ at: at(1), limitNs: 1_000_500n, errorNs: 10n }), 'taken')
  assert.equal(filter.answer({ at: at(2), limitNs: 900_000n, errorNs: 10n }), 'contradicts')
  assert.equal(filter.sync({ at: at(3), limitNs: 1_200_000n, errorNs: 10n }), 'contradicts')
  assert.equal(filter.sync({ at: at(4), limitNs: -5_000_000_000n, errorNs: 10n }), 'taken')
  const estimate = filter.estimate(at(4))
  assert.equal(estimate?.offsetNs, 1_000_250n)
  assert.equal(estimate?.halfPathNs, 250n)
  assert.equal(filter.estimate(plus(at(4), WINDOW_NS)), undefined)
})
