import type { ListedProposal } from '../../src/consensus/agreement.ts'
import type { RangingEntry } from '../../src/consensus/proposal.ts'
import { divFloor, max } from '../../src/core/integer.ts'
import type { Interval } from '../../src/core/interval.ts'
import type { Prng } from '../../src/core/prng.ts'
import { rangingNs, taiNs } from '../../src/core/time.ts'
import { claimedInterval } from './agreement-oracle.ts'
import { below, chance, pick, within } from './chance.ts'
import { sampleBoot } from './proposals.ts'

/** What a liar wants the others to see of it, given what the honest ones say in that frame. */
type Lie = (prng: Prng, honest: readonly Interval[]) => Interval

const LIES: Readonly<Record<string, Lie>> = {
  /** Just touches an honest interval and reaches away from it: pushes an end of the region as far as overlap allows. */
  pushUp: (prng, honest) => {
    const { hi } = pick(prng, honest)
    return { lo: hi, hi: hi + width(prng) }
  },
  pushDown: (prng, honest) => {
    const { lo } = pick(prng, honest)
    return { lo: lo - width(prng), hi: lo }
  },
  needle: (prng, honest) => {
    const { lo, hi } = pick(prng, honest)
    const at = lo + below(prng, hi - lo + 1n)
    return { lo: at, hi: at }
  },
  enormous: (prng, honest) => {
    const { lo } = pick(prng, honest)
    return { lo: lo - 10n ** 12n, hi: lo + below(prng, 10n ** 12n) }
  },
  farAway: (prng, honest) => {
    const lo = pick(prng, honest).lo + within(prng, 10n ** 13n)
    return { lo, hi: lo + width(prng) }
  },
}

const BOUNDS: readonly bigint[] = [0n, 50n, 1_000_000n, 10n ** 10n]

/**
 * Lets the liars speak last, knowing everything. A liar's proposal is one for all; what it answers when it is ranged is
 * not, so that each frame can be shown another face. Its own row is invented. In one colluding group all tell one lie.
 */
export function tellLies(
  prng: Prng,
  listed: readonly ListedProposal[],
  liars: readonly number[],
  honest: ReadonlySet<number>,
): readonly ListedProposal[] {
  const together = pick(prng, Object.values(LIES))
  const colluding = chance(prng, 0.5)
  const lieOf = new Map(liars.map((member) => [member, colluding ? together : pick(prng, Object.values(LIES))]))
  const twoFaced = chance(prng, 0.3)
  const said = listed.map((entry) => (lieOf.has(entry.member) ? liarsProposal(prng, entry, listed) : entry))
  return said.map((observer) => {
    if (lieOf.has(observer.member)) return observer
    const seen = honestIntervals(observer, said, honest)
    if (seen.length === 0) return observer
    const liarEntries = said.flatMap((liar) => {
      const lie = lieOf.get(liar.member)
      if (lie === undefined) return []
      const told = twoFaced ? pick(prng, Object.values(LIES)) : lie
      return chance(prng, 0.05) ? [] : [showing(told(prng, seen), observer, liar)]
    })
    const others = observer.proposal.ranging.filter(({ peer }) => !lieOf.has(peer))
    const ranging = [...others, ...liarEntries].sort((a, b) => a.peer - b.peer)
    return { ...observer, proposal: { ...observer.proposal, ranging } }
  })
}

function liarsProposal(
  prng: Prng,
  { member, proposal, attestationDigest }: ListedProposal,
  listed: readonly ListedProposal[],
): ListedProposal {
  const tai = proposal.nodeClock?.taiNs ?? 0n
  const ranging = listed
    .filter((other) => other.member !== member)
    .map(({ member: peer }) => ({
      peer,
      bootId: sampleBoot(peer),
      segment: 0,
      phiNs: within(prng, 10n ** 15n),
      uncertaintyNs: below(prng, 10n ** 9n),
      ageNs: below(prng, 10n ** 10n),
    }))
  return {
    member,
    attestationDigest,
    proposal: {
      ...proposal,
      rangingNs: rangingNs(within(prng, 10n ** 16n)),
      nodeClock: chance(prng, 0.05) ? undefined : { taiNs: taiNs(tai), boundNs: pick(prng, BOUNDS) },
      rangingRatePpb: chance(prng, 0.9) ? 0n : 1_000_000_000n,
      ranging,
    },
  }
}

/** The entry that an honest observer ends up with when a liar answers so that its interval becomes `wanted`. */
function showing(wanted: Interval, observer: ListedProposal, liar: ListedProposal): RangingEntry {
  const { nodeClock, rangingNs: liarsRanging } = liar.proposal
  const a = (nodeClock?.taiNs ?? 0n) - liarsRanging
  const half = divFloor(wanted.hi - wanted.lo + 1n, 2n)
  return {
    peer: liar.member,
    bootId: liar.proposal.bootId,
    segment: liar.proposal.segment,
    phiNs: divFloor(wanted.lo + wanted.hi, 2n) - a,
    uncertaintyNs: max(0n, half - (nodeClock?.boundNs ?? 0n)),
    // Its age is the observer's own word; with a fresh sample the lie is exact.
    ageNs: observer.proposal.rangingRatePpb > 1_000n ? 0n : 1_000n,
  }
}

function honestIntervals(
  observer: ListedProposal,
  said: readonly ListedProposal[],
  honest: ReadonlySet<number>,
): Interval[] {
  return said.flatMap((peer) => {
    const interval = honest.has(peer.member) ? claimedInterval(observer, peer) : undefined
    return interval === undefined ? [] : [interval]
  })
}

function width(prng: Prng): bigint {
  return 10n ** BigInt(prng.nextBelow(11))
}
