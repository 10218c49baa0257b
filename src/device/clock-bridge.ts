import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { abs, divCeil, divFloor, max } from '../core/integer.ts'
import {
  around,
  clamp,
  contains,
  errorBound,
  hull,
  type Interval,
  intersect,
  interval,
  widen,
} from '../core/interval.ts'
import { between, type MonoNs, monoNs, type PhcNs, type RealtimeNs } from '../core/time.ts'
import type { ClockPair } from '../linux/clock.ts'

/** A local instant that was computed: the truth is within `uncertaintyNs` of `monoNs`. */
interface MonoStamp {
  readonly monoNs: MonoNs
  readonly uncertaintyNs: bigint
}

/** A clock that stamps are taken on. */
type StampClock = RealtimeNs | PhcNs

/**
 * Brings stamps that others took on CLOCK_REALTIME, or a card on its hardware clock, over to the local oscillator, by pairs of readings taken before and
 * after them. Whoever holds the bridge calls `refresh` every 100 ms or more often; the ring then reaches some 5 s back or more.
 */
export interface ClockBridge<Scale extends StampClock = RealtimeNs> {
  /** Reads one more pair. */
  refresh(): void
  /**
   * The instant at which the clock showed `stamp`, which must be younger than the ring; a fresh pair is read
   * to have one after it. The uncertainty holds for a clock whose rate changes at most once between two pairs. Faults:
   * `clock.stamp-too-new` (it is in the future: ask again later), `clock.stamp-too-old` (the ring has forgotten),
   * `clock.realtime-stepped` or `clock.phc-stepped` (the clock was set around that time, so it showed the stamp never, or more than once).
   */
  toMono(stamp: Scale): Result<MonoStamp>
  /** The same with the pairs that there are: for whoever has refreshed since the stamp was taken, and has many of them. */
  place(stamp: Scale): Result<MonoStamp>
}

/** More than a slewed clock does (the kernel stops at 500 ppm): between two pairs the clock was set. */
const SLEW_PPM_MAX = 1_000n

const PAIRS_MAX = 256

/** A shorter segment is drawn out to the next pair, so that a burst of stamps does not make the ring forget. */
const SEGMENT_NS_MIN = 10_000_000n

/** Inside, what the clock showed is a count of nanoseconds whatever its scale. */
type AnyPair = ClockPair<StampClock>

/** The time between two pairs, and how the offset realtime − mono went from one to the other. */
interface Segment {
  readonly from: AnyPair
  readonly to: AnyPair
  /** Where the instants of the segment lie, ends included with their brackets. */
  readonly span: Interval
  readonly elapsedNs: bigint
  /** By how much the offset changed, and how wrong the brackets at the two ends may make that. */
  readonly changeNs: bigint
  readonly changeErrorNs: bigint
  /** The change is more than a slew explains: the clock was set at an unknown instant of the segment. */
  readonly stepped: boolean
  /** How far the offset may have been from the straight line between the ends, brackets included. */
  readonly deviationNs: bigint
  /** Without a step, it showed no time outside of this: it spares most segments the arithmetic. */
  readonly shown: Interval
}

export function createClockBridge<Scale extends StampClock = RealtimeNs>(
  readPair: () => ClockPair<Scale>,
  pairsMax = PAIRS_MAX,
  clock: 'realtime' | 'phc' = 'realtime',
): ClockBridge<Scale> {
  assert(pairsMax >= 2, `a bridge needs at least two pairs, got ${pairsMax}`)
  let newest: AnyPair = readPair()
  const segments: Segment[] = []
  // Steps are rare, and looked for with every stamp.
  let steps = 0
  const refresh = (): void => {
    const pair = readPair()
    const elapsedNs = between(newest.monoNs, pair.monoNs)
    assert(elapsedNs >= 0n, `the raw clock went back by ${-elapsedNs} ns`)
    // Brackets as wide as the time between two pairs say nothing about how the clock ran in it.
    if (elapsedNs <= 4n * (halfBracket(newest) + halfBracket(pair))) return
    const extended = extend(segments, pair)
    if (extended !== undefined) segments.pop()
    const segment = extended ?? createSegment(newest, pair, segments.at(-1))
    segments.push(segment)
    if (segment.stepped) steps += 1
    if (segments.length >= pairsMax && segments.shift()?.stepped === true) steps -= 1
    newest = pair
  }
  const lastStep = (): number => (steps === 0 ? -1 : segments.findLastIndex((each) => each.stepped))
  return {
    refresh,
    toMono: (stamp) => {
      refresh()
      return convert(segments, lastStep(), newest, stamp, clock)
    },
    place: (stamp) => convert(segments, lastStep(), newest, stamp, clock),
  }
}

function halfBracket(pair: AnyPair): bigint {
  return divCeil(pair.bracketNs, 2n)
}

/**
 * The last segment drawn out to `pair`, if it is short and both are free of steps. Brackets say too little of the rate
 * in a short segment for it to be held against the next.
 */
function extend(segments: readonly Segment[], pair: AnyPair): Segment | undefined {
  const last = segments.at(-1)
  if (last === undefined || last.stepped || last.elapsedNs >= SEGMENT_NS_MIN) return undefined
  const extended = createSegment(last.from, pair, segments.at(-2))
  return extended.stepped ? undefined : extended
}

function createSegment(from: AnyPair, to: AnyPair, previous: Segment | undefined): Segment {
  const elapsedNs = between(from.monoNs, to.monoNs)
  const changeNs = between(from.shownNs, to.shownNs) - elapsedNs
  const changeErrorNs = halfBracket(from) + halfBracket(to)
  const course = { elapsedNs, changeNs, changeErrorNs }
  const deviationNs = max(halfBracket(from), halfBracket(to)) + bendNs(course, previous)
  const [earlier, later] = from.shownNs < to.shownNs ? [from, to] : [to, from]
  return {
    ...course,
    from,
    to,
    span: interval(from.monoNs - halfBracket(from), to.monoNs + halfBracket(to)),
    stepped: abs(changeNs) > slewNs(elapsedNs) + changeErrorNs,
    deviationNs,
    shown: widen(interval(earlier.shownNs, later.shownNs), 4n * deviationNs),
  }
}

/**
 * How far the course of the offset can bend away from a straight line. Had the rate of the segment before gone on, the
 * offset would have changed by another amount; the difference is what the rate did in this segment, all of it counted as
 * if at the worst instant. Without such a segment any slew may have come and gone.
 */
function bendNs(
  course: Pick<Segment, 'elapsedNs' | 'changeNs' | 'changeErrorNs'>,
  previous: Segment | undefined,
): bigint {
  if (previous === undefined || previous.stepped) return slewNs(course.elapsedNs)
  const carriedOnNs = divFloor(previous.changeNs * course.elapsedNs, previous.elapsedNs)
  const carriedErrorNs = divCeil(previous.changeErrorNs * course.elapsedNs, previous.elapsedNs)
  return abs(course.changeNs - carriedOnNs) + course.changeErrorNs + carriedErrorNs + 1n
}

function slewNs(elapsedNs: bigint): bigint {
  return divCeil(elapsedNs * SLEW_PPM_MAX, 1_000_000n)
}

/** `lastStep`: the index of the newest segment with a step, −1 without one. */
function convert(
  segments: readonly Segment[],
  lastStep: number,
  newest: AnyPair,
  stamp: StampClock,
  clock: 'realtime' | 'phc',
): Result<MonoStamp> {
  const oldest = segments[0]?.from ?? newest
  if (stamp > newest.shownNs) return tooNew(stamp, between(newest.shownNs, stamp), clock)
  // With a step in the ring a time before its oldest pair may be that of a stamp after the step as well.
  if (stamp < oldest.shownNs)
    return lastStep >= 0 ? stepped(stamp, clock) : tooOld(stamp, between(stamp, oldest.shownNs), clock)
  let where: Interval | undefined
  let best: { readonly fromNs: bigint; readonly point: bigint } | undefined
  for (let index = segments.length - 1; index >= 0; index--) {
    const each = segments[index]
    assert(each !== undefined, 'a segment in the ring')
    // Without a step the clock only goes on: whatever is older than this showed less.
    if (lastStep < 0 && each.shown.hi < stamp) break
    const instants = each.stepped ? aroundStep(each, stamp) : alongLine(each, stamp)
    if (instants === undefined) continue
    // An instant before a step cannot be told from one after it that shows the same time, so neither is believed.
    if (index <= lastStep) return stepped(stamp, clock)
    where = where === undefined ? instants : hull(where, instants)
    if (best === undefined || best.fromNs > stamp) best = { fromNs: each.from.shownNs, point: onLine(each, stamp) }
  }
  if (where === undefined || best === undefined) return stepped(stamp, clock)
  // The line is a better guess than the middle of what is possible, which the ends of the segment cut to one side.
  const point = clamp(best.point, where)
  return ok({ monoNs: monoNs(point), uncertaintyNs: errorBound(point, where) })
}

/** Where the stamp is if the rate was steady from one pair to the next. */
function onLine({ from, to, elapsedNs }: Segment, stamp: StampClock): bigint {
  const shownNs = between(from.shownNs, to.shownNs)
  return from.monoNs + divFloor(between(from.shownNs, stamp) * elapsedNs, shownNs)
}

/** Where in a segment without a step the clock can have shown `stamp`, if anywhere. */
function alongLine(segment: Segment, stamp: StampClock): Interval | undefined {
  if (!contains(segment.shown, stamp)) return undefined
  return intersect(around(onLine(segment, stamp), segment.deviationNs + 1n), segment.span)
}

/** The same for a segment with a step: until the step the offset was near that of one end, then near that of the other. */
function aroundStep({ from, to, span, elapsedNs }: Segment, stamp: StampClock): Interval | undefined {
  const near = (end: AnyPair): Interval | undefined => {
    const shownAt = end.monoNs + between(end.shownNs, stamp)
    return intersect(around(shownAt, slewNs(elapsedNs) + halfBracket(end)), span)
  }
  return near(from) ?? near(to)
}

function tooNew(stamp: StampClock, aheadNs: bigint, clock: string): Result<never> {
  return fail('clock.stamp-too-new', `${clock} stamp ${stamp}: expected one in the past, got one ${aheadNs} ns ahead`)
}

function tooOld(stamp: StampClock, lateNs: bigint, clock: string): Result<never> {
  return fail(
    'clock.stamp-too-old',
    `${clock} stamp ${stamp}: expected one as young as the pairs kept, got one ${lateNs} ns older`,
  )
}

function stepped(stamp: StampClock, clock: string): Result<never> {
  return fail(
    `clock.${clock}-stepped`,
    `${clock} stamp ${stamp}: expected a clock that only slews, got one that was set around that time`,
  )
}
