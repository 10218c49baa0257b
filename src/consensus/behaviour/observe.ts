import type { ListedProposal } from '../agreement.ts'
import { withoutRefusedClocks } from '../attested-members.ts'
import { isCurrent } from '../frame-intervals.ts'
import type { Membership } from '../membership.ts'
import type { Outcome } from '../outcome.ts'
import type { ClockReading, RangingEntry } from '../proposal.ts'
import { epochMarkTai } from '../replica/epoch-schedule.ts'
import { agedNs, FAR_NS, filled, nearNs, USELESS_NS } from './number-range.ts'

/**
 * What one block lets everybody see of everybody, in whole Numbers of ns. All clocks are told as differences from the
 * mark of the epoch, so that neither the boot nor the segment of a ranging clock matters any more.
 */
export interface Observations {
  readonly n: number
  readonly targetPrecisionNs: number
  readonly listed: readonly boolean[]
  /** By member: its node clock at its mark. */
  readonly clocks: readonly (ClockSeen | undefined)[]
  /** How r sees j stands at r · n + j; undefined when there is no current entry or it says nothing. */
  readonly sights: readonly (Sight | undefined)[]
  /** By member: the region in its frame, as an interval of true time at its mark. */
  readonly regions: readonly (RegionSeen | undefined)[]
}

export interface ClockSeen {
  /** N − the epoch's mark. */
  readonly aheadNs: number
  readonly boundNs: number
  readonly locked: boolean
}

/** An entry of a row, freed of both ranging clocks. */
export interface Sight {
  /**
   * φ_rj − (R_j − R_r), R read at the marks: what of φ is not explained by them, which is the time between the marks.
   */
  readonly offsetNs: number
  readonly uncertaintyNs: number
  readonly ageNs: number
  readonly peerRatePpb: number
  /** ρ_r + ρ_j. */
  readonly ratesPpb: number
  /** How far both oscillators may have aged apart since the sample. */
  readonly ageingNs: number
  /** At most so long lies between the marks of r and j. */
  readonly apartNs: number
}

export interface RegionSeen {
  readonly lo: number
  readonly hi: number
  readonly point: number
}

/** What the listed proposals (sorted, checked by `agree`) and their outcome let everybody see. */
export function observe(
  list: readonly ListedProposal[],
  outcome: Outcome,
  membership: Membership,
  epoch: number,
): Observations {
  const n = membership.members.length
  const listed = withoutRefusedClocks(list, outcome.attestation)
  const mark = epochMarkTai(membership, epoch)
  const clocks = filled<ClockSeen | undefined>(n, undefined)
  const readings = filled<ClockReading | undefined>(n, undefined)
  const sights = filled<Sight | undefined>(n * n, undefined)
  const regions = filled<RegionSeen | undefined>(n, undefined)
  for (const { member, proposal } of listed) {
    readings[member] = proposal
    const { nodeClock, mode } = proposal
    if (nodeClock === undefined || nodeClock.boundNs > USELESS_NS) continue
    const aheadNs = nearNs(nodeClock.taiNs - mark)
    clocks[member] = { aheadNs, boundNs: Number(nodeClock.boundNs), locked: mode === 'locked' }
  }
  for (const { member, proposal } of listed) {
    for (const entry of proposal.ranging) {
      const peer = readings[entry.peer]
      if (peer !== undefined && isCurrent(entry, peer)) sights[member * n + entry.peer] = sightOf(proposal, entry, peer)
    }
  }
  for (const { member, region } of outcome.frames) {
    const reading = readings[member]
    if (region === undefined || reading === undefined) continue
    const toMark = reading.rangingNs - mark
    const [lo, hi] = [nearNs(region.lo + toMark), nearNs(region.hi + toMark)]
    // True time is near the mark in every honest frame. Of one where it is not nothing follows.
    if (lo > -FAR_NS && hi < FAR_NS) regions[member] = { lo, hi, point: nearNs(region.point + toMark) }
  }
  const targetPrecisionNs = Number(membership.targetPrecisionNs)
  return { n, targetPrecisionNs, listed: readings.map((reading) => reading !== undefined), clocks, sights, regions }
}

function sightOf(own: ClockReading, entry: RangingEntry, peer: ClockReading): Sight | undefined {
  if (entry.uncertaintyNs > USELESS_NS || entry.ageNs > USELESS_NS) return undefined
  const offsetNs = nearNs(entry.phiNs - peer.rangingNs + own.rangingNs)
  const uncertaintyNs = Number(entry.uncertaintyNs)
  const ageNs = Number(entry.ageNs)
  const peerRatePpb = Number(peer.rangingRatePpb)
  const ratesPpb = Number(own.rangingRatePpb) + peerRatePpb
  const ageingNs = agedNs(ratesPpb, ageNs)
  const apartNs = Math.abs(offsetNs) + uncertaintyNs + ageingNs
  return { offsetNs, uncertaintyNs, ageNs, peerRatePpb, ratesPpb, ageingNs, apartNs }
}

/** How r's row sees j. */
export function sightOn({ n, sights }: Observations, observer: number, subject: number): Sight | undefined {
  return sights[observer * n + subject]
}

/** How far both oscillators may have run apart between r's sample and r's mark, and j's between the two marks. */
export function driftOf({ ageingNs, peerRatePpb, apartNs }: Sight): number {
  return ageingNs + agedNs(peerRatePpb, apartNs)
}
