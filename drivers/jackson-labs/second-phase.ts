import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * When the second that the instrument tells turns into the next, on the local oscillator. The instrument answers at once
 * and tells the second that runs, so a question around the turn might get either. The turn is found by asking ten times a
 * second until the answer changes, and the time is then asked for half a second away from it: even if the instrument
 * turns its display up to four tenths of a second after its pulse, it then tells the second of the pulse before.
 */
export interface SecondPhase {
  turnAt: MonoNs | undefined
  foundAt: MonoNs | undefined
  /** The search under way: what was said last, and when. */
  last: { readonly text: string; readonly at: MonoNs } | undefined
  searchSince: MonoNs | undefined
}

/** Between the two clocks 100 ppm come to 60 ms in that time. */
const FOUND_FOR_NS = 600n * NS_PER_SECOND
const SEARCH_PERIOD_NS = 100n * NS_PER_MILLISECOND
/** Two answers farther apart than that do not tell when it was between them. */
const APART_NS_MAX = 250n * NS_PER_MILLISECOND
/** A display that has not turned for so long stands still: ask for it less. */
const STANDS_STILL_NS = 3n * NS_PER_SECOND
const SLOW_SEARCH_PERIOD_NS = NS_PER_SECOND

/** Where in the second, from the turn on, a time may be asked for and be answered. */
export const WINDOW_NS = {
  from: 250n * NS_PER_MILLISECOND,
  asked: 700n * NS_PER_MILLISECOND,
  to: 850n * NS_PER_MILLISECOND,
}
const ASKS_AT_NS = 500n * NS_PER_MILLISECOND

export function createSecondPhase(): SecondPhase {
  return { turnAt: undefined, foundAt: undefined, last: undefined, searchSince: undefined }
}

export function isFound({ foundAt }: SecondPhase, now: MonoNs): boolean {
  return foundAt !== undefined && between(foundAt, now) < FOUND_FOR_NS
}

/** Takes an answer of the search; `at`: when its first byte came. */
export function noteSearch(phase: SecondPhase, text: string, at: MonoNs): void {
  const { last } = phase
  phase.searchSince ??= at
  phase.last = { text, at }
  if (last === undefined || last.text === text || between(last.at, at) > APART_NS_MAX) return
  phase.turnAt = plus(last.at, between(last.at, at) / 2n)
  phase.foundAt = at
  phase.last = undefined
  phase.searchSince = undefined
}

export function standsStill({ searchSince }: SecondPhase, now: MonoNs): boolean {
  return searchSince !== undefined && between(searchSince, now) >= STANDS_STILL_NS
}

/** When the search goes on after an answer. */
export function searchPeriodNs(phase: SecondPhase, now: MonoNs): bigint {
  return standsStill(phase, now) ? SLOW_SEARCH_PERIOD_NS : SEARCH_PERIOD_NS
}

/** Forgets what was found: the instrument or its line is another. */
export function restartPhase(phase: SecondPhase): void {
  Object.assign(phase, createSecondPhase())
}

/** How far `at` is into the displayed second; undefined while that is not known. */
export function intoSecondNs({ turnAt }: SecondPhase, at: MonoNs): bigint | undefined {
  if (turnAt === undefined) return undefined
  const into = between(turnAt, at) % NS_PER_SECOND
  return into < 0n ? into + NS_PER_SECOND : into
}

/** The next instant after `now` at which the time is to be asked for. */
export function nextAskAt(phase: SecondPhase, now: MonoNs): MonoNs | undefined {
  const into = intoSecondNs(phase, now)
  if (into === undefined) return undefined
  return plus(now, into < ASKS_AT_NS ? ASKS_AT_NS - into : ASKS_AT_NS - into + NS_PER_SECOND)
}
