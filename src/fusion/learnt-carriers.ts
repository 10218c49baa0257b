import { min } from '../core/integer.ts'
import type { MonoNs } from '../core/time.ts'
import { type CarrierRate, createCarrierRate, type LearntRate } from './carrier-rate.ts'
import type { Carrier, Trusted } from './flywheel.ts'
import { UNLEARNT_PPB } from './source-class.ts'
import { STABILITY, type Stability } from './stability.ts'
import type { Expectation } from './temperature-trial.ts'
import { createThermometer, type Thermometer, type Warmth } from './thermometer.ts'
import {
  NO_SHIFT,
  readTemperature,
  shiftFromMean,
  shiftFromRecent,
  type TemperatureReading,
  type WarmShift,
} from './warm-shift.ts'

/** What is known of the carriers: their rates, and what the thermometers beside them say. */
export interface LearntCarriers {
  learn(at: MonoNs, carrier: Carrier, trusted: Pick<Trusted, 'time' | 'accuracyNs'>, wasInterrupted: boolean): void
  rate(carrier: string): LearntRate | undefined
  hearTemperature(at: MonoNs, carrier: string, celsius: number): void
  /** What the thermometer has said until now; undefined without one. */
  warmth(carrier: string, now: MonoNs): Warmth | undefined
  /** What the temperature since `from` adds, where the carrier is carried by the rate of `expectation`. */
  shift(
    carrier: Pick<Carrier, 'name' | 'class'>,
    expectation: Expectation,
    from: Warmth | undefined,
    now: MonoNs,
  ): WarmShift
  /** Of every carrier with a thermometer, by name. */
  temperatures(now: MonoNs): ReadonlyMap<string, TemperatureReading>
  /** The rates, and what their temperatures were worth. */
  forget(): void
}

/** The name of the local oscillator: no source has an empty one. */
export const OWN = ''

const E15_PER_PPB = 1_000_000n

/** The kernel's count of the local oscillator is off by what it took for its frequency, however good that is. */
export function stabilityOf(carrier: Pick<Carrier, 'name' | 'class'>): Stability {
  const stability = STABILITY[carrier.class]
  return carrier.name === OWN ? { ...stability, unlearntE15: UNLEARNT_PPB * E15_PER_PPB } : stability
}

/**
 * A bare crystal wanders so far in a day that its rate of just now says more than its mean; a better oscillator is known
 * better by its mean than by what a minute of readings leaves.
 */
export function expectationOf({ name, class: carrierClass }: Pick<Carrier, 'name' | 'class'>): Expectation {
  return name === OWN && carrierClass === 'crystal' ? 'recent' : 'mean'
}

export function createLearntCarriers(): LearntCarriers {
  const rates = new Map<string, CarrierRate>()
  const thermometers = new Map<string, Thermometer>()
  const warmth = (name: string, now: MonoNs): Warmth | undefined => thermometers.get(name)?.read(now)

  return {
    learn: (at, carrier, { time, accuracyNs }, wasInterrupted) => {
      const { floorE15 } = stabilityOf(carrier)
      if (floorE15 === undefined) return
      const rate = rates.get(carrier.name) ?? createCarrierRate(floorE15, expectationOf(carrier))
      rates.set(carrier.name, rate)
      if (wasInterrupted) rate.forget()
      rate.learn(at, carrier.taiNs, time.taiNs, min(accuracyNs, time.boundNs), warmth(carrier.name, at))
      const { fit, used } = rate.temperature()
      thermometers.get(carrier.name)?.believe(used ? fit : undefined)
    },
    rate: (name) => rates.get(name)?.read(),
    hearTemperature: (at, name, celsius) => {
      const thermometer = thermometers.get(name) ?? createThermometer()
      thermometers.set(name, thermometer)
      thermometer.hear(at, celsius)
    },
    warmth,
    shift: (carrier, expectation, from, now) => {
      const [rate, to] = [rates.get(carrier.name), warmth(carrier.name, now)]
      // What a temperature is worth was tried for one of the two rates, and is not known for the other.
      if (rate === undefined || from === undefined || to === undefined || expectationOf(carrier) !== expectation) {
        return NO_SHIFT
      }
      if (expectation === 'recent') return shiftFromRecent(rate.temperature(), from, to)
      const meanE15 = rate.read()?.rateE15
      if (meanE15 === undefined) return NO_SHIFT
      return shiftFromMean(rate.temperature(), Number(meanE15) / Number(E15_PER_PPB), from, to)
    },
    temperatures: (now) =>
      new Map(
        [...thermometers].map(([name, thermometer]) => [
          name,
          readTemperature(thermometer.read(now), rates.get(name)?.temperature()),
        ]),
      ),
    forget: () => rates.clear(),
  }
}
