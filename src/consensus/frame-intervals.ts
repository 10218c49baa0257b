import { equalBytes } from '../core/bytes.ts'
import { abs, divCeil, driftNs } from '../core/integer.ts'
import { around, type Interval } from '../core/interval.ts'
import { INSTANT_LIMIT_NS } from '../core/time.ts'
import type { ClockReading, RangingEntry } from './proposal.ts'

/** The member r in whose frame everything is seen: its clocks at its mark, and its row of the ranging matrix. */
export interface Observer {
  readonly member: number
  readonly reading: ClockReading
  readonly ranging: readonly RangingEntry[]
}

/** The clocks that count, by member id; undefined: not listed, so that it contributes nothing. */
export type Readings = readonly (ClockReading | undefined)[]

/** Where T − R_r lies at r's mark according to one member, if that member's hardware and r's row are right. */
export interface MemberInterval extends Interval {
  readonly member: number
  /** ε_j + u_rj, ns: what its reading and the ranging to it leave open. For r itself ε_r alone. */
  readonly uncertaintyNs: bigint
}

type MissingReason =
  | 'not heard of'
  | 'no node clock'
  | 'no ranging entry'
  | 'ranged in another boot or segment'
  | 'beyond ±2^62 ns'

export interface Missing {
  readonly member: number
  readonly reason: MissingReason
}

export interface FrameIntervals {
  /** Sorted by member. */
  readonly present: readonly MemberInterval[]
  /** Every other member, sorted. */
  readonly missing: readonly Missing[]
}

const PPB = 1_000_000_000n

/**
 * Step 1 of the agreement: what each member says about T − R_r at r's mark, r's own word included.
 *
 * The bounds of ageing are of first order, as the design states them. They hold to the last nanosecond when every
 * oscillator's rate error is at most ρ·(1 − ρ_max) (of 50,000 ppb: 2.5 ppb less); whoever states ρ leaves that much room.
 */
export function frameIntervals(observer: Observer, readings: Readings): FrameIntervals {
  const row = new Map(observer.ranging.map((entry) => [entry.peer, entry]))
  const present: MemberInterval[] = []
  const missing: Missing[] = []
  for (const [member, reading] of readings.entries()) {
    const seen =
      member === observer.member ? ownInterval(observer) : peerInterval(observer, member, reading, row.get(member))
    if (typeof seen === 'string') missing.push({ member, reason: seen })
    else present.push(seen)
  }
  return { present, missing }
}

/** Whether a ranging entry is about the very boot and segment in which its peer now reads its clocks. */
export function isCurrent(entry: RangingEntry, peer: ClockReading): boolean {
  return entry.segment === peer.segment && equalBytes(entry.bootId, peer.bootId)
}

function ownInterval({ member, reading }: Observer): MemberInterval | MissingReason {
  const { nodeClock, rangingNs } = reading
  if (nodeClock === undefined) return 'no node clock'
  const { taiNs, boundNs } = nodeClock
  return memberInterval(member, taiNs - rangingNs, boundNs, boundNs)
}

function peerInterval(
  { reading: own }: Observer,
  member: number,
  peer: ClockReading | undefined,
  entry: RangingEntry | undefined,
): MemberInterval | MissingReason {
  if (peer === undefined) return 'not heard of'
  if (peer.nodeClock === undefined) return 'no node clock'
  if (entry === undefined) return 'no ranging entry'
  if (!isCurrent(entry, peer)) return 'ranged in another boot or segment'
  const { phiNs, uncertaintyNs, ageNs } = entry
  const { taiNs, boundNs } = peer.nodeClock
  // Since the sample both oscillators aged; between the two marks only the peer's did.
  const ratesPpb = own.rangingRatePpb + peer.rangingRatePpb
  const betweenMarksNs = abs(own.rangingNs + phiNs - peer.rangingNs) + uncertaintyNs + driftNs(ageNs, ratesPpb)
  const ageingNs = divCeil(ratesPpb * ageNs + peer.rangingRatePpb * betweenMarksNs, PPB)
  const uncertainty = uncertaintyNs + boundNs
  return memberInterval(member, phiNs + taiNs - peer.rangingNs, uncertainty + ageingNs, uncertainty)
}

/** A certified bound must be an instant that the format can carry, so an interval that is not one says nothing. */
function memberInterval(
  member: number,
  centreNs: bigint,
  halfWidthNs: bigint,
  uncertaintyNs: bigint,
): MemberInterval | MissingReason {
  const { lo, hi } = around(centreNs, halfWidthNs)
  if (lo < -INSTANT_LIMIT_NS || hi > INSTANT_LIMIT_NS) return 'beyond ±2^62 ns'
  return { member, lo, hi, uncertaintyNs }
}
