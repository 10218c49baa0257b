import { abs, divFloor, driftNs, max } from '../core/integer.ts'
import { around, errorBound, type Interval, meets } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { BoundedTime } from './combination.ts'
import { createLearntCarriers, expectationOf, OWN, stabilityOf } from './learnt-carriers.ts'
import { type OscillatorClass, type SourceClass, UNLEARNT_PPB } from './source-class.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import { carry } from './stability.ts'
import type { Warmth } from './thermometer.ts'
import { NO_SHIFT, type TemperatureReading, type WarmShift } from './warm-shift.ts'

/**
 * The last trusted node clock, carried forward: what remains when every source is gone, and what a source that jumps is
 * compared with. The local oscillator carries it, and every frequency source does. Its bound grows with age and is
 * computed when it is read, never stored.
 */
export interface Flywheel {
  /** From this instant on, for each carrier that would not carry a better time to here. */
  trust(at: MonoNs, trusted: Trusted): void
  /** By the carrier that knows best; one that the local oscillator contradicts is not asked. */
  read(now: MonoNs, carriers: readonly Carrier[]): BoundedTime | undefined
  /** The temperature of a carrier by its name, or of the local oscillator, `OWN`, °C. */
  warm(at: MonoNs, carrier: string, celsius: number): void
  /** Of every carrier that has a thermometer, by its name; that of the local oscillator is empty. */
  temperatures(now: MonoNs): ReadonlyMap<string, TemperatureReading>
  /** What was trusted is no longer: the next time is taken as it is. How fast the oscillator runs is still known. */
  forget(): void
}

/** What is worth being carried forward. */
export interface Trusted {
  readonly time: BoundedTime
  /** TAI against the local oscillator. */
  readonly frequency: FrequencyEstimate
  readonly carriers: readonly Carrier[]
  /** What averaging cannot remove of `time`, ns. */
  readonly accuracyNs: bigint
}

/** A frequency source at one instant: a clock that keeps a rate, whatever its time is worth. */
export interface Carrier {
  readonly name: string
  readonly class: SourceClass | OscillatorClass
  readonly taiNs: TaiNs
  /** How far this reading may be from its clock. */
  readonly noiseNs: bigint
  /** Another number than before: its clock was interrupted, and says nothing about what came earlier. */
  readonly run: number
}

interface Anchor {
  readonly at: MonoNs
  readonly time: BoundedTime
  readonly warmth: Warmth | undefined
}

/** `floorPpb`: what the class of the oscillator may wander however well its rate was measured. */
export function createFlywheel(floorPpb: bigint, oscillator: OscillatorClass = 'crystal'): Flywheel {
  let anchor: Anchor | undefined
  let rate = { ppb: 0n, driftPpb: UNLEARNT_PPB }
  const carried = new Map<string, Anchor & { readonly carrier: Carrier }>()
  const learntCarriers = createLearntCarriers()
  const own = { name: OWN, class: oscillator }

  const byOscillator = (now: MonoNs): BoundedTime | undefined => {
    if (anchor === undefined) return undefined
    const elapsedNs = between(anchor.at, now)
    const taiNow = plus(anchor.time.taiNs, elapsedNs + divFloor(elapsedNs * rate.ppb, NS_PER_SECOND))
    const boundNs = anchor.time.boundNs + driftNs(elapsedNs, rate.driftPpb) + ROUNDING_NS
    return timeAround(taiNow, boundNs, learntCarriers.shift(own, 'recent', anchor.warmth, now))
  }
  const byCarrier = (now: MonoNs, carrier: Carrier): BoundedTime | undefined => {
    if (expectationOf(carrier) === 'recent') return byOscillator(now)
    const from = carried.get(carrier.name)
    if (from?.carrier.run !== carrier.run) return undefined
    const run = carry(stabilityOf(carrier), learntCarriers.rate(carrier.name), from.at, now)
    const taiNow = plus(from.time.taiNs, between(from.carrier.taiNs, carrier.taiNs) + run.correctionNs)
    const boundNs = from.time.boundNs + from.carrier.noiseNs + carrier.noiseNs + run.driftNs + ROUNDING_NS
    return timeAround(taiNow, boundNs, run.known ? learntCarriers.shift(carrier, 'mean', from.warmth, now) : NO_SHIFT)
  }
  /** The local oscillator as a carrier: a good one is worth learning. */
  const withOwn = (now: MonoNs, carriers: readonly Carrier[]): readonly Carrier[] => [
    ...carriers,
    { ...own, taiNs: now as bigint as TaiNs, noiseNs: 0n, run: 0 },
  ]
  const learn = (at: MonoNs, carrier: Carrier, trusted: Trusted): void => {
    const known = byCarrier(at, carrier)
    // A poor source that is left alone does not teach what is known better.
    if (known !== undefined && trusted.time.boundNs > POOR * known.boundNs) return
    learntCarriers.learn(at, carrier, trusted, carried.get(carrier.name)?.carrier.run !== carrier.run)
  }
  return {
    trust: (at, trusted) => {
      const { time, frequency } = trusted
      for (const carrier of withOwn(at, trusted.carriers)) {
        learn(at, carrier, trusted)
        if (isBetter(byCarrier(at, carrier), time)) continue
        carried.set(carrier.name, { at, time, carrier, warmth: learntCarriers.warmth(carrier.name, at) })
      }
      if (isBetter(byOscillator(at), time)) return
      anchor = { at, time, warmth: learntCarriers.warmth(OWN, at) }
      rate = learnt(frequency, floorPpb) ?? rate
    },
    read: (now, carriers) => {
      const bare = byOscillator(now)
      if (bare === undefined) return undefined
      const others = withOwn(now, carriers).flatMap((carrier) => byCarrier(now, carrier) ?? [])
      return others
        .filter(({ interval }) => meets(interval, bare.interval))
        .reduce((best, other) => (widthNs(other.interval) < widthNs(best.interval) ? other : best), bare)
    },
    warm: (at, carrier, celsius) => learntCarriers.hearTemperature(at, carrier, celsius),
    temperatures: (now) => learntCarriers.temperatures(now),
    forget: () => {
      anchor = undefined
      carried.clear()
      learntCarriers.forget()
    },
  }
}

/** A time with a bound so many times that of what is carried teaches nothing. */
const POOR = 2n

const ROUNDING_NS = 1n

/**
 * The promise is that of the rate alone, whatever a thermometer says: one that lies, sticks or belongs to something else
 * moves the point, and never makes the interval narrower. It makes it wider where what it says leads out of it.
 */
function timeAround(plainTaiNs: TaiNs, plainBoundNs: bigint, { shiftNs, beyondNs }: WarmShift): BoundedTime {
  const interval = around(plainTaiNs, max(plainBoundNs, abs(shiftNs)) + beyondNs)
  const taiNs = plus(plainTaiNs, shiftNs)
  return { taiNs, boundNs: errorBound(taiNs, interval), interval }
}

function widthNs({ lo, hi }: Interval): bigint {
  return hi - lo
}

function isBetter(carried: BoundedTime | undefined, time: BoundedTime): boolean {
  return carried !== undefined && carried.boundNs < time.boundNs
}

/** A rate that is known worse than that of a bare crystal is not learnt: what was known before is not forgotten for it. */
function learnt(
  { ppb, uncertaintyPpb }: FrequencyEstimate,
  floorPpb: bigint,
): { readonly ppb: bigint; readonly driftPpb: bigint } | undefined {
  const driftPpb = max(floorPpb, 3n * BigInt(Math.ceil(uncertaintyPpb)) + 1n)
  return driftPpb <= UNLEARNT_PPB ? { ppb: BigInt(Math.round(ppb)), driftPpb } : undefined
}
