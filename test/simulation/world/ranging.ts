import type { RangingEntry } from '../../../src/consensus/proposal.ts'
import { divCeil, divFloor, driftNs, max } from '../../../src/core/integer.ts'
import type { Prng } from '../../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../../src/core/time.ts'
import type { RangingClock } from '../../../src/fusion/ranging-clock.ts'
import { chance, pick, within } from '../../support/chance.ts'
import type { Oscillator } from '../../support/replica-cluster.ts'

/** What ranging sees of a member: its ranging clock, and since when it has been in its segment. */
export interface RangedClock {
  readonly id: number
  readonly oscillator: Oscillator
  readonly rangingClock: RangingClock
  /** Virtual instant at which the present segment began. */
  readonly since: MonoNs
  /** The segment before, in which somebody may still remember it. */
  readonly former: Segment | undefined
}

export interface Segment {
  readonly bootId: Uint8Array
  readonly segment: number
}

export interface RangingClimate {
  /** Longest way of a packet, ns; there and back are drawn apart. */
  readonly wayNsMax: number
  /** How likely an entry is missing, or is about a segment that is over. */
  readonly gaps: number
}

/** Every stamp and every reading is a whole nanosecond, rounded down; five of them meet in one interval. */
const ROUNDING_NS = 5n
const AGE_NS_MAX = Number(1_500n * NS_PER_MILLISECOND)

/** The row of `own` at a virtual instant, about the peers that it can reach. */
export function rangeRow(
  prng: Prng,
  { wayNsMax, gaps }: RangingClimate,
  own: RangedClock,
  peers: readonly RangedClock[],
  now: MonoNs,
): readonly RangingEntry[] {
  return peers.flatMap((peer) => {
    if (chance(prng, gaps)) return pick(prng, [[], outdated(prng, peer)])
    const way = (): bigint => BigInt(500 + Math.floor(prng.nextUnit() * (chance(prng, 0.3) ? 1_000 : wayNsMax)))
    const ways = { there: way(), turn: BigInt(prng.nextBelow(20_000)), back: way() }
    const oldest = max(own.since, peer.since) + ways.there + ways.turn + ways.back
    const latest = now - NS_PER_MILLISECOND
    if (latest < oldest) return outdated(prng, peer)
    const arrivedAt = max(oldest, latest - BigInt(Math.floor(prng.nextUnit() * AGE_NS_MAX)))
    return [range(own, peer, monoNs(arrivedAt), ways, now)]
  })
}

/** An entry about a segment or a boot that is over: its φ means nothing any more. */
function outdated(prng: Prng, { id, former }: RangedClock): readonly RangingEntry[] {
  if (former === undefined) return []
  const phiNs = within(prng, 10n ** 15n)
  return [{ peer: id, ...former, phiNs, uncertaintyNs: 10_000n, ageNs: NS_PER_SECOND }]
}

interface Ways {
  readonly there: bigint
  readonly turn: bigint
  readonly back: bigint
}

/** A two-way exchange as the design has it: whatever the ways, R_peer − R_own lies in φ ± u when the answer arrives. */
function range(own: RangedClock, peer: RangedClock, arrivedAt: MonoNs, ways: Ways, now: MonoNs): RangingEntry {
  const shows = ({ oscillator, rangingClock }: RangedClock, at: MonoNs): bigint => rangingClock.at(oscillator.at(at))
  const answeredAt = plus(arrivedAt, -ways.back)
  const askedAt = plus(answeredAt, -ways.turn)
  const [t1, t2] = [shows(own, plus(askedAt, -ways.there)), shows(peer, askedAt)]
  const [t3, t4] = [shows(peer, answeredAt), shows(own, arrivedAt)]
  const roundTrip = t4 - t1 - (t3 - t2)
  const { bootId, segment, boundPpb } = peer.rangingClock
  return {
    peer: peer.id,
    bootId,
    segment,
    phiNs: divFloor(t2 - t1 + (t3 - t4), 2n),
    uncertaintyNs:
      max(0n, divCeil(roundTrip, 2n)) + ROUNDING_NS + driftNs(t4 - t1, own.rangingClock.boundPpb + boundPpb),
    ageNs: max(0n, shows(own, now) - t4) + 1n,
  }
}
