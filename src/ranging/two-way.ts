import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { abs, divCeil, driftNs } from '../core/integer.ts'
import { errorBound, interval, midpoint } from '../core/interval.ts'
import type { StampKind } from '../core/stamp.ts'
import { between, INSTANT_LIMIT_NS, NS_PER_SECOND, type RangingNs } from '../core/time.ts'
import { coarsestKind, type RangingStamp, ROUNDING_NS } from './stamp.ts'

/** The four stamps of one exchange, named as in RFC 5905 section 8, each end's within one segment. Both ends learn from it. */
export interface TwoWay {
  /** Whose request it was: t1 and t4 are readings of that one's clock. */
  readonly asker: 'self' | 'peer'
  /** The request leaves, on R_asker. */
  readonly t1: RangingStamp
  /** The request arrives, on the other one's clock. */
  readonly t2: RangingStamp
  /** The response leaves, on the other one's clock. */
  readonly t3: RangingStamp
  /** The response arrives, on R_asker. */
  readonly t4: RangingStamp
  readonly ownRatePpb: bigint
  readonly peerRatePpb: bigint
}

/** A completed exchange; the own rate bound is the clock's at completion. */
export type Completed = Omit<TwoWay, 'ownRatePpb'>

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
 * Let the true instants be T1 ≤ T2 ≤ T3 ≤ T4; only this order is assumed of the network. Clocks do not run backwards, so
 * where this node asked
 *   t2 − t1 = D(T2) + R_self(T2) − R_self(T1) ≥ D(T2)     and     t3 − t4 = D(T3) − (R_self(T4) − R_self(T3)) ≤ D(T3):
 * an upper limit at T2, a lower limit at T3, as far apart as the round trip (t4 − t1) − (t3 − t2). Both move outward by
 * the errors of their two stamps and a rounding for each. D changes by at most ρ_self + ρ_peer per unit of time, so
 * carrying both limits to the one instant when R_self shows t4 widens them once more, over the time from T1 to there.
 *
 * Where the peer asked, the four are the same and the peer's are t1 and t4:
 *   t4 − t3 = D(T3) + R_peer(T4) − R_peer(T3) ≥ D(T3)     and     t1 − t2 = D(T2) − (R_peer(T2) − R_peer(T1)) ≤ D(T2),
 * and the instant is when R_self showed t3, so that the time to be carried over is only that from T2 to there.
 *
 * Interleaving adds no term: what is told later belongs to one exchange all the same, and so does its instant. The gap
 * until then is age like any other, and is paid for when the comparison is read.
 *
 * Faults: `ranging.order` for stamps that no honest exchange can have, `ranging.range` for an offset beyond ±2^62 ns.
 */
export function compareClocks(exchange: TwoWay): Result<Comparison> {
  const { asker, t1, t2, t3, t4, ownRatePpb, peerRatePpb } = exchange
  const heldNs = between(t2.rangingNs, t3.rangingNs)
  const takenNs = between(t1.rangingNs, t4.rangingNs)
  const roundTripNs = takenNs - heldNs
  if (heldNs < 0n) return fail('ranging.order', `ranging exchange: expected t2 <= t3, got t3 − t2 = ${heldNs} ns`)
  if (takenNs < 0n) return fail('ranging.order', `ranging exchange: expected t1 <= t4, got t4 − t1 = ${takenNs} ns`)
  if (roundTripNs < 0n) {
    return fail('ranging.order', `ranging exchange: expected a round trip of at least 0 ns, got ${roundTripNs} ns`)
  }
  const [first, last] = asker === 'self' ? [t1, t4] : [t2, t3]
  const ownNs = between(first.rangingNs, last.rangingNs)
  const spanNs = trueDurationNsMax(ownNs + first.errorNs + last.errorNs + 2n * ROUNDING_NS, ownRatePpb)
  const driftedNs = driftNs(spanNs, ownRatePpb + peerRatePpb)
  const lower: Flight = asker === 'self' ? [t3, t4] : [t1, t2]
  const upper: Flight = asker === 'self' ? [t2, t1] : [t4, t3]
  const difference = interval(
    peerMinusOwnNs(lower) - errorNs(lower) - driftedNs,
    peerMinusOwnNs(upper) + errorNs(upper) + driftedNs,
  )
  const phiNs = midpoint(difference)
  // A lying peer may claim any instant; what it makes of φ must still fit into a proposal, or its lie silences this node.
  if (abs(phiNs) > INSTANT_LIMIT_NS) {
    return fail('ranging.range', `ranging exchange: expected an offset within ±2^62 ns, got ${phiNs} ns`)
  }
  const uncertaintyNs = errorBound(phiNs, difference)
  return ok({ at: last.rangingNs, phiNs, uncertaintyNs, roundTripNs, stampKind: coarsestKind([t1, t2, t3, t4]) })
}

/** What one packet says: the stamp of the peer's end of its way, and that of this node's. */
type Flight = readonly [peer: RangingStamp, own: RangingStamp]

function peerMinusOwnNs([peer, own]: Flight): bigint {
  return between(own.rangingNs, peer.rangingNs)
}

function errorNs([peer, own]: Flight): bigint {
  return peer.errorNs + own.errorNs + 2n * ROUNDING_NS
}

/** How long a duration that was measured on a clock of rate error at most `ratePpb` may truly have been, rounded up. */
export function trueDurationNsMax(durationNs: bigint, ratePpb: bigint): bigint {
  assert(
    ratePpb >= 0n && ratePpb < NS_PER_SECOND,
    `a clock that runs at all is off by less than 10^9 ppb, got ${ratePpb}`,
  )
  return divCeil(durationNs * NS_PER_SECOND, NS_PER_SECOND - ratePpb)
}
