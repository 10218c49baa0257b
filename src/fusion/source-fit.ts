import { assert } from '../core/assert.ts'
import { abs } from '../core/integer.ts'
import type { TimeSample } from '../core/sample.ts'
import { between, type MonoNs, plus, type TaiNs } from '../core/time.ts'
import { fitLine, type Line, median, type Point, valueAt } from './robust-line.ts'

/**
 * The line of one source through the readings of its window, and what may be promised of it. Every reading that is
 * right puts TAI within its residual, its precision and its accuracy of the line at its own instant; from there the
 * promise is carried by the bound on the rate.
 */
export interface SourceFit {
  readonly newest: TimeSample
  readonly oldest: TimeSample
  readonly count: number
  /** Against `newest`. */
  readonly line: Line
  /** What predictions follow: that line, or the one of the newest readings where it bends away from it. */
  readonly course: Line
  /** Whether the line follows the readings, wrong ones discarded; else its slope is none and everything is covered. */
  readonly settled: boolean
  /** The farthest that a reading lies from the line, its precision included. */
  readonly residualNs: number
  /** How far the rate of TAI may be from the slope of the line, now and until the next reading. */
  readonly ratePpbMax: number
  /** One of the readings since then is taken to be right. */
  readonly carriedFrom: MonoNs
  /** The worst of the readings since `carriedFrom`. */
  readonly accuracyNs: bigint
}

interface FitLimits {
  readonly oscillatorPpbMax: number
  readonly wanderPpb: number
}

/** With this many readings, wrong ones are a minority that shows. */
export const SETTLING_COUNT = 6
/** A settled line stays settled down to this many, so that discarding a wrong reading does not undo it. */
const SETTLED_COUNT_MIN = 4
/** A settled line believes that of this many of its newest readings at least one is right. */
const TRUSTED_COUNT = 2
/** Wrong readings hide behind each other: discarding the farthest shows the next. */
const DISCARD_ROUNDS = 3
/** Median absolute deviation to standard deviation of normal noise, times five. */
const DEVIATIONS = 5 * 1.4826
/** So many of the newest readings have a line of their own, whose end is known to half of their scatter. */
const NEWEST_COUNT = 16
const NEWEST_DEVIATIONS = 3
/** Readings and predictions are whole nanoseconds. */
const ROUNDING_NS = 2

/** Fits the samples, oldest first, at least one. `kept` are those that the line stands on. */
export function fitSource(
  samples: readonly TimeSample[],
  wasSettled: boolean,
  limits: FitLimits,
): { readonly fit: SourceFit; readonly kept: readonly TimeSample[] } {
  const settled = samples.length >= (wasSettled ? SETTLED_COUNT_MIN : SETTLING_COUNT)
  const slopePpbMax = settled ? limits.oscillatorPpbMax : 0
  let drawn = draw(samples, slopePpbMax)
  for (let round = 0; settled && round < DISCARD_ROUNDS; round++) {
    const better = withoutWrong(drawn)
    if (better.length === drawn.samples.length || better.length < SETTLED_COUNT_MIN) break
    drawn = draw(better, slopePpbMax)
  }
  return { fit: describe(drawn, settled, limits), kept: drawn.samples }
}

/** Readings with the line through them: it takes long to draw, so each is drawn once. */
interface Drawn {
  readonly samples: readonly TimeSample[]
  readonly points: readonly Point[]
  readonly line: Line
}

function draw(samples: readonly TimeSample[], slopePpbMax: number): Drawn {
  const points = pointsOf(samples)
  return { samples, points, line: fitLine(points, slopePpbMax) }
}

/** What the readings say of TAI at `now`, rounded to a whole nanosecond. */
export function predict(fit: SourceFit, now: MonoNs): TaiNs {
  const sinceNs = between(fit.newest.monoNs, now)
  return plus(fit.newest.taiNs, sinceNs + BigInt(Math.round(valueAt(fit.course, Number(sinceNs) / 1e9))))
}

/**
 * How far the source may be from `predict`, but for its accuracy; rounded up. The promise is that of the line; what the
 * prediction leaves it by comes on top.
 */
export function spreadNs(fit: SourceFit, now: MonoNs): bigint {
  const carriedS = Number(abs(between(fit.carriedFrom, now))) / 1e9
  const sinceS = Number(between(fit.newest.monoNs, now)) / 1e9
  const besideNs = Math.abs(valueAt(fit.course, sinceS) - valueAt(fit.line, sinceS))
  return BigInt(Math.ceil(fit.residualNs + fit.ratePpbMax * carriedS + besideNs + ROUNDING_NS))
}

function withoutWrong({ samples, points, line }: Drawn): readonly TimeSample[] {
  const distances = distancesFrom(line, points)
  const precisions = samples.map(({ precisionNs }) => Number(precisionNs))
  const gateNs = 4 * median(precisions) + DEVIATIONS * median(distances) + ROUNDING_NS
  // A reading with a poor precision of its own goes too: it would widen the promise for as long as it is in the window.
  return samples.filter((_, index) => (distances[index] ?? 0) + (precisions[index] ?? 0) <= gateNs)
}

function describe({ samples, points, line }: Drawn, settled: boolean, limits: FitLimits): SourceFit {
  const { oldest, newest } = ends(samples)
  const residualNs = distancesFrom(line, points).reduce(
    (worst, distanceNs, index) => Math.max(worst, distanceNs + Number(samples[index]?.precisionNs)),
    0,
  )
  const trusted = settled ? samples.slice(-TRUSTED_COUNT) : samples
  const unlearntPpb = limits.oscillatorPpbMax + Math.abs(line.slopePpb)
  const baselineS = Number(between(oldest.monoNs, newest.monoNs)) / 1e9
  const learntPpb = (2 * (residualNs + ROUNDING_NS)) / baselineS + limits.wanderPpb
  return {
    newest,
    oldest,
    count: samples.length,
    line,
    course: settled ? courseOf(points, line, limits) : line,
    settled,
    residualNs,
    ratePpbMax: settled ? Math.min(learntPpb, unlearntPpb) : unlearntPpb,
    carriedFrom: (trusted[0] ?? newest).monoNs,
    accuracyNs: trusted.reduce((worst, { accuracyNs }) => (accuracyNs > worst ? accuracyNs : worst), 0n),
  }
}

/**
 * The warmth of a room bends the course of a crystal within the window of a line: by a microsecond, where pulses are good
 * to tens of nanoseconds. Where the newest readings say, by more than their own scatter, that the line has left them,
 * their own line is the better guess.
 */
function courseOf(points: readonly Point[], line: Line, limits: FitLimits): Line {
  if (points.length < 2 * NEWEST_COUNT) return line
  const newest = points.slice(-NEWEST_COUNT)
  const course = fitLine(newest, limits.oscillatorPpbMax)
  const scatterNs = 1.4826 * median(distancesFrom(course, newest))
  return Math.abs(course.levelNs - line.levelNs) > NEWEST_DEVIATIONS * scatterNs + ROUNDING_NS ? course : line
}

function distancesFrom(line: Line, points: readonly Point[]): number[] {
  return points.map(({ atS, ns }) => Math.abs(ns - valueAt(line, atS)))
}

/** TAI − MonoNs against the newest sample: small enough for floating point. */
function pointsOf(samples: readonly TimeSample[]): Point[] {
  const { newest: anchor } = ends(samples)
  return samples.map(({ monoNs, taiNs }) => {
    const sinceNs = between(anchor.monoNs, monoNs)
    return { atS: Number(sinceNs) / 1e9, ns: Number(between(anchor.taiNs, taiNs) - sinceNs) }
  })
}

function ends(samples: readonly TimeSample[]): { readonly oldest: TimeSample; readonly newest: TimeSample } {
  const oldest = samples[0]
  const newest = samples.at(-1)
  assert(oldest !== undefined && newest !== undefined, 'a line needs at least one reading')
  return { oldest, newest }
}
