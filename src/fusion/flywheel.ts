import { divFloor, driftNs, max } from '../core/integer.ts'
import { around, meets } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { BoundedTime } from './combination.ts'
import { holdoverDriftNs, type SourceClass, UNLEARNT_PPB } from './source-class.ts'
import type { FrequencyEstimate } from './source-clock.ts'

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
}

/** A frequency source at one instant: a clock that keeps a rate, whatever its time is worth. */
export interface Carrier {
  readonly name: string
  readonly class: SourceClass
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
export function createFlywheel(floorPpb: bigint): Flywheel {
  let anchor: Anchor | undefined
  let rate = { ppb: 0n, driftPpb: UNLEARNT_PPB }
  const carried = new Map<string, Anchor & { readonly carrier: Carrier }>()

  const byOscillator = (now: MonoNs): BoundedTime | undefined => {
    if (anchor === undefined) return undefined
    const elapsedNs = between(anchor.at, now)
    const taiNow = plus(anchor.time.taiNs, elapsedNs + divFloor(elapsedNs * rate.ppb, NS_PER_SECOND))
    return timeAround(taiNow, anchor.time.boundNs + driftNs(elapsedNs, rate.driftPpb) + ROUNDING_NS)
  }
  const byCarrier = (now: MonoNs, carrier: Carrier): BoundedTime | undefined => {
    const from = carried.get(carrier.name)
    if (from?.carrier.run !== carrier.run) return undefined
    const taiNow = plus(from.time.taiNs, between(from.carrier.taiNs, carrier.taiNs))
    const driftedNs = holdoverDriftNs(carrier.class, between(from.at, now))
    return timeAround(taiNow, from.time.boundNs + from.carrier.noiseNs + carrier.noiseNs + driftedNs)
  }
  return {
    trust: (at, { time, frequency, carriers }) => {
      for (const carrier of carriers) {
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
      const others = carriers.flatMap((carrier) => byCarrier(now, carrier) ?? [])
      return others
        .filter(({ interval }) => meets(interval, own.interval))
        .reduce((best, other) => (other.boundNs < best.boundNs ? other : best), own)
    },
    forget: () => {
      anchor = undefined
      carried.clear()
    },
  }
}

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
