import { divFloor, driftNs, max, min } from '../core/integer.ts'
import { around, meets } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import { type CarrierRate, createCarrierRate } from './carrier-rate.ts'
import type { BoundedTime } from './combination.ts'
import { type OscillatorClass, type SourceClass, UNLEARNT_PPB } from './source-class.ts'
import type { FrequencyEstimate } from './source-clock.ts'
import { carry, STABILITY, type Stability } from './stability.ts'

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
}

/** `floorPpb`: what the class of the oscillator may wander however well its rate was measured. */
export function createFlywheel(floorPpb: bigint, oscillator: OscillatorClass = 'crystal'): Flywheel {
  let anchor: Anchor | undefined
  let rate = { ppb: 0n, driftPpb: UNLEARNT_PPB }
  const carried = new Map<string, Anchor & { readonly carrier: Carrier }>()
  const learning = new Map<string, CarrierRate>()

  const byOscillator = (now: MonoNs): BoundedTime | undefined => {
    if (anchor === undefined) return undefined
    const elapsedNs = between(anchor.at, now)
    const taiNow = plus(anchor.time.taiNs, elapsedNs + divFloor(elapsedNs * rate.ppb, NS_PER_SECOND))
    return timeAround(taiNow, anchor.time.boundNs + driftNs(elapsedNs, rate.driftPpb) + ROUNDING_NS)
  }
  const byCarrier = (now: MonoNs, carrier: Carrier): BoundedTime | undefined => {
    const from = carried.get(carrier.name)
    if (from?.carrier.run !== carrier.run) return undefined
    const run = carry(stabilityOf(carrier), learning.get(carrier.name)?.read(), from.at, now)
    const taiNow = plus(from.time.taiNs, between(from.carrier.taiNs, carrier.taiNs) + run.correctionNs)
    return timeAround(taiNow, from.time.boundNs + from.carrier.noiseNs + carrier.noiseNs + run.driftNs + ROUNDING_NS)
  }
  /** The local oscillator as a carrier: a good one is worth learning. */
  const withOwn = (now: MonoNs, carriers: readonly Carrier[]): readonly Carrier[] => [
    ...carriers,
    { name: OWN, class: oscillator, taiNs: now as bigint as TaiNs, noiseNs: 0n, run: 0 },
  ]
  const learn = (at: MonoNs, carrier: Carrier, { time, accuracyNs }: Trusted): void => {
    const { floorE15 } = stabilityOf(carrier)
    const known = byCarrier(at, carrier)
    // A poor source that is left alone does not teach what is known better.
    if (floorE15 === undefined || (known !== undefined && time.boundNs > POOR * known.boundNs)) return
    const rates = learning.get(carrier.name) ?? createCarrierRate(floorE15)
    learning.set(carrier.name, rates)
    if (carried.get(carrier.name)?.carrier.run !== carrier.run) rates.forget()
    rates.learn(at, carrier.taiNs, time.taiNs, min(accuracyNs, time.boundNs))
  }
  return {
    trust: (at, trusted) => {
      const { time, frequency } = trusted
      for (const carrier of withOwn(at, trusted.carriers)) {
        learn(at, carrier, trusted)
        if (isBetter(byCarrier(at, carrier), time)) continue
        carried.set(carrier.name, { at, time, carrier })
      }
      if (isBetter(byOscillator(at), time)) return
      anchor = { at, time }
      rate = learnt(frequency, floorPpb) ?? rate
    },
    read: (now, carriers) => {
      const own = byOscillator(now)
      if (own === undefined) return undefined
      const others = withOwn(now, carriers).flatMap((carrier) => byCarrier(now, carrier) ?? [])
      return others
        .filter(({ interval }) => meets(interval, own.interval))
        .reduce((best, other) => (other.boundNs < best.boundNs ? other : best), own)
    },
    forget: () => {
      anchor = undefined
      carried.clear()
      learning.clear()
    },
  }
}

/** No source has an empty name. */
const OWN = ''
/** A time with a bound so many times that of what is carried teaches nothing. */
const POOR = 2n

/** The kernel's count of the local oscillator is off by what it took for its frequency, however good that is. */
function stabilityOf(carrier: Carrier): Stability {
  const stability = STABILITY[carrier.class]
  return carrier.name === OWN ? { ...stability, unlearntE15: UNLEARNT_PPB * E15_PER_PPB } : stability
}

const E15_PER_PPB = 1_000_000n
const ROUNDING_NS = 1n

function timeAround(taiNs: TaiNs, boundNs: bigint): BoundedTime {
  return { taiNs, boundNs, interval: around(taiNs, boundNs) }
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
