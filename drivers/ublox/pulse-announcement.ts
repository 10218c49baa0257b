import type { LeapTable } from '../../src/core/leap.ts'
import { NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { ROLLOVER_WEEKS } from '../gnss/week-rollover.ts'
import { gpsToTai, isUtcCount, secondOf } from './epoch.ts'
import type { TimePulse } from './time-messages.ts'

/** What a TIM-TP says about the pulse that comes next, in the terms of the navigation epochs before it. */
export type Announcement =
  /** It counts in a time whose seconds are not known here, or between seconds: it numbers nothing. */
  | { readonly kind: 'unreadable' }
  /** No epoch to compare it with, or none of the pulses that may come next. */
  | { readonly kind: 'contradiction'; readonly counted: string }
  | { readonly kind: 'pulse'; readonly second: TaiNs }

/** `timeRefGnss` of a time base that is not UTC. */
const REFERENCE_GPS = 0
const SUB_MS_UNITS = 2 ** 32
/** The edge of a pulse per second lies on the second; a pulse of another rate is announced between seconds. */
const GRID_MS = 50

/**
 * Finds the pulse that `pulse` announces among the `candidates`, seconds of TAI. The count of UTC needs the leap seconds,
 * and says at most whether a candidate is right; GPS time names its second by itself. `before`: the pulse announced last.
 */
export function announcedPulse(
  pulse: TimePulse,
  rollovers: number,
  candidates: readonly TaiNs[],
  before: TaiNs | undefined,
  table: LeapTable,
): Announcement {
  const towMs = pulse.towMs + pulse.towSubMs / SUB_MS_UNITS
  const second = Math.round(towMs / 1000)
  if (Math.abs(towMs - 1000 * second) > GRID_MS) return { kind: 'unreadable' }
  if (pulse.timeBase === 'gnss' && pulse.reference !== REFERENCE_GPS) return { kind: 'unreadable' }
  const week = pulse.week + ROLLOVER_WEEKS * rollovers
  const isRight = (candidate: TaiNs): boolean =>
    pulse.timeBase === 'utc'
      ? isUtcCount(table, candidate, week, 1000 * second)
      : secondOf(gpsToTai(week, 1000 * second, 0)) === candidate
  const found = candidates.filter(isRight)
  const next = before === undefined ? undefined : plus(before, NS_PER_SECOND)
  // An inserted second shares its number with its neighbour: only the pulse before tells which of the two is meant.
  const [only, other] = found
  const meant = other === undefined ? only : found.find((candidate) => candidate === next)
  if (meant !== undefined) return { kind: 'pulse', second: meant }
  return { kind: 'contradiction', counted: `week ${pulse.week} second ${second} of ${pulse.timeBase.toUpperCase()}` }
}

/**
 * An announcement comes after the epoch's own messages or before them, always between two pulses: seen from the last
 * epoch, it is of the next pulse or of the one after.
 */
export function candidatesAfter(epoch: TaiNs): readonly TaiNs[] {
  return [plus(epoch, NS_PER_SECOND), plus(epoch, 2n * NS_PER_SECOND)]
}
