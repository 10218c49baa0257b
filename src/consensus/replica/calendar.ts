import { type MonoNs, monoNs, plus } from '../../core/time.ts'
import type { Membership } from '../membership.ts'
import type { Context } from './context.ts'
import { epochAt, epochMarkTai, markAt, monoAt } from './epoch-schedule.ts'
import type { EpochClock } from './types.ts'

/**
 * What `epoch-schedule.ts` says, under one reading of the served clock: for a replica that asks at every step. Nearly all
 * questions are about the epoch of the question before, whose instants are remembered.
 */
export interface Calendar {
  readonly clock: EpochClock
  epochAt(now: MonoNs): number
  targetEpoch(parentEpoch: number, now: MonoNs): number
  /** Whether the middle of the epoch that `now` lies in has passed. */
  isPastMiddle(now: MonoNs): boolean
  markAt(epoch: number): MonoNs
}

/** An epoch by the instants at which something of it changes; each is the first at which the clock shows enough. */
interface Page {
  readonly epoch: number
  /** Nothing for epoch 0, which has no beginning. */
  readonly from: MonoNs
  readonly until: MonoNs
  readonly pastMiddleFrom: MonoNs
  readonly staleFrom: MonoNs
}

const ALWAYS = monoNs(-(1n << 80n))

export function createCalendar(membership: Membership, clock: EpochClock): Calendar {
  let open: Page | undefined
  // A view is often entered in one epoch and led in the next: both are asked about.
  let before: Page | undefined
  const pageOf = (now: MonoNs): Page => {
    if (open !== undefined && isOn(open, now)) return open
    const page = before !== undefined && isOn(before, now) ? before : readPage(membership, clock, now)
    before = open
    open = page
    return page
  }
  return {
    clock,
    epochAt: (now) => pageOf(now).epoch,
    targetEpoch: (parentEpoch, now) => {
      const { epoch, staleFrom } = pageOf(now)
      return Math.max(parentEpoch + 1, now < staleFrom ? epoch : epoch + 1)
    },
    isPastMiddle: (now) => now >= pageOf(now).pastMiddleFrom,
    markAt: (epoch) => {
      if (open !== undefined && epoch === open.epoch + 1) return open.until
      if (open !== undefined && epoch === open.epoch && epoch > 0) return open.from
      return markAt(membership, clock, epoch)
    },
  }
}

function isOn({ from, until }: Page, now: MonoNs): boolean {
  return from <= now && now < until
}

function readPage(membership: Membership, clock: EpochClock, now: MonoNs): Page {
  const epoch = epochAt(membership, clock, now)
  const period = membership.epochPeriodNs
  const mark = epochMarkTai(membership, epoch)
  return {
    epoch,
    from: epoch === 0 ? ALWAYS : monoAt(clock, mark),
    until: monoAt(clock, plus(mark, period)),
    pastMiddleFrom: monoAt(clock, plus(mark, period / 2n + 1n)),
    staleFrom: monoAt(clock, plus(mark, (period * 7n) / 10n + 1n)),
  }
}

/** The calendar of the clock that this member has; undefined without one. */
export function calendarOf(context: Context): Calendar | undefined {
  const { clock, config } = context
  if (clock === undefined) return undefined
  if (context.calendar?.clock !== clock) context.calendar = createCalendar(config.membership, clock)
  return context.calendar
}
