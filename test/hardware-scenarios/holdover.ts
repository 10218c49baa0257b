import { createPrng } from '../../src/core/prng.ts'
import { createJudge } from './judge.ts'
import { anyLocalCrystal, anyRubidium, createOscillatorModel } from './oscillator-model.ts'
import { createSampleWorld, type SampledSource, type SampleWorld } from './sample-world.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'

interface Plan {
  readonly seed: number
  /** Seconds between readings. */
  readonly pace: number
  readonly learnHours: number
  readonly alone: number
}

const HOUR_S = 3_600
/** Deliverable of the product: what a rubidium of default class is promised to hold for a day. */
const BOUND_NS_MAX = 5_000n
/** Readings that come every four seconds only leave more to the crystal between them. */
const BOUND_NS_MAX_SLOW = 9_000n

/** Three receivers whose errors sway within what they claim, silent between two instants. */
function receivers(random: () => number, lostS: number, backS: number): readonly SampledSource[] {
  return ['gnss0', 'gnss1', 'gnss2'].map((name, index) => {
    const biasNs = (random() * 2 - 1) * 100
    return {
      config: { name, class: 'gnss', role: 'time', domain: 'gnss' },
      accuracyNs: 200,
      noiseNs: 15,
      errorNs: (s) => (s > lostS && s <= backS ? undefined : biasNs + 40 * Math.sin(s / 7_000 + index)),
    }
  })
}

function open({ seed, learnHours, alone }: Plan): SampleWorld {
  const prng = createPrng(seed)
  const rubidium = createOscillatorModel(anyRubidium(prng), prng)
  const lostS = learnHours * HOUR_S
  let heardS = 0
  const flywheel: SampledSource = {
    config: { name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' },
    accuracyNs: 0,
    noiseNs: 15,
    errorNs: (s) => {
      rubidium.advance(s - heardS)
      heardS = s
      // It counts from when it was switched on, eleven days and a fraction of a second ago.
      return rubidium.offsetNs() - 1e15 + 123_456_789
    },
  }
  const sources = [...receivers(prng.nextUnit, lostS, lostS + alone * HOUR_S), flywheel]
  return createSampleWorld(prng, anyLocalCrystal(prng), 'crystal', sources)
}

function play(plan: Plan): Outcome {
  const world = open(plan)
  const lostS = plan.learnHours * HOUR_S
  const backS = lostS + plan.alone * HOUR_S
  const [locked, holding, returned] = [createJudge(), createJudge(), createJudge()]
  let atEndNs = 0n
  let stepNsMax = 0n
  let before: { readonly tai: bigint; readonly truth: bigint } | undefined
  const modes = new Set<string>()
  while (world.elapsed() < backS + 300) {
    world.advance(plan.pace)
    const reading = world.clock.read(world.now())
    const [elapsed, truth] = [world.elapsed(), world.truth()]
    const judge = elapsed <= lostS ? locked : elapsed <= backS ? holding : returned
    judge.hear(reading, truth)
    const tai = reading.estimate?.taiNs ?? 0n
    if (elapsed > lostS - 60 && before !== undefined) {
      const moved = tai - before.tai - (truth - before.truth)
      if (moved > stepNsMax || -moved > stepNsMax) stepNsMax = moved < 0n ? -moved : moved
    }
    before = { tai, truth }
    if (elapsed > lostS + 10 && elapsed <= backS) {
      modes.add(reading.mode)
      atEndNs = reading.estimate?.boundNs ?? 0n
    }
  }
  const figures = holding.figures()
  const limitNs = plan.pace === 1 ? BOUND_NS_MAX : BOUND_NS_MAX_SLOW
  const missedElsewhere = locked.figures().missed + returned.figures().missed
  return outcomeOf(
    `seed ${plan.seed}, a reading every ${plan.pace} s, ${plan.learnHours} h learnt, ${plan.alone} h alone`,
    figures,
    {
      'bound at the end, ns': Number(atEndNs),
      'largest step of the node clock, ns': Number(stepNsMax),
      modes: [...modes].join(),
    },
    [
      unless(
        missedElsewhere === 0,
        `expected the truth inside before and after, got it outside ${missedElsewhere} times`,
      ),
      unless(atEndNs <= limitNs, `expected a bound of at most ${limitNs} ns at the end, got ${atEndNs}`),
      unless(modes.size === 1 && modes.has('holdover'), `expected holdover all along, got ${[...modes].join()}`),
    ],
  )
}

export const holdover: Scenario = {
  name: 'holdover',
  title: 'all GNSS lost, a rubidium of default class carries the clock',
  run: (scale) =>
    scale === 'short'
      ? [play({ seed: 1, pace: 4, learnHours: 3, alone: 2 })]
      : [
          play({ seed: 1, pace: 1, learnHours: 24, alone: 24 }),
          ...[2, 3, 4, 5].map((seed) => play({ seed, pace: 4, learnHours: 24, alone: 24 })),
          play({ seed: 6, pace: 4, learnHours: 12, alone: 24 }),
        ],
}
