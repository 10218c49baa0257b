import type { Block } from '../consensus/block.ts'
import type { Membership } from '../consensus/membership.ts'
import type { Frame } from '../consensus/outcome.ts'
import type { Replica } from '../consensus/replica.ts'
import { selfComputedRegion } from '../consensus/self-computed.ts'
import type { Interval } from '../core/interval.ts'
import { plus, taiNs } from '../core/time.ts'
import type { CertifiedTime } from '../fusion/served-clock.ts'
import { instantOf } from './epoch-bootstrap.ts'
import { type Mark, observerAt } from './mark-book.ts'

/** How many epochs a certificate may steer for when none follows it, and how long a first one is waited for. */
export const STEERING_EPOCHS = 10n

/** What a certificate does to the clock of this appliance. */
export type Steering =
  | { readonly steers: true; readonly certified: CertifiedTime; readonly selfComputed: boolean }
  | { readonly steers: false; readonly reason: string }

/** This appliance's frame in a block, if it was listed. */
export function ownFrame(block: Block, self: number): Frame | undefined {
  return block.outcome.frames.find(({ member }) => member === self)
}

/**
 * Turns a final block into certified time for this appliance: its frame's region at its mark, or, when it is not on the
 * list, the region that it computes from the listed proposals and its own row (the same theorem holds).
 */
export function steer(
  block: Block,
  mark: Mark | undefined,
  self: number,
  membership: Membership,
  replica: Replica,
): Steering {
  if (block.outcome.grade === 'unvalidated') return { steers: false, reason: 'its grade is unvalidated' }
  if (mark === undefined) return { steers: false, reason: 'this appliance took no measurement at its mark' }
  const frame = ownFrame(block, self)
  if (frame === undefined) return steerAlone(block, mark, self, membership, replica)
  if (frame.region === undefined) return { steers: false, reason: 'it has no region for this appliance' }
  return { steers: true, certified: certifiedTime(mark, frame.region, membership), selfComputed: false }
}

function steerAlone(block: Block, mark: Mark, self: number, membership: Membership, replica: Replica): Steering {
  const listed = replica.listed(block)
  if (listed === undefined) return { steers: false, reason: 'its proposals are no longer here' }
  const region = selfComputedRegion(listed, observerAt(self, mark), membership)
  if (!region.ok) return { steers: false, reason: region.fault.message }
  return { steers: true, certified: certifiedTime(mark, region.value, membership), selfComputed: true }
}

function certifiedTime(
  { monoNs, ratePpb, measurement }: Mark,
  { lo, hi }: Interval,
  membership: Membership,
): CertifiedTime {
  return {
    markMono: monoNs,
    lo: taiNs(instantOf(measurement.rangingNs, lo)),
    hi: taiNs(instantOf(measurement.rangingNs, hi)),
    ratePpb,
    rateBoundPpb: measurement.rangingRatePpb,
    voidAfterMono: plus(monoNs, STEERING_EPOCHS * membership.epochPeriodNs),
  }
}
