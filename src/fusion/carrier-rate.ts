import { divCeil, divFloor, max } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import { fitLine, type Line, median, valueAt } from './robust-line.ts'
import { UNLEARNT_PPB } from './source-class.ts'
import type { WarmPoint } from './temperature-fit.ts'
import { createTemperatureTrial, type Expectation, type TemperatureVerdict } from './temperature-trial.ts'
import type { Warmth } from './thermometer.ts'

/** What is known of the rate of TAI against a carrier, 1e-15: of its mean over `baselineNs`, up to `until`. */
export interface LearntRate {
  readonly rateE15: bigint
  /** What the reference may have moved meanwhile, rounded up. */
  readonly referenceE15: bigint
  /** How far the rate of the carrier was seen to stray from the mean, rounded up. */
  readonly wanderE15: bigint
  readonly baselineNs: bigint
  readonly until: MonoNs
}

/**
 * The rate of one carrier, learnt over hours while a trusted time stands beside it. Means of five minutes are kept, a day
 * of them; a robust line through them is its rate. What was learnt is forgotten when the carrier was interrupted, when it
 * was left alone for so long that nobody knows what it did, and when it leaves its line for good.
 */
export interface CarrierRate {
  /**
   * At local instant `at` the carrier said `carrierNs` and trusted time was `taiNs`, right within `referenceNs` whatever
   * is averaged. Instants ascend. `warmth`: what the thermometer beside it says at `at`.
   */
  learn(at: MonoNs, carrierNs: TaiNs, taiNs: TaiNs, referenceNs: bigint, warmth?: Warmth): void
  /** Undefined before half an hour of it, and again after it left its line. */
  read(): LearntRate | undefined
  /** What its temperature is worth. */
  temperature(): TemperatureVerdict
  forget(): void
}

/** Readings are averaged over so long … */
const MEAN_NS = 300n * NS_PER_SECOND
/** … and a mean needs so many of them, … */
const MEAN_COUNT_MIN = 30
/** … of which so many are kept: the rate of a day ago says enough about today's. */
const MEANS_MAX = 288
const MEANS_MIN = 6
const SLOPE_PPB_MAX = Number(UNLEARNT_PPB)
/** Longer than this without a trusted time, and the line is not continued. */
const ALONE_NS_MAX = 3n * 86_400n * NS_PER_SECOND
/** So many means in a row to one side of the line of those before are another rate, when they are farther from it than … */
const ASTRAY_COUNT = 3
/** … so many times what these typically are, so many of them, … */
const ASTRAY_FACTOR = 8
const NEIGHBOURS = 36
/** … than averaging leaves of the noise of ordinary pulses, ns, and than the class may stray meanwhile. */
const ASTRAY_NS_MIN = 50
/**
 * A rate that changes evenly hides in the distances from the line: at the end of it it is up to eight times the farthest,
 * over the baseline, from the mean (a parabola of height h over length T has a slope of 4h/T at its ends, and the line
 * that is nearest to it leaves distances of h/2).
 */
const HIDDEN = 8

interface Mean {
  readonly at: MonoNs
  /** TAI − carrier, against that of the first mean. */
  readonly ns: number
  readonly referenceNs: bigint
  readonly warmth: Pick<Warmth, 'run' | 'sumKs'> | undefined
}

interface Gathering {
  readonly from: MonoNs
  count: number
  sumNs: bigint
  sumAgeNs: bigint
  referenceNs: bigint
  warmthRun: number | undefined
  sumKs: number
}

/** `expectation`: by which of its rates it is carried on, with and without a thermometer. */
export function createCarrierRate(floorE15: bigint, expectation: Expectation = 'mean'): CarrierRate {
  // Oldest first.
  let means: readonly Mean[] = []
  let zeroNs = 0n
  let zeroAt: MonoNs | undefined
  const trial = createTemperatureTrial(expectation)
  let gathering: Gathering | undefined
  let learnt: LearntRate | undefined

  const forget = (): void => {
    means = []
    gathering = undefined
    learnt = undefined
    trial.forget()
  }
  const close = ({ from, count, sumNs, sumAgeNs, referenceNs, warmthRun, sumKs }: Gathering): void => {
    if (count < MEAN_COUNT_MIN) return
    if (means.length === 0) zeroNs = divFloor(sumNs, BigInt(count))
    if (means.length === 0) zeroAt = from
    const at = plus(from, divFloor(sumAgeNs, BigInt(count)))
    const ns = Number(sumNs - zeroNs * BigInt(count)) / count
    const warmth = warmthRun === undefined ? undefined : { run: warmthRun, sumKs: sumKs / count }
    if (means.at(-1)?.warmth?.run !== warmth?.run) trial.forget()
    means = [...means, { at, ns, referenceNs, warmth }].slice(-MEANS_MAX)
    if (isAnother(means, floorE15)) {
      means = means.slice(-ASTRAY_COUNT)
      trial.forget()
    }
    learnt = learnFrom(means)
    if (learnt !== undefined) trial.hear(warmPoints(means, zeroAt ?? from), Number(learnt.rateE15) / 1e6)
  }
  return {
    learn: (at, carrierNs, taiNs, referenceNs, warmth) => {
      const newest = means.at(-1)
      if (newest !== undefined && between(newest.at, at) > ALONE_NS_MAX) forget()
      if (gathering !== undefined && between(gathering.from, at) >= MEAN_NS) {
        close(gathering)
        gathering = undefined
      }
      const warmthRun = warmth?.celsius === undefined ? undefined : warmth.run
      gathering ??= { from: at, count: 0, sumNs: 0n, sumAgeNs: 0n, referenceNs: 0n, warmthRun, sumKs: 0 }
      gathering.count += 1
      if (gathering.warmthRun !== warmthRun) gathering.warmthRun = undefined
      gathering.sumKs += warmth?.sumKs ?? 0
      gathering.sumNs += between(carrierNs, taiNs)
      gathering.sumAgeNs += between(gathering.from, at)
      gathering.referenceNs = max(gathering.referenceNs, referenceNs)
    },
    read: () => learnt,
    temperature: trial.read,
    forget,
  }
}

/** The newest means that one thermometer has seen without a gap. */
function warmPoints(means: readonly Mean[], zeroAt: MonoNs): readonly WarmPoint[] {
  const run = means.at(-1)?.warmth?.run
  if (run === undefined) return []
  const from = means.findLastIndex(({ warmth }) => warmth?.run !== run) + 1
  return means.slice(from).map(({ at, ns, warmth }) => {
    return { atS: Number(between(zeroAt, at)) / 1e9, ns, sumKs: warmth?.sumKs ?? 0 }
  })
}

/** A line through means, and how far they lie from it, ns; against the last of them. */
interface FittedLine {
  readonly line: Line
  readonly farthestNs: number
  readonly medianNs: number
}

function lineThrough(means: readonly Mean[], from: MonoNs): FittedLine {
  const points = means.map(({ at, ns }) => ({ atS: Number(between(from, at)) / 1e9, ns }))
  const line = fitLine(points, SLOPE_PPB_MAX)
  const distancesNs = points.map(({ atS, ns }) => Math.abs(ns - valueAt(line, atS)))
  return { line, farthestNs: Math.max(...distancesNs), medianNs: median(distancesNs) }
}

/** Whether the newest means have left the line of those just before them. */
function isAnother(means: readonly Mean[], floorE15: bigint): boolean {
  const newest = means.slice(-ASTRAY_COUNT)
  const before = means.slice(0, -ASTRAY_COUNT).slice(-NEIGHBOURS)
  const from = before.at(-1)?.at
  if (from === undefined || before.length < MEANS_MIN) return false
  const { line, medianNs } = lineThrough(before, from)
  const gateNs = Math.max(ASTRAY_NS_MIN, ASTRAY_FACTOR * medianNs)
  const sides = newest.map(({ at, ns }) => {
    const ageNs = Number(between(from, at))
    const offNs = ns - valueAt(line, ageNs / 1e9)
    return Math.abs(offNs) > gateNs + (ageNs * Number(floorE15)) / 1e15 ? Math.sign(offNs) : 0
  })
  return sides[0] !== 0 && sides.every((side) => side === sides[0])
}

function learnFrom(means: readonly Mean[]): LearntRate | undefined {
  const [first, last] = [means[0], means.at(-1)]
  if (first === undefined || last === undefined || means.length < MEANS_MIN) return undefined
  const baselineNs = between(first.at, last.at)
  const { line, farthestNs } = lineThrough(means, last.at)
  const referenceNs = means.reduce((worst, mean) => max(worst, mean.referenceNs), 0n)
  return {
    rateE15: BigInt(Math.round(line.slopePpb * 1e6)),
    referenceE15: divCeil(2n * referenceNs * 1_000_000_000_000_000n, baselineNs),
    wanderE15: BigInt(Math.ceil((HIDDEN * farthestNs * 1e15) / Number(baselineNs))),
    baselineNs,
    until: last.at,
  }
}
