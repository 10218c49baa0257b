import type { Membership } from '../../consensus/membership.ts'
import { epochAt, epochMarkTai, taiAt } from '../../consensus/replica/epoch-schedule.ts'
import type { EpochClock } from '../../consensus/replica/types.ts'
import { between, type MonoNs } from '../../core/time.ts'

/**
 * The part of an epoch, in thousandths, in which nobody waits for anything: the certificate of the last mark is there by then,
 * and the next mark is so far away that all will have seen what is sent now.
 */
const FROM = 400n
const TO = 600n

/** How long it is until nobody is in a hurry, ms; 0 while that is so, or while nobody knows which epoch it is. */
export function quietInMs(membership: Membership, clock: EpochClock | undefined, now: MonoNs): number {
  if (clock === undefined) return 0
  const { epochPeriodNs } = membership
  const elapsedNs = between(epochMarkTai(membership, epochAt(membership, clock, now)), taiAt(clock, now))
  const fromNs = (epochPeriodNs * FROM) / 1_000n
  const toNs = (epochPeriodNs * TO) / 1_000n
  if (elapsedNs >= fromNs && elapsedNs <= toNs) return 0
  const waitNs = elapsedNs < fromNs ? fromNs - elapsedNs : epochPeriodNs - elapsedNs + fromNs
  return Number(waitNs) / 1e6
}
