import type { ListedProposal } from '../../src/consensus/agreement.ts'
import { type Membership, quorumOf } from '../../src/consensus/membership.ts'
import type { Proposal, RangingEntry } from '../../src/consensus/proposal.ts'
import { divCeil, divFloor, driftNs, max, min } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import { tellLies } from './agreement-liars.ts'
import { below, chance, pick, shuffled, within } from './chance.ts'
import { sampleBoot, sampleMembership, sampleProposal, sampleReading, sampleSources } from './proposals.ts'

/**
 * One epoch of a cluster whose truth is known: oscillators that run wrong within ρ and change their rate, marks that lie
 * ±5 ms apart, packets whose ways there and back differ, rows that are old, incomplete or about a former segment, lists
 * that a leader has shortened, and up to f members that are wrong or lie. All times are integers, all chance is seeded.
 */
export interface World {
  readonly membership: Membership
  readonly listed: readonly ListedProposal[]
  /** What the leader left out. */
  readonly unlisted: readonly ListedProposal[]
  /** Right hardware, right rows. */
  readonly honest: ReadonlySet<number>
  /** The honest ones and those whose hardware alone is wrong: in their frames the promise holds. */
  readonly observers: ReadonlySet<number>
  /** T − R_r at r's mark, by member. */
  readonly truth: readonly bigint[]
}

export interface Climate {
  readonly n: number
  /** Half-widths of node clocks are 10^0 … 10^this ns. */
  readonly boundExponentMax: number
  /** ρ of the members, ppb; each takes one of them. */
  readonly ratesPpb: readonly bigint[]
  readonly ageNsMax: bigint
  /** Longest way of a packet; there and back are drawn apart. */
  readonly wayNsMax: bigint
  /** Every oscillator is as wrong as its ρ allows. */
  readonly worstRates: boolean
  /** How many of the f wrong members there are. */
  readonly wrong: number
  /** Whether rows miss entries, hold stale ones, clocks are absent and lists are short. */
  readonly gaps: boolean
  /** What is ranged: the ranging clocks, or, as it must not be, the node clocks. */
  readonly ranged: 'ranging-clocks' | 'node-clocks'
  /** One right member's node clock jumps, within its bound, between the ranging and the mark. */
  readonly relock: boolean
}

const START = 1_700_000_000n * NS_PER_SECOND
const MARK_JITTER_NS = 5n * NS_PER_MILLISECOND
/** Where the clocks' histories begin; no sample is older. */
const HISTORY_NS = 30n * NS_PER_SECOND
/** Every stamp and every reading is a whole nanosecond, rounded down; five of them meet in one interval. */
const ROUNDING_NS = 5n

interface Node {
  readonly member: number
  readonly ratePpb: bigint
  readonly markAt: bigint
  /** R at a true instant. */
  ranging(at: bigint): bigint
  /** N at a true instant. */
  nodeClock(at: bigint): bigint
  readonly boundNs: bigint
}

export function simulateEpoch(prng: Prng, climate: Climate): World {
  const quorum = quorumOf(climate.n)
  const membership = sampleMembership(climate.n, { targetPrecisionNs: pick(prng, [100n, 1_000n, 100_000n]) })
  const wrong = shuffled(prng, everybody(climate.n)).slice(0, climate.wrong)
  const spoofed = wrong.filter(() => chance(prng, 0.3))
  const liars = wrong.filter((member) => !spoofed.includes(member))
  const relocking = climate.relock ? prng.nextBelow(climate.n) : undefined
  const nodes = everybody(climate.n).map((member) =>
    createNode(prng, climate, member, spoofed.includes(member) ? 'spoofed' : member === relocking ? 'relock' : 'right'),
  )
  const proposals = nodes.map((node) => proposalOf(prng, climate, node, nodes))
  const honest = new Set(everybody(climate.n).filter((member) => !wrong.includes(member)))
  const observers = new Set(everybody(climate.n).filter((member) => !liars.includes(member)))
  const all = proposals.map((proposal, member) => ({ member, proposal, attestationDigest: undefined }))
  const left = climate.gaps ? leftOut(prng, all, honest, quorum.f) : []
  const listed = all.filter(({ member }) => !left.includes(member))
  return {
    membership,
    unlisted: all.filter(({ member }) => left.includes(member)),
    listed: tellLies(prng, listed, liars, honest),
    honest,
    observers,
    truth: nodes.map((node) => node.markAt - rangedClock(climate, node, node.markAt)),
  }
}

function createNode(prng: Prng, climate: Climate, member: number, kind: 'right' | 'spoofed' | 'relock'): Node {
  const ratePpb = pick(prng, climate.ratesPpb)
  // In millionths of a ppb; the first-order bounds of the agreement hold up to ρ(1 − ρ), hence 0.9999.
  const mostPpq = divFloor(ratePpb * 999_900n, 1n)
  const rate = (): bigint => (climate.worstRates ? pick(prng, [-mostPpq, mostPpq]) : within(prng, mostPpq))
  const [before, after] = climate.worstRates ? repeated(rate()) : [rate(), rate()]
  const base = within(prng, 10n ** 15n)
  const origin = START - HISTORY_NS
  const changeAt = START - below(prng, HISTORY_NS)
  const boundNs = 10n ** BigInt(prng.nextBelow(climate.boundExponentMax + 1)) + below(prng, 10n)
  const error = (): bigint => (chance(prng, 0.5) ? pick(prng, [-boundNs, boundNs]) : within(prng, boundNs))
  const [errorBefore, errorAfter] = kind === 'relock' ? [-boundNs, boundNs] : repeated(error())
  const spoof = kind === 'spoofed' ? within(prng, 10n ** BigInt(2 + prng.nextBelow(9))) : 0n
  const markAt = START + within(prng, MARK_JITTER_NS)
  return {
    member,
    ratePpb,
    markAt,
    boundNs,
    ranging: (at) => {
      const drift = before * (min(at, changeAt) - origin) + after * max(0n, at - changeAt)
      return base + at - origin + divFloor(drift, 10n ** 15n)
    },
    nodeClock: (at) => at + spoof + (at < markAt - NS_PER_MILLISECOND ? errorBefore : errorAfter),
  }
}

function rangedClock(climate: Climate, node: Node, at: bigint): bigint {
  return climate.ranged === 'node-clocks' ? node.nodeClock(at) : node.ranging(at)
}

function proposalOf(prng: Prng, climate: Climate, node: Node, nodes: readonly Node[]): Proposal {
  const entries = nodes.flatMap((peer) => {
    if (peer === node) return []
    const entry = range(prng, climate, node, peer)
    if (!climate.gaps || chance(prng, 0.9)) return [entry]
    // A row with a gap, or with an entry about a segment or a boot that is over: its φ means nothing any more.
    const former = { ...entry, phiNs: entry.phiNs + within(prng, 10n ** 12n) }
    return pick(prng, [[], [{ ...former, segment: 1 }], [{ ...former, bootId: sampleBoot(255) }]])
  })
  const clock = { tai: node.nodeClock(node.markAt), bound: node.boundNs }
  const reading = sampleReading(
    node.member,
    rangedClock(climate, node, node.markAt),
    climate.gaps && chance(prng, 0.05) ? undefined : clock,
    { rangingRatePpb: node.ratePpb },
  )
  return sampleProposal(reading, entries, { sources: sampleSources(['gnss', 'selected']) })
}

/** A two-way exchange as the design has it: whatever the ways, R_peer − R_own lies in φ ± u when the answer arrives. */
function range(prng: Prng, climate: Climate, own: Node, peer: Node): RangingEntry {
  const way = (): bigint => 500n + (chance(prng, 0.3) ? 0n : below(prng, climate.wayNsMax))
  const arrivedAt = own.markAt - NS_PER_MILLISECOND * 2n - below(prng, climate.ageNsMax)
  const answeredAt = arrivedAt - way()
  const askedAt = answeredAt - below(prng, 20_000n)
  const sentAt = askedAt - way()
  const [t1, t2] = [rangedClock(climate, own, sentAt), rangedClock(climate, peer, askedAt)]
  const [t3, t4] = [rangedClock(climate, peer, answeredAt), rangedClock(climate, own, arrivedAt)]
  const roundTrip = t4 - t1 - (t3 - t2)
  return {
    peer: peer.member,
    bootId: sampleBoot(peer.member),
    segment: 0,
    phiNs: divFloor(t2 - t1 + (t3 - t4), 2n),
    uncertaintyNs: max(0n, divCeil(roundTrip, 2n)) + ROUNDING_NS + driftNs(t4 - t1, own.ratePpb + peer.ratePpb),
    ageNs: max(0n, rangedClock(climate, own, own.markAt) - t4) + 1n,
  }
}

/** Whom a leader leaves out: nobody, anybody, or the best of the honest ones. */
function leftOut(
  prng: Prng,
  all: readonly ListedProposal[],
  honest: ReadonlySet<number>,
  f: number,
): readonly number[] {
  const count = prng.nextBelow(f + 1)
  if (chance(prng, 0.5)) return shuffled(prng, everybody(all.length)).slice(0, count)
  const bound = ({ proposal }: ListedProposal): bigint => proposal.nodeClock?.boundNs ?? 10n ** 18n
  const best = all.filter(({ member }) => honest.has(member)).sort((a, b) => (bound(a) < bound(b) ? -1 : 1))
  return best.slice(0, count).map(({ member }) => member)
}

function everybody(n: number): number[] {
  return Array.from({ length: n }, (_, member) => member)
}

function repeated<T>(value: T): [T, T] {
  return [value, value]
}
