import { abs, divFloor } from '../core/integer.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import { type MonoNs, monoNs, rangingNs } from '../core/time.ts'
import type { RangingClock } from './stamp.ts'

/**
 * For tests: virtual true time, and clocks on it whose exact readings are known in units of 10⁻⁹ ns, so that nothing is
 * rounded but what the nodes under test round themselves.
 */
const FINE = 10n ** 9n
/** How long an oscillator keeps one rate. */
const KNOT_NS = 200_000_000n

/** Runs what is scheduled in the order of true time. */
export interface Timeline {
  schedule(at: bigint, run: (at: bigint) => void): void
  /** Runs the next event. */
  step(): void
}

export function createTimeline(): Timeline {
  const events: { readonly at: bigint; readonly run: (at: bigint) => void }[] = []
  return {
    schedule: (at, run) => {
      const index = events.findLastIndex((event) => event.at <= at) + 1
      events.splice(index, 0, { at, run })
    },
    step: () => {
      const next = events.shift()
      next?.run(next.at)
    },
  }
}

/** The clocks of one node, as the node sees them and as they truly are. */
export interface TrueClocks {
  /** The ranging clock as the node knows it now. */
  clock(): RangingClock
  mono(at: bigint): MonoNs
  /** A stamp of true instant `at` that is off by at most `errorNs`, and says so. */
  stamp(at: bigint, errorNs: bigint): Stamp
  /** Starts a new segment: the ranging clock goes on from anywhere. */
  resegment(): void
  /** What the ranging clock of a segment shows at a true instant, exactly, in units of 10⁻⁹ ns. */
  exactAt(at: bigint, segment: number): bigint
  /** The true instant at which the ranging clock of a segment shows `reading`, searched from `near`. */
  whenShown(reading: bigint, segment: number, near: bigint): bigint
}

export function createTrueClocks(id: number, ratePpb: bigint, prng: Prng): TrueClocks {
  const oscillatorAt = createOscillator(ratePpb, prng)
  const anywhere = (): bigint => BigInt(prng.nextUint32()) << 20n
  // What the ranging clock of each segment adds to the oscillator.
  const shifts = [anywhere()]
  const bootId = new Uint8Array(16).fill(id + 1)
  const mono = (at: bigint): MonoNs => monoNs(divFloor(oscillatorAt(at), FINE))
  const exactAt = (at: bigint, segment: number): bigint => oscillatorAt(at) + (shifts[segment] ?? 0n) * FINE
  return {
    clock: () => {
      const shift = shifts.at(-1) ?? 0n
      return { bootId, segment: shifts.length - 1, boundPpb: ratePpb, at: (mono) => rangingNs(mono + shift) }
    },
    mono,
    stamp: (at, errorNs) => ({ at: monoNs(mono(at) - errorNs + below(2n * errorNs, prng)), errorNs, kind: 'kernel' }),
    resegment: () => {
      shifts.push(anywhere())
    },
    exactAt,
    whenShown: (reading, segment, near) => {
      let at = near
      // The rate is 1 to within 10⁻⁴, so each step leaves 10⁻⁴ of the error.
      for (let i = 0; i < 3; i++) at -= divFloor(exactAt(at, segment) - reading * FINE, FINE)
      return at
    },
  }
}

/** By how many units of 10⁻⁹ ns the exact difference of two readings lies outside φ ± width; not positive when inside. */
export function missedBy(peerExact: bigint, ownExact: bigint, phiNs: bigint, widthNs: bigint): bigint {
  return abs(peerExact - ownExact - phiNs * FINE) - widthNs * FINE
}

/** Uniform in [0, limit]. */
export function below(limit: bigint, prng: Prng): bigint {
  return ((limit + 1n) * BigInt(prng.nextUint32())) >> 32n
}

/** An oscillator whose rate jumps at every knot, anywhere within ±ρ and mostly from one end to the other. */
function createOscillator(ratePpb: bigint, prng: Prng): (at: bigint) => bigint {
  const knots = [{ start: BigInt(prng.nextUint32()) * FINE, speed: FINE }]
  const speedAnywhere = (): bigint => {
    const ends = [ratePpb, -ratePpb, below(2n * ratePpb, prng) - ratePpb]
    return FINE + (ends[prng.nextBelow(ends.length)] ?? 0n)
  }
  return (at) => {
    const index = Number(at / KNOT_NS)
    let knot = knots[index]
    while (knot === undefined) {
      const last = knots[knots.length - 1] ?? { start: 0n, speed: FINE }
      knots.push({ start: last.start + KNOT_NS * last.speed, speed: speedAnywhere() })
      knot = knots[index]
    }
    return knot.start + (at - KNOT_NS * BigInt(index)) * knot.speed
  }
}
