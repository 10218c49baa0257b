import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { QueryName } from './protocol.ts'

/**
 * Which question is due. The line carries one exchange at a time, so the questions that share an instant are asked in
 * the order of `ASKED_IN_ORDER`; the time code comes last because it holds the line until the unit's next tick.
 */
export interface Schedule {
  /** When each is to be asked; those that are missing are not asked. */
  readonly dueAt: Map<QueryName, MonoNs>
  readonly askedAt: Map<QueryName, MonoNs>
  /** How often in a row the error queue was read without being empty afterwards. */
  errorReads: number
}

const ASKED_IN_ORDER: readonly QueryName[] = [
  'identity',
  'timeZone',
  'state',
  'error',
  'timeInterval',
  'holdover',
  'tfom',
  'ffom',
  'leapSeconds',
  'timeCode',
]

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

/** Half a second away from the tick with which the time codes come, so that question and tick never race. */
const TIME_CODE_AFTER_TICK_NS = 500n * NS_PER_MILLISECOND
/** At most once a second; the slack is for the jitter of the tick as it is seen from here. */
const TIME_CODE_PERIOD_NS_MIN = 900n * NS_PER_MILLISECOND

/** Reads of the error queue: eight a second leave the line free, and a queue of thirty is empty after four. */
const ERROR_READ_PERIOD_NS = 125n * NS_PER_MILLISECOND
const ERROR_READS_MAX = 64
const AFTER_ERROR_READS_NS = 60n * NS_PER_SECOND

/** Everything that is asked of a unit of the family, from `now` on. */
export function createSchedule(now: MonoNs): Schedule {
  const names = ASKED_IN_ORDER.filter((name) => name !== 'identity' && name !== 'error')
  return { dueAt: new Map(names.map((name) => [name, now])), askedAt: new Map(), errorReads: 0 }
}

export function nextQuery(schedule: Schedule, now: MonoNs): QueryName | undefined {
  return ASKED_IN_ORDER.find((name) => {
    const dueAt = schedule.dueAt.get(name)
    return dueAt !== undefined && dueAt <= now
  })
}

export function nextDueAt(schedule: Schedule): MonoNs | undefined {
  let first: MonoNs | undefined
  for (const dueAt of schedule.dueAt.values()) if (first === undefined || dueAt < first) first = dueAt
  return first
}

/** The question is on its way; without a word from the others below it is repeated after its period. */
export function noteAsked(schedule: Schedule, name: QueryName, now: MonoNs): void {
  schedule.askedAt.set(name, now)
  schedule.dueAt.set(name, plus(now, PERIOD_NS[name] ?? UNTIL_IT_ANSWERS_NS))
}

export function noteRefused(schedule: Schedule, name: QueryName, now: MonoNs): void {
  // Asked again and again while it cannot be measured, the time interval alone would overflow the error queue.
  if (name === 'timeInterval') schedule.dueAt.delete(name)
  else schedule.dueAt.set(name, plus(now, AFTER_REFUSAL_NS))
}

/** The unit has changed its state, and with it perhaps what it is willing to say. */
export function noteStateChange(schedule: Schedule, now: MonoNs): void {
  for (const name of ['timeInterval', 'holdover', 'tfom', 'ffom'] as const) schedule.dueAt.set(name, now)
}

/** `tickAt`: when the first byte of the time code came. */
export function noteTimeCode(schedule: Schedule, tickAt: MonoNs): void {
  const earliest = plus(schedule.askedAt.get('timeCode') ?? tickAt, TIME_CODE_PERIOD_NS_MIN)
  let dueAt = plus(tickAt, TIME_CODE_AFTER_TICK_NS)
  while (dueAt < earliest) dueAt = plus(dueAt, NS_PER_SECOND)
  schedule.dueAt.set('timeCode', dueAt)
}

/** Reads the error queue until the prompt shows that it is empty, or for a minute no more if it never is. */
export function notePrompt(schedule: Schedule, name: QueryName, errorCode: number, now: MonoNs): void {
  if (errorCode === 0) {
    schedule.dueAt.delete('error')
    schedule.errorReads = 0
  } else if (name === 'error' && schedule.errorReads >= ERROR_READS_MAX) {
    schedule.errorReads = 0
    schedule.dueAt.set('error', plus(now, AFTER_ERROR_READS_NS))
  } else if (name === 'error' || !schedule.dueAt.has('error')) {
    schedule.errorReads += 1
    const askedAt = schedule.askedAt.get('error')
    schedule.dueAt.set('error', askedAt === undefined ? now : plus(askedAt, ERROR_READ_PERIOD_NS))
  }
}
