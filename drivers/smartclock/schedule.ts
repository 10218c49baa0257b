import { max, min } from '../../src/core/integer.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EssentialName } from './protocol.ts'
import { isScalar, SCALAR_NAMES, SCALARS, type ScalarName } from './scalars.ts'

/** `antennaDelaySet` and `command` are orders, not questions, and exist only where the configuration wants them. */
export type QueryName = EssentialName | ScalarName | 'logEntry' | 'antennaDelaySet' | 'command'

/**
 * Which question is due. The line carries one exchange at a time, so the questions that share an instant are asked in
 * the order of `ASKED_IN_ORDER`; the time code comes last because it holds the line until the unit's next tick. What is
 * not urgent comes after it, in the half second that it leaves free.
 */
export interface Schedule {
  /** When each is to be asked; those that are missing are not asked. */
  readonly dueAt: Map<QueryName, MonoNs>
  readonly askedAt: Map<QueryName, MonoNs>
  /** What the unit refuses to say in its present state: asked again when that has changed, and not before. */
  readonly refused: Set<QueryName>
  /** How often in a row the error queue was read without being empty afterwards. */
  errorReads: number
  readonly screenPeriodNs: bigint | undefined
  /** The line belongs to what is urgent until then. */
  unhurriedFrom: MonoNs
}

const ASKED_IN_ORDER: readonly QueryName[] = [
  'identity',
  'timeZone',
  'state',
  'error',
  'command',
  'timeInterval',
  'holdover',
  'tfom',
  'ffom',
  'leapSeconds',
  'timeCode',
]

/** What is not urgent: of these the longest overdue is asked. */
const UNHURRIED: readonly QueryName[] = ['antennaDelaySet', ...SCALAR_NAMES, 'logEntry', 'screen']
/** It takes at most a twentieth of the line's time, so that a line of 1200 baud still brings its time codes. */
const UNHURRIED_SHARE = 20n
const UNHURRIED_PAUSE_NS_MAX = 5n * NS_PER_SECOND

/** The time interval is a mean that changes every ten seconds; the figures of merit are in every time code too. */
const PERIOD_NS: Readonly<Partial<Record<QueryName, bigint>>> = {
  state: NS_PER_SECOND,
  timeInterval: 10n * NS_PER_SECOND,
  holdover: 10n * NS_PER_SECOND,
  tfom: 10n * NS_PER_SECOND,
  ffom: 10n * NS_PER_SECOND,
  leapSeconds: 60n * NS_PER_SECOND,
}
const UNTIL_IT_ANSWERS_NS = NS_PER_SECOND
/** Every refusal puts an entry into the unit's error queue, which holds thirty. */
const AFTER_REFUSAL_NS = 10n * NS_PER_SECOND
/** SCPI-99: the firmware does not know the header, and will not as long as it runs. */
const UNDEFINED_HEADER = -113

/** Asked when something else says so. */
const NOT_AT_FIRST: readonly QueryName[] = ['holdoverPresentNs', 'leapDate', 'leapMinuteSeconds']
/** What a change of state makes another. */
const CHANGES_WITH_STATE: readonly QueryName[] = [
  'timeInterval',
  'holdover',
  'tfom',
  'ffom',
  'gpsPulseValid',
  'satellitesTracked',
  'operationCondition',
  'holdoverCondition',
  'holdoverWaitsFor',
]

/** Half a second away from the tick with which the time codes come, so that question and tick never race. */
const TIME_CODE_AFTER_TICK_NS = 500n * NS_PER_MILLISECOND
/** At most once a second; the slack is for the jitter of the tick as it is seen from here. */
const TIME_CODE_PERIOD_NS_MIN = 900n * NS_PER_MILLISECOND

/** The first screen, which costs two or three time codes, comes when the unit has shown that it tells the time. */
const FIRST_SCREEN_AFTER_NS = 70n * NS_PER_SECOND

/** Reads of the error queue: eight a second leave the line free, and a queue of thirty is empty after four. */
const ERROR_READ_PERIOD_NS = 125n * NS_PER_MILLISECOND
const ERROR_READS_MAX = 64
const AFTER_ERROR_READS_NS = 60n * NS_PER_SECOND

/** Everything that is asked of a unit of the family, from `now` on. No period of the screen: it is never asked for. */
export function createSchedule(now: MonoNs, screenPeriodNs: bigint | undefined): Schedule {
  const essentials: readonly QueryName[] = [
    'timeZone',
    'state',
    'timeInterval',
    'holdover',
    'tfom',
    'ffom',
    'leapSeconds',
    'timeCode',
  ]
  const dueAt = new Map<QueryName, MonoNs>(essentials.map((name) => [name, now]))
  const others = SCALAR_NAMES.filter((name) => !NOT_AT_FIRST.includes(name))
  for (const name of others) dueAt.set(name, now)
  if (screenPeriodNs !== undefined) dueAt.set('screen', plus(now, FIRST_SCREEN_AFTER_NS))
  return { dueAt, askedAt: new Map(), refused: new Set(), errorReads: 0, screenPeriodNs, unhurriedFrom: now }
}

export function nextQuery(schedule: Schedule, now: MonoNs): QueryName | undefined {
  const { dueAt, unhurriedFrom } = schedule
  const urgent = ASKED_IN_ORDER.find((name) => (dueAt.get(name) ?? plus(now, 1n)) <= now)
  if (urgent !== undefined || unhurriedFrom > now) return urgent
  let longest: { readonly name: QueryName; readonly at: MonoNs } | undefined
  for (const name of UNHURRIED) {
    const at = dueAt.get(name)
    if (at !== undefined && at <= now && (longest === undefined || at < longest.at)) longest = { name, at }
  }
  return longest?.name
}

export function nextDueAt({ dueAt, unhurriedFrom }: Schedule): MonoNs | undefined {
  let first: MonoNs | undefined
  for (const [name, at] of dueAt) {
    const asksAt = UNHURRIED.includes(name) ? max(at, unhurriedFrom) : at
    if (first === undefined || asksAt < first) first = asksAt
  }
  return first
}

/** The question is on its way; without a word from the others below it is repeated after its period. */
export function noteAsked(schedule: Schedule, name: QueryName, now: MonoNs): void {
  schedule.askedAt.set(name, now)
  const periodNs = isScalar(name) ? SCALARS[name].periodSeconds * NS_PER_SECOND : PERIOD_NS[name]
  if (name === 'logEntry' || name === 'antennaDelaySet' || name === 'command') schedule.dueAt.delete(name)
  else if (name === 'screen') schedule.dueAt.set(name, plus(now, schedule.screenPeriodNs ?? AFTER_ERROR_READS_NS))
  else schedule.dueAt.set(name, plus(now, periodNs ?? UNTIL_IT_ANSWERS_NS))
}

/** Asked again and again while it cannot be measured, the time interval alone would overflow the error queue. */
export function noteRefused(schedule: Schedule, name: QueryName, errorCode: number, now: MonoNs): void {
  if (isScalar(name) || name === 'timeInterval' || name === 'logEntry' || name === 'screen') {
    schedule.dueAt.delete(name)
    if (errorCode !== UNDEFINED_HEADER) schedule.refused.add(name)
  } else if (name !== 'antennaDelaySet' && name !== 'command') {
    schedule.dueAt.set(name, plus(now, AFTER_REFUSAL_NS))
  }
}

/** The unit has changed its state, and with it perhaps what it is willing to say. */
export function noteStateChange(schedule: Schedule, isHolding: boolean, now: MonoNs): void {
  const { dueAt, refused } = schedule
  for (const name of refused) dueAt.set(name, now)
  refused.clear()
  for (const name of CHANGES_WITH_STATE) if (dueAt.has(name)) dueAt.set(name, now)
  if (isHolding) dueAt.set('holdoverPresentNs', now)
  else dueAt.delete('holdoverPresentNs')
}

/** When and how the pending leap second comes is asked while one is pending. */
export function noteLeapPending(schedule: Schedule, isPending: boolean, now: MonoNs): void {
  for (const name of ['leapDate', 'leapMinuteSeconds'] as const) {
    if (!isPending) schedule.dueAt.delete(name)
    else if (!schedule.dueAt.has(name) && !schedule.refused.has(name)) schedule.dueAt.set(name, now)
  }
}

/** `tickAt`: when the first byte of the time code came. */
export function noteTimeCode(schedule: Schedule, tickAt: MonoNs): void {
  const earliest = plus(schedule.askedAt.get('timeCode') ?? tickAt, TIME_CODE_PERIOD_NS_MIN)
  let dueAt = plus(tickAt, TIME_CODE_AFTER_TICK_NS)
  while (dueAt < earliest) dueAt = plus(dueAt, NS_PER_SECOND)
  schedule.dueAt.set('timeCode', dueAt)
}

/** The reply is complete. Reads the error queue until the prompt shows that it is empty, or for a minute no more if it never is. */
export function notePrompt(schedule: Schedule, name: QueryName, errorCode: number, now: MonoNs): void {
  const askedAt = schedule.askedAt.get(name)
  if (UNHURRIED.includes(name) && askedAt !== undefined) {
    schedule.unhurriedFrom = plus(now, min(between(askedAt, now) * UNHURRIED_SHARE, UNHURRIED_PAUSE_NS_MAX))
  }
  if (errorCode === 0) {
    schedule.dueAt.delete('error')
    schedule.errorReads = 0
  } else if (name === 'error' && schedule.errorReads >= ERROR_READS_MAX) {
    schedule.errorReads = 0
    schedule.dueAt.set('error', plus(now, AFTER_ERROR_READS_NS))
  } else if (name === 'error' || !schedule.dueAt.has('error')) {
    schedule.errorReads += 1
    const readAt = schedule.askedAt.get('error')
    schedule.dueAt.set('error', readAt === undefined ? now : plus(readAt, ERROR_READ_PERIOD_NS))
  }
}
