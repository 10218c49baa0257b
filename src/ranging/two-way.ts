import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { abs, divCeil, driftNs } from '../core/integer.ts'
import { errorBound, interval, midpoint } from '../core/interval.ts'
import type { StampKind } from '../core/stamp.ts'
import { between, INSTANT_LIMIT_NS, NS_PER_SECOND, type RangingNs } from '../core/time.ts'
import { coarsestKind, type RangingStamp, ROUNDING_NS } from './stamp.ts'

/** The four stamps of one exchange, named as in RFC 5905 section 8, each end's within one segment. */
export interface TwoWay {
  /** The request leaves, on R_self. */
  readonly t1: RangingStamp
  /** The request arrives, on R_peer. */
  readonly t2: RangingStamp
  /** The response leaves, on R_peer. */
  readonly t3: RangingStamp
  /** The response arrives, on R_self. */
  readonly t4: RangingStamp
  readonly ownRatePpb: bigint
  readonly peerRatePpb: bigint
}

/** R_peer − R_self ∈ φ ± u at the instant when R_self showed `at`. */
export interface Comparison {
  readonly at: RangingNs
  readonly phiNs: bigint
  readonly uncertaintyNs: bigint
  readonly roundTripNs: bigint
  readonly stampKind: StampKind
}

/**
 * What an exchange proves about D = R_peer − R_self, whatever the path did.
 *
 * Let the true instants be T1 ≤ T2 ≤ T3 ≤ T4; only this order is assumed of the network. R_self does not run backwards, so
 *   t2 − t1 = D(T2) + R_self(T2) − R_self(T1) ≥ D(T2)     and     t3 − t4 = D(T3) − (R_self(T4) − R_self(T3)) ≤ D(T3):
 * an upper limit at T2, a lower limit at T3, as far apart as the round trip (t4 − t1) − (t3 − t2). Both move outward by
 * the errors of their two stamps and a rounding for each. D changes by at most ρ_self + ρ_peer per unit of time, so
 * carrying both limits to the one instant when R_self shows t4 widens them once more, over the time from T1 to there.
 *
 * Interleaving adds no term: t3 is told one response later, but all four stamps belong to one exchange, and its instant
 * is that exchange's t4. The gap until t3 is told is age like any other, and is paid for when the comparison is read.
 *
 * Faults: `ranging.order` for stamps that no honest exchange can have, `ranging.range` for an offset beyond ±2^62 ns.
 */
export function compareClocks(exchange: TwoWay): Result<Comparison> {
  const { t1, t2, t3, t4, ownRatePpb, peerRatePpb } = exchange
  const heldNs = between(t2.rangingNs, t3.rangingNs)
  const takenNs = between(t1.rangingNs, t4.rangingNs)
  const roundTripNs = takenNs - heldNs
  if (heldNs < 0n) return fail('ranging.order', `ranging exchange: expected t2 <= t3, got t3 − t2 = ${heldNs} ns`)
  if (takenNs < 0n) return fail('ranging.order', `ranging exchange: expected t1 <= t4, got t4 − t1 = ${takenNs} ns`)
  if (roundTripNs < 0n) {
    return fail('ranging.order', `ranging exchange: expected a round trip of at least 0 ns, got ${roundTripNs} ns`)
  }
  const spanNs = trueDurationNsMax(takenNs + t1.errorNs + t4.errorNs + 2n * ROUNDING_NS, ownRatePpb)
  const driftedNs = driftNs(spanNs, ownRatePpb + peerRatePpb)
  const difference = interval(
    (t3.rangingNs as bigint) - t4.rangingNs - t3.errorNs - t4.errorNs - 2n * ROUNDING_NS - driftedNs,
    (t2.rangingNs as bigint) - t1.rangingNs + t2.errorNs + t1.errorNs + 2n * ROUNDING_NS + driftedNs,
  )
  const phiNs = midpoint(difference)
  // A lying peer may claim any instant; what it makes of φ must still fit into a proposal, or its lie silences this node.
  if (abs(phiNs) > INSTANT_LIMIT_NS) {
    return fail('ranging.range', `ranging exchange: expected an offset within ±2^62 ns, got ${phiNs} ns`)
  }
  const uncertaintyNs = errorBound(phiNs, difference)
  return ok({ at: t4.rangingNs, phiNs, uncertaintyNs, roundTripNs, stampKind: coarsestKind([t1, t2, t3, t4]) })
}

/** How long a duration that was measured on a clock of rate error at most `ratePpb` may truly have been, rounded up. */
export function trueDurationNsMax(durationNs: bigint, ratePpb: bigint): bigint {
  assert(
    ratePpb >= 0n && ratePpb < NS_PER_SECOND,
    `a clock that runs at all is off by less than 10^9 ppb, got ${ratePpb}`,
  )
  return divCeil(durationNs * NS_PER_SECOND, NS_PER_SECOND - ratePpb)
}
