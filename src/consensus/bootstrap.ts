import { checkRanges } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { Interval } from '../core/interval.ts'
import type { Observer } from './frame-intervals.ts'
import type { Membership } from './membership.ts'
import { type ClockReading, clockReadingCodec } from './proposal.ts'
import { regionAlone } from './self-computed.ts'

/** The clock part of a peer's newest Hello. */
export interface PeerClock {
  readonly member: number
  readonly reading: ClockReading
}

/**
 * Where T − R stands for a member that has no block yet to tell it: steps 1 and 2 alone, over the clocks that came in Hello
 * and its own, read and ranged at one instant of its own. The answer is good enough to number epochs by when it is
 * narrower than a quarter of an epoch.
 *
 * Faults say what to wait for: `agreement.intervals`, `agreement.no-region`, `bootstrap.too-wide`. A reading that no
 * decoder would have let through, or of somebody who is no member, counts as not heard of; of two readings of one member
 * the later one in the list counts.
 */
export function bootstrapRegion(own: Observer, peers: readonly PeerClock[], membership: Membership): Result<Interval> {
  const readings: (ClockReading | undefined)[] = membership.members.map(() => undefined)
  for (const { member, reading } of peers) {
    const inRange = checkRanges(clockReadingCodec, reading, 'hello').ok
    if (membership.members[member] !== undefined && inRange) readings[member] = reading
  }
  const region = regionAlone(own, readings, membership)
  if (!region.ok) return region
  const widthNs = region.value.hi - region.value.lo
  if (4n * widthNs >= membership.epochPeriodNs) {
    return fail(
      'bootstrap.too-wide',
      `expected a region narrower than a quarter of the ${membership.epochPeriodNs} ns epoch, got ${widthNs} ns`,
    )
  }
  return ok(region.value)
}
