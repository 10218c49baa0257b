import { abs, compare, driftNs } from '../core/integer.ts'
import type { StampKind } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { type RangingClock, ROUNDING_NS, type SegmentId, sameSegment } from './stamp.ts'
import { type Comparison, trueDurationNsMax } from './two-way.ts'

/** One completed exchange with a peer, and between which segments it holds. */
export interface RangingSample extends Comparison {
  readonly own: SegmentId
  readonly peer: SegmentId
  /** ρ of the peer's ranging clock, as it last told. */
  readonly peerRatePpb: bigint
}

/**
 * R_peer − R_self ∈ φ ± u at an instant at most `ageNs` away from the one asked for. The age is of true time, so that
 * ⌈(ρ_self + ρ_peer)·age / 10⁹⌉ is all that carrying the entry over to that instant can cost.
 */
export interface LinkEntry extends SegmentId {
  readonly phiNs: bigint
  readonly uncertaintyNs: bigint
  readonly ageNs: bigint
}

export interface RoundTrips {
  readonly smallestNs: bigint
  readonly medianNs: bigint
  readonly stampKind: StampKind
}

/** How the ranging clock of one peer stands to the own one: the samples of a bounded window, never an average of them. */
export interface LinkClock {
  add(sample: RangingSample): void
  /** The peer's ranging clock is known to be in this segment: what was measured against another one is void. */
  follow(peer: SegmentId): void
  /** The entry that is narrowest when carried to `now`; undefined without a sample of these segments and recent enough. */
  entry(now: MonoNs, clock: RangingClock): LinkEntry | undefined
  /** Over the window; undefined when it is empty. */
  roundTrips(): RoundTrips | undefined
}

export interface LinkClockLimits {
  readonly samplesMax: number
  /** Samples older than this give no entry. */
  readonly ageNsMax: bigint
}

export function createLinkClock({ samplesMax, ageNsMax }: LinkClockLimits): LinkClock {
  // Oldest first; all between the same two segments.
  let samples: RangingSample[] = []

  return {
    add: (sample) => {
      const last = samples.at(-1)
      const goesOn = last !== undefined && sameSegment(last.own, sample.own) && sameSegment(last.peer, sample.peer)
      if (!goesOn) samples = []
      samples = [...samples.filter((kept) => sample.at - kept.at <= ageNsMax), sample].slice(-samplesMax)
    },
    follow: (peer) => {
      const last = samples.at(-1)
      if (last !== undefined && !sameSegment(last.peer, peer)) samples = []
    },
    entry: (now, clock) => {
      const last = samples.at(-1)
      if (last === undefined || !sameSegment(last.own, clock)) return undefined
      const reading = clock.at(now)
      const ratePpb = clock.boundPpb + last.peerRatePpb
      let best: { readonly entry: LinkEntry; readonly widthNs: bigint } | undefined
      for (const sample of samples) {
        // A mark may lie before a sample that was completed since; carrying back costs as much as carrying forward.
        const ageNs = trueDurationNsMax(abs(reading - sample.at) + ROUNDING_NS, clock.boundPpb)
        if (ageNs > ageNsMax) continue
        const widthNs = sample.uncertaintyNs + driftNs(ageNs, ratePpb)
        // Among equals the newest: it holds when a rate bound is raised later.
        if (best !== undefined && widthNs > best.widthNs) continue
        const { phiNs, uncertaintyNs, peer } = sample
        best = { entry: { bootId: peer.bootId, segment: peer.segment, phiNs, uncertaintyNs, ageNs }, widthNs }
      }
      return best?.entry
    },
    roundTrips: () => {
      const last = samples.at(-1)
      if (last === undefined) return undefined
      const sorted = samples.map((sample) => sample.roundTripNs).sort(compare)
      const smallestNs = sorted[0] ?? last.roundTripNs
      const medianNs = sorted[sorted.length >> 1] ?? last.roundTripNs
      return { smallestNs, medianNs, stampKind: last.stampKind }
    },
  }
}
