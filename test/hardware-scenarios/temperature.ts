import { createPrng, type Prng } from '../../src/core/prng.ts'
import { formatDistance } from '../../src/fusion/format-offset.ts'
import type { OscillatorClass } from '../../src/fusion/source-class.ts'
import { createJudge } from './judge.ts'
import {
  anyLocalCrystal,
  anyOvenCrystal,
  anyRubidium,
  createOscillatorModel,
  type OscillatorHabits,
} from './oscillator-model.ts'
import { createRack, type Rack, SENSORS, type Sensor } from './rack-temperature.ts'
import { createSampleWorld, type SampledSource, type SampleWorld } from './sample-world.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'

/** What carries the clock on, and how its rate goes with its temperature. */
interface Carrying {
  readonly title: string
  readonly class: OscillatorClass
  readonly habits: (prng: Prng) => OscillatorHabits
  /** As a fraction, a kelvin. */
  readonly perKelvin: number
  /** Of the rack that it is in, half from night to day. */
  readonly swingK: number
  readonly lagS: number
}

/**
 * Crystal: a sixth of the example of `tempcomp` in chrony.conf(5), so that a rack's degrees stay within its class. OCXO: 5 ppb
 * over 0 to 70 °C, assumed for a single oven, taken twice. Rubidium: 5e-11 over 40 degrees, as in `anyRubidium`; a cheap one
 * 3e-10 from −5 to 50 °C (FE-5650A and FE-5680A, catalogue of Frequency Electronics, 1999-05-19), taken twice for its slope.
 */
const CARRYING: readonly Carrying[] = [
  {
    title: 'crystal, 3e-8 a kelvin',
    class: 'crystal',
    habits: (prng) => ({ ...anyLocalCrystal(prng), temperature: 0 }),
    perKelvin: -3e-8,
    swingK: 4,
    lagS: 120,
  },
  {
    title: 'OCXO, 1.4e-10 a kelvin',
    class: 'ocxo',
    habits: anyOvenCrystal,
    perKelvin: 1.4e-10,
    swingK: 4,
    lagS: 900,
  },
  {
    title: 'rubidium, 1.25e-12 a kelvin',
    class: 'rubidium',
    habits: (prng) => ({ ...anyRubidium(prng), temperature: 0 }),
    perKelvin: 1.25e-12,
    swingK: 4,
    lagS: 600,
  },
  {
    title: 'cheap rubidium, 1.1e-11 a kelvin',
    class: 'rubidium',
    habits: (prng) => ({ ...anyRubidium(prng), temperature: 0 }),
    perKelvin: 1.1e-11,
    swingK: 4,
    lagS: 600,
  },
]

interface Plan {
  readonly carrying: Carrying
  readonly sensor: string
  readonly seed: number
  readonly learnHours: number
  readonly aloneHours: number
}

const USEFUL = ['of the air, to 0.1 K', 'of the air, to 1 K']
const PACE_S = 4
const POLL_S = 12
const HOUR_S = 3_600

interface Scene {
  readonly world: SampleWorld
  readonly rack: Rack
  readonly sensor: Sensor
  /** Of whom the thermometer is; undefined: the local oscillator. */
  readonly warmed: string | undefined
}

function open({ carrying, sensor, seed, learnHours }: Plan): Scene {
  const prng = createPrng(seed)
  const rack = createRack(prng, carrying.swingK, carrying.lagS)
  const lostS = learnHours * HOUR_S
  const warmRate = (): number => carrying.perKelvin * (rack.oscillator() - 28)
  const habits = carrying.habits(prng)
  const biasNs = (prng.nextUnit() * 2 - 1) * 100
  const receiver: SampledSource = {
    config: { name: 'gnss0', class: 'gnss', role: 'time', domain: 'gnss' },
    accuracyNs: 200,
    noiseNs: 15,
    errorNs: (s) => (s > lostS ? undefined : biasNs + 40 * Math.sin(s / 7_000)),
  }
  // Others draw from another stream, so that every thermometer stands beside the same oscillator.
  const thermometer = SENSORS[sensor]?.({ rack, prng: createPrng(seed + 1_000), lostS }) ?? (() => undefined)
  const scene = { rack, sensor: thermometer }
  if (carrying.class !== 'rubidium') {
    const world = createSampleWorld(prng, habits, carrying.class, [receiver], warmRate)
    return { ...scene, world, warmed: undefined }
  }
  const rubidium = createOscillatorModel(habits, prng, warmRate)
  let heardS = 0
  const flywheel: SampledSource = {
    config: { name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' },
    accuracyNs: 0,
    noiseNs: 15,
    errorNs: (s) => {
      rubidium.advance(s - heardS)
      heardS = s
      return rubidium.offsetNs() - 1e15
    },
  }
  const world = createSampleWorld(prng, anyLocalCrystal(prng), 'crystal', [receiver, flywheel])
  return { ...scene, world, warmed: 'rb0' }
}

function play(plan: Plan): Outcome {
  const { world, rack, sensor, warmed } = open(plan)
  const { carrying, learnHours, aloneHours, seed } = plan
  const lostS = learnHours * HOUR_S
  const endS = lostS + aloneHours * HOUR_S
  const [locked, holding] = [createJudge(), createJudge()]
  let squares = 0
  let count = 0
  let usedReadings = 0
  let boundNs = 0n
  let reason = 'none'
  let ppbPerK: number | undefined
  while (world.elapsed() < endS) {
    rack.advance(PACE_S)
    world.advance(PACE_S)
    const elapsed = world.elapsed()
    const celsius = elapsed % POLL_S === 0 ? sensor(elapsed) : undefined
    if (celsius !== undefined) world.clock.setTemperature(warmed, celsius, world.now())
    const reading = world.clock.read(world.now())
    const judge = elapsed <= lostS ? locked : holding
    judge.hear(reading, world.truth())
    const told =
      warmed === undefined ? reading.temperature : reading.sources.find(({ name }) => name === warmed)?.temperature
    if (elapsed <= lostS) {
      if (told !== undefined) ({ reason, ppbPerK } = told)
      continue
    }
    if (told?.used === true) usedReadings += 1
    const { estimate } = reading
    if (estimate === undefined) continue
    squares += Number(estimate.taiNs - world.truth()) ** 2
    count += 1
    boundNs = estimate.boundNs
  }
  const missedBefore = locked.figures().missed
  const rmsNs = Math.round(Math.sqrt(squares / Math.max(1, count)))
  return outcomeOf(
    `${carrying.title}, thermometer ${plan.sensor}, seed ${seed}, ${learnHours} h learnt, ${aloneHours} h alone`,
    holding.figures(),
    {
      'error rms': formatDistance(BigInt(rmsNs)),
      'bound at the end': formatDistance(boundNs),
      'used, share of readings': (usedReadings / Math.max(1, count)).toFixed(2),
      'ppb a kelvin': ppbPerK?.toPrecision(3) ?? '–',
      when: reason,
    },
    [
      unless(missedBefore === 0, `expected the truth inside before, got it outside ${missedBefore} times`),
      unless(
        !USEFUL.includes(plan.sensor) || carrying.class === 'rubidium' || usedReadings === count,
        `expected the thermometer to be used all along, got ${usedReadings} of ${count}: ${reason}`,
      ),
      unless(
        plan.sensor !== 'of something else' || usedReadings === 0,
        'expected a thermometer of something else not to be used, got it used',
      ),
    ],
  )
}

export const temperature: Scenario = {
  name: 'temperature',
  title: 'all GNSS lost, the oscillator goes with the temperature of the rack, and a thermometer stands beside it',
  run: (scale) => {
    const names = Object.keys(SENSORS)
    if (scale === 'short') {
      const crystal = CARRYING.slice(0, 1)
      return crystal.map((carrying) =>
        play({ carrying, sensor: 'of the air, to 0.1 K', seed: 1, learnHours: 18, aloneHours: 3 }),
      )
    }
    return CARRYING.flatMap((carrying) =>
      names.flatMap((sensor) =>
        [1, 2, 3].map((seed) => play({ carrying, sensor, seed, learnHours: 24, aloneHours: 24 })),
      ),
    )
  },
}
