import type { TaiNs } from '../core/time.ts'
import type { CertifiedLeap } from './outcome.ts'
import type { LeapClaim, LeapEvent } from './proposal.ts'

/** What is known of leap seconds, said as of one instant. */
interface LeapKnowledge {
  readonly taiMinusUtcSeconds: number | undefined
  readonly event: LeapEvent | undefined
}

/**
 * The leap agreement at an epoch's instant. Claims that are void by then abstain. TAI − UTC is certified when exactly one
 * value has at least f + 1 claims; of the next event, an event with f + 1 claims beats "none", and two such events
 * certify nothing. A field that is not certified keeps the parent's value and leaves the whole unresolved.
 *
 * Claims and the parent's value are first carried to the instant: an event that has come is no longer ahead, and TAI − UTC
 * is what it announced. So members that read their clocks on both sides of a leap agree, and a leap second that was
 * certified beforehand takes effect also when nobody confirms it afterwards.
 */
export function agreeLeap(
  claims: readonly LeapClaim[],
  parent: CertifiedLeap,
  instant: TaiNs,
  f: number,
): CertifiedLeap {
  const current = claims.filter(({ validUntil }) => validUntil > instant).map((claim) => carriedTo(instant, claim))
  const carried = carriedTo(instant, parent)
  const offsets = supported(
    current.map(({ taiMinusUtcSeconds }) => taiMinusUtcSeconds),
    String,
    f,
  )
  const nexts = supported(
    current.map(({ event }) => event),
    eventKey,
    f,
  )
  const events = nexts.filter((event) => event !== undefined)
  const offsetResolved = offsets.length === 1
  const eventResolved = events.length === 1 || (events.length === 0 && nexts.length === 1)
  return {
    taiMinusUtcSeconds: offsetResolved ? offsets[0] : carried.taiMinusUtcSeconds,
    event: eventResolved ? events[0] : carried.event,
    resolved: offsetResolved && eventResolved,
  }
}

function carriedTo(instant: TaiNs, { taiMinusUtcSeconds, event }: LeapKnowledge): LeapKnowledge {
  if (event === undefined || event.at > instant) return { taiMinusUtcSeconds, event }
  return { taiMinusUtcSeconds: event.taiMinusUtcSeconds, event: undefined }
}

/** The distinct values with at least f + 1 claims. */
function supported<T>(values: readonly T[], keyOf: (value: T) => string, f: number): readonly T[] {
  const groups = Map.groupBy(values, keyOf)
  return [...groups.values()].flatMap((group) => (group.length >= f + 1 ? group.slice(0, 1) : []))
}

function eventKey(event: LeapEvent | undefined): string {
  return event === undefined ? 'none' : `${event.at} ${event.taiMinusUtcSeconds}`
}
