import { bootstrapRegion } from '../consensus/bootstrap.ts'
import type { Observer } from '../consensus/frame-intervals.ts'
import type { Membership } from '../consensus/membership.ts'
import type { ClockReading } from '../consensus/proposal.ts'
import type { Result } from '../core/fault.ts'
import { midpoint } from '../core/interval.ts'
import { plus, type RangingNs, type TaiNs, taiNs } from '../core/time.ts'

/**
 * Which epoch it is, before there is a certificate to say so: the newest clocks that the peers sent in signed Hellos,
 * and the own ones, through steps 1 and 2 of the agreement. It numbers epochs; it serves no time.
 */
export interface EpochBootstrap {
  /** The clock part of a verified Hello of the sender's `bootCount`-th start. An older one than is known changes nothing. */
  heard(member: number, bootCount: number, reading: ClockReading): void
  /** TAI at the observer's mark, or what is still missing. */
  solve(own: Observer): Result<TaiNs>
}

export function createEpochBootstrap(membership: Membership): EpochBootstrap {
  const heard = new Map<number, Heard>()
  return {
    heard: (member, bootCount, reading) => {
      const known = heard.get(member)
      if (known === undefined || isNewer({ bootCount, reading }, known)) heard.set(member, { bootCount, reading })
    },
    solve: (own) => {
      const peers = [...heard].map(([member, { reading }]) => ({ member, reading }))
      const region = bootstrapRegion(own, peers, membership)
      if (!region.ok) return region
      return { ok: true, value: instantOf(own.reading.rangingNs, midpoint(region.value)) }
    },
  }
}

interface Heard {
  readonly bootCount: number
  readonly reading: ClockReading
}

/** Signatures do not age: a Hello that somebody kept and sends again is told by what it says of its sender's clock. */
function isNewer(a: Heard, b: Heard): boolean {
  if (a.bootCount !== b.bootCount) return a.bootCount > b.bootCount
  if (a.reading.segment !== b.reading.segment) return a.reading.segment > b.reading.segment
  return a.reading.rangingNs > b.reading.rangingNs
}

/** T from R and T − R. */
export function instantOf(ranging: RangingNs, offsetNs: bigint): TaiNs {
  return plus(taiNs(ranging), offsetNs)
}
