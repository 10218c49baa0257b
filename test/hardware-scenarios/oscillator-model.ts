import type { Prng } from '../../src/core/prng.ts'

/** How an oscillator that nobody disciplines errs. Rates are fractions, times seconds. */
export interface OscillatorHabits {
  readonly rate: number
  readonly ageingPerDay: number
  /** White frequency noise: its Allan deviation at 1 s. */
  readonly whiteAt1s: number
  /** Floor of its Allan deviation, from seconds to days. */
  readonly flickerFloor: number
  /** Random walk of the rate: its standard deviation after a day. */
  readonly walkPerDay: number
  /** Half of what the temperature's daily cycle moves its rate, and when in the day. */
  readonly temperature: number
  readonly temperaturePhase: number
}

export interface OscillatorModel {
  /** Goes on by so much. */
  advance(seconds: number): void
  /** Its time minus true time since the start, ns. */
  offsetNs(): number
  /** Its rate now, a fraction. */
  rate(): number
}

const DAY_S = 86_400
/** Flicker is the sum of rates that forget themselves after so long: one a decade. */
const FLICKER_TIMES_S = [10, 100, 1_000, 10_000, 100_000, 1_000_000]

/** A rubidium as its makers and those who measured it describe it: see src/fusion/stability.ts for the figures of its class. */
export function anyRubidium(prng: Prng): OscillatorHabits {
  const either = (): number => (prng.nextBelow(2) === 0 ? -1 : 1)
  return {
    rate: (prng.nextUnit() * 2 - 1) * 9e-10,
    // 5e-11 a month.
    ageingPerDay: (either() * 5e-11) / 30,
    whiteAt1s: 2e-11,
    flickerFloor: 1e-12,
    walkPerDay: 1e-12,
    // 5e-11 over 40 degrees, ten degrees from night to day.
    temperature: 6e-12,
    temperaturePhase: prng.nextUnit() * 2 * Math.PI,
  }
}

/** The crystal of a computer: off by ppm, and its rate goes with the room and the load. */
export function anyLocalCrystal(prng: Prng): OscillatorHabits {
  return {
    rate: (prng.nextUnit() * 2 - 1) * 2e-5,
    ageingPerDay: 1e-9,
    whiteAt1s: 1e-10,
    flickerFloor: 1e-10,
    walkPerDay: 2e-8,
    temperature: 6e-8,
    temperaturePhase: prng.nextUnit() * 2 * Math.PI,
  }
}

/** An oven of one stage: `temperature` is left to what `warmRate` of its model says, for one that has a thermometer. */
export function anyOvenCrystal(prng: Prng): OscillatorHabits {
  const either = (): number => (prng.nextBelow(2) === 0 ? -1 : 1)
  return {
    rate: (prng.nextUnit() * 2 - 1) * 1e-7,
    // Half of what its class may age in a day.
    ageingPerDay: either() * 2.5e-10,
    whiteAt1s: 2e-11,
    flickerFloor: 1e-11,
    walkPerDay: 5e-11,
    temperature: 0,
    temperaturePhase: 0,
  }
}

/** `warmRate`: what the temperature around it adds to its rate now, beside the cycle of its habits. */
export function createOscillatorModel(
  habits: OscillatorHabits,
  prng: Prng,
  warmRate: () => number = () => 0,
): OscillatorModel {
  let elapsed = 0
  let offsetNs = 0
  let walk = 0
  const flicker = FLICKER_TIMES_S.map(() => habits.flickerFloor * prng.nextNormal())
  const rate = (): number => {
    const cycle = habits.temperature * Math.sin((2 * Math.PI * elapsed) / DAY_S + habits.temperaturePhase)
    const slow = habits.rate + (habits.ageingPerDay * elapsed) / DAY_S + walk + cycle + warmRate()
    return slow + flicker.reduce((sum, each) => sum + each, 0)
  }
  return {
    advance: (seconds) => {
      offsetNs += (rate() * seconds + habits.whiteAt1s * Math.sqrt(seconds) * prng.nextNormal()) * 1e9
      elapsed += seconds
      walk += habits.walkPerDay * Math.sqrt(seconds / DAY_S) * prng.nextNormal()
      for (const [index, time] of FLICKER_TIMES_S.entries()) {
        const kept = Math.exp(-seconds / time)
        flicker[index] =
          (flicker[index] ?? 0) * kept + habits.flickerFloor * Math.sqrt(1 - kept * kept) * prng.nextNormal()
      }
    },
    offsetNs: () => offsetNs,
    rate,
  }
}
