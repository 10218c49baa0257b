import { type Fault, fail, ok, type Result } from '../../src/core/fault.ts'
import { type LeapTable, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { civilOf } from './modified-julian-date.ts'
import { isInside, narrow, nextAskAt, type Tick } from './tick.ts'

/**
 * The unit's own time of day, which an operator once set: read in two questions, for the time and for the date, between
 * which midnight may pass, and of which neither says to which pulse it belongs. Here the two become labels.
 */
export interface UnitClock {
  /** What a time says, with the date that is known: undefined while none is. */
  time(answer: TimeOfDay): { readonly label: UnitLabel | undefined; readonly faults: readonly Fault[] }
  /** A date; it counts once a time after it shows that no midnight lay between. */
  date(mjd: number): void
  /** When to ask for the time next. */
  nextTimeAt(): MonoNs
  /** Whether it was seen to be moved: what was set once is no longer what it tells. */
  wasMoved(): boolean
}

export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly askedAt: MonoNs
  readonly firstByteAt: MonoNs
}

export interface UnitLabel {
  readonly taiNs: TaiNs
  readonly mjd: number
  /** Whether it is beyond doubt which pulse it names: the one before its first byte. */
  readonly isCertain: boolean
}

/** Often enough to number pulses, and far from the pace at which it would hold up everything else. */
const TIME_PERIOD_NS = 1_500n * NS_PER_MILLISECOND
/** While it is not known where the seconds begin. */
const SEARCH_PERIOD_NS = 800n * NS_PER_MILLISECOND
/** So many answers in a row that do not go on from those before: somebody moved the clock. */
const MOVED_COUNT = 3
/** A date is good for a time that comes so soon after it. */
const DATE_GOOD_NS = 30n * NS_PER_SECOND
const HALF_A_DAY_SECONDS = 43_200

interface State {
  readonly table: LeapTable
  mjd: number | undefined
  last: { readonly secondOfDay: number; readonly at: MonoNs } | undefined
  pending: { readonly mjd: number; readonly after: number; readonly at: MonoNs } | undefined
  tick: Tick | undefined
  dissent: number
  otherDates: number
  moved: boolean
}

export function createUnitClock(table: LeapTable): UnitClock {
  const state: State = {
    table,
    mjd: undefined,
    last: undefined,
    pending: undefined,
    tick: undefined,
    dissent: 0,
    otherDates: 0,
    moved: false,
  }
  return {
    time: (answer) => takeTime(state, answer),
    date(mjd) {
      if (state.last !== undefined) state.pending = { mjd, after: state.last.secondOfDay, at: state.last.at }
    },
    nextTimeAt() {
      const { tick, last } = state
      if (last === undefined) return 0n as MonoNs
      if (tick === undefined) return plus(last.at, SEARCH_PERIOD_NS)
      const isWide = between(tick.lo, tick.hi) > TIME_PERIOD_NS / 5n
      return nextAskAt(tick, plus(last.at, isWide ? SEARCH_PERIOD_NS : TIME_PERIOD_NS))
    },
    wasMoved: () => state.moved,
  }
}

function takeTime(state: State, answer: TimeOfDay): ReturnType<UnitClock['time']> {
  const secondOfDay = answer.hour * 3600 + answer.minute * 60 + answer.second
  const faults = settleDate(state, secondOfDay, answer)
  const { last, mjd } = state
  const passedMidnight = last !== undefined && secondOfDay < last.secondOfDay - HALF_A_DAY_SECONDS
  state.last = { secondOfDay, at: answer.firstByteAt }
  if (mjd === undefined) return { label: undefined, faults }
  const today = passedMidnight ? mjd + 1 : mjd
  const tai = taiOf(state.table, today, answer)
  if (!tai.ok) return { label: undefined, faults: [...faults, tai.fault] }
  const { askedAt, firstByteAt } = answer
  const said = { second: tai.value / NS_PER_SECOND, askedAt, firstByteAt }
  const tick = narrow(state.tick, said)
  if (tick === undefined) return { label: undefined, faults: [...faults, dissented(state, answer)] }
  state.mjd = today
  state.tick = tick
  state.dissent = 0
  return { label: { taiNs: tai.value, mjd: today, isCertain: isInside(tick, said) }, faults }
}

/** The date that was asked for between the time before and this one is that of both, unless midnight lies between. */
function settleDate(state: State, secondOfDay: number, { firstByteAt }: TimeOfDay): Fault[] {
  const { pending } = state
  state.pending = undefined
  if (pending === undefined || secondOfDay < pending.after || between(pending.at, firstByteAt) > DATE_GOOD_NS) return []
  if (state.mjd === undefined || state.mjd === pending.mjd) {
    state.mjd = pending.mjd
    state.otherDates = 0
    return []
  }
  state.otherDates += 1
  const { fault } = fail('hp5071a.date', `expected MJD ${state.mjd} by the time of day, got ${pending.mjd}`)
  if (state.otherDates >= MOVED_COUNT) forget(state)
  return [fault]
}

function dissented(state: State, { hour, minute, second }: TimeOfDay): Fault {
  state.dissent += 1
  if (state.dissent >= MOVED_COUNT) forget(state)
  const message = `expected a time that goes on from the one before, got ${hour}:${minute}:${second}`
  return fail('hp5071a.time-step', message).fault
}

function forget(state: State): void {
  state.moved = true
  state.mjd = undefined
  state.tick = undefined
  state.dissent = 0
  state.otherDates = 0
}

/** Faults: no such second by the leap table. */
function taiOf(table: LeapTable, mjd: number, { hour, minute, second }: TimeOfDay): Result<TaiNs> {
  const tai = utcToTai(table, { ...civilOf(mjd), hour, minute, second, nanosecond: 0 })
  return tai.ok ? ok(tai.value) : tai
}
