import { divCeil, divFloor, min } from '../../core/integer.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, plus, type TaiNs } from '../../core/time.ts'
import type { Membership } from '../membership.ts'
import { DELTA_BASE_NS } from './pacemaker.ts'
import type { EpochClock } from './types.ts'

/**
 * How long after the mark a member may take to read, sign and journal its proposal. View timers start then; what was sent by
 * then is on its way for some time, and before that q proposals are not enough for a leader.
 */
export const PROPOSAL_DEADLINE_NS = 50n * NS_PER_MILLISECOND
/**
 * How long a proposal may be on its way. No longer than the least Δ, whatever this leader's own is: others may have that one,
 * and give up a view without a block after two of it.
 */
const PROPOSAL_WAY_NS = DELTA_BASE_NS
/** Nor longer than this part of an epoch: it has to end well before 0.7 of a short one. */
const WAY_EPOCH_PARTS = 8n
const NS_PER_NS_PPB = 1_000_000_000n

/** Epochs are (era, number), number = ⌊(TAI − genesisTai) / period⌋; the mark of an epoch is its first instant. */
export function epochMarkTai(membership: Membership, epoch: number): TaiNs {
  return plus(membership.genesisTai, BigInt(epoch) * membership.epochPeriodNs)
}

/**
 * The instant before which nobody could know of the very first block of a cluster, height 1: the mark of the epoch before its own, since
 * the proposals that it lists are made at the mark of its own, by clocks that are not an epoch wrong. Undefined for a block that
 * lists none, which has the epoch of the genesis, 0.
 */
export function markBeforeFirst(membership: Membership, epoch: number): TaiNs | undefined {
  return epoch === 0 ? undefined : epochMarkTai(membership, epoch - 1)
}

/** TAI of the served clock at a local instant. */
export function taiAt(clock: EpochClock, now: MonoNs): TaiNs {
  const elapsed = between(clock.monoNs, now)
  return plus(clock.taiNs, elapsed + divFloor(elapsed * clock.ratePpb, NS_PER_NS_PPB))
}

/** The local instant at which the served clock shows `tai`, rounded up: never early. */
export function monoAt(clock: EpochClock, tai: TaiNs): MonoNs {
  const elapsed = between(clock.taiNs, tai)
  return plus(clock.monoNs, divCeil(elapsed * NS_PER_NS_PPB, NS_PER_NS_PPB + clock.ratePpb))
}

/** The epoch that `now` lies in; 0 before genesis. */
export function epochAt(membership: Membership, clock: EpochClock, now: MonoNs): number {
  const sinceGenesis = between(membership.genesisTai, taiAt(clock, now))
  return sinceGenesis < 0n ? 0 : Number(divFloor(sinceGenesis, membership.epochPeriodNs))
}

/** The local instant of an epoch's mark. */
export function markAt(membership: Membership, clock: EpochClock, epoch: number): MonoNs {
  return monoAt(clock, epochMarkTai(membership, epoch))
}

/** How long after the mark a leader waits for the proposals of all: until what was sent by the deadline is here. */
export function proposalWaitNs({ epochPeriodNs }: Membership): bigint {
  return PROPOSAL_DEADLINE_NS + min(PROPOSAL_WAY_NS, epochPeriodNs / WAY_EPOCH_PARTS)
}

/**
 * The epoch that a new block takes: the one after its parent's, or the present one when that is later. Past 0.7 of an
 * epoch it takes the next epoch's proposals, so that stale readings are never freshly certified.
 */
export function targetEpoch(membership: Membership, clock: EpochClock, parentEpoch: number, now: MonoNs): number {
  const present = epochAt(membership, clock, now)
  const age = between(epochMarkTai(membership, present), taiAt(clock, now))
  const fresh = age * 10n <= membership.epochPeriodNs * 7n ? present : present + 1
  return Math.max(parentEpoch + 1, fresh)
}
