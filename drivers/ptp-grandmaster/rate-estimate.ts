import { selectInPlace } from '../../src/core/order-statistic.ts'

/** A limit of TAI − MonoNs against an anchor, lower or upper: ns, at ns, with what the stamp may be off. */
export interface Point {
  readonly atNs: number
  readonly ns: number
  readonly errorNs: number
}

/** Of TAI against the local oscillator, minus 1. */
export interface Rate {
  readonly ppb: number
  /** How far that is off in all likelihood: enough to choose between packets. */
  readonly likelyPpb: number
  /** How far it is off at the most, now and for as long as the points reach back: part of the bound. */
  readonly errorPpb: number
}

/** What a bare crystal may be off before its rate is known, and how far it may stray from its mean over the points. */
const UNLEARNT_PPB = 50_000
const WANDER_PPB = 200
export const UNLEARNT: Rate = { ppb: 0, likelyPpb: UNLEARNT_PPB, errorPpb: UNLEARNT_PPB }

const POINTS_MIN = 8
const BASELINE_NS_MIN = 4e9
const DEVIATIONS = 4
/** Median absolute deviation to standard deviation of normal noise. */
const TO_DEVIATION = 1.4826

/** By the lower limits, which Syncs tell, and the upper ones, which answers tell; each in the order of time. */
export function estimateRate(lower: readonly Point[], upper: readonly Point[]): Rate {
  const range = allowedRange(lower, upper)
  if (range.from > range.to) return UNLEARNT
  const likely = likelyRate(lower, upper)
  const ppb = Math.max(range.from, Math.min(range.to, likely?.ppb ?? (range.from + range.to) / 2))
  const errorPpb = Math.min(2 * UNLEARNT_PPB, Math.max(range.to - ppb, ppb - range.from) + WANDER_PPB)
  return { ppb, likelyPpb: Math.min(errorPpb, (likely?.errorPpb ?? errorPpb) + WANDER_PPB), errorPpb }
}

/**
 * Every mean rate at which the truth can have stayed between all limits: no lower one and no upper one may be crossed on
 * the way from the one to the other.
 */
function allowedRange(
  lower: readonly Point[],
  upper: readonly Point[],
): { readonly from: number; readonly to: number } {
  let from = -UNLEARNT_PPB
  let to = UNLEARNT_PPB
  for (const low of lower) {
    for (const high of upper) {
      const apartNs = high.atNs - low.atNs
      if (apartNs === 0) continue
      const slopePpb = (1e9 * (high.ns + high.errorNs - low.ns + low.errorNs)) / apartNs
      if (apartNs > 0) to = Math.min(to, slopePpb + WANDER_PPB)
      else from = Math.max(from, slopePpb - WANDER_PPB)
    }
  }
  return { from, to }
}

interface Likely {
  readonly ppb: number
  readonly errorPpb: number
}

/**
 * The slope of the series that shows it better: the median of the slopes between its points, for some packets may be late by
 * whatever. A path that gets longer bends a series, but the two of them never alike: where they differ, neither counts much.
 */
function likelyRate(lower: readonly Point[], upper: readonly Point[]): Likely | undefined {
  const [first, second] = [likelyOf(lower), likelyOf(upper)]
  if (first === undefined || second === undefined) return first ?? second
  const [better, worse] = first.errorPpb < second.errorPpb ? [first, second] : [second, first]
  const apartPpb = Math.abs(first.ppb - second.ppb)
  return { ppb: better.ppb, errorPpb: better.errorPpb + (apartPpb > worse.errorPpb ? apartPpb : 0) }
}

function likelyOf(points: readonly Point[]): Likely | undefined {
  if (points.length < POINTS_MIN || baselineNs(points) < BASELINE_NS_MIN) return undefined
  const slope = median(slopesOf(points))
  const scatterNs = TO_DEVIATION * medianDistanceNs(points, slope)
  const deviationPpb = (1e9 * scatterNs * Math.sqrt(12 / points.length)) / baselineNs(points)
  return { ppb: slope * 1e9, errorPpb: DEVIATIONS * deviationPpb }
}

function slopesOf(points: readonly Point[]): number[] {
  // Neighbours tell little of a slope and much of the noise: only pairs that are a third of the baseline apart count.
  const apartNs = baselineNs(points) / 3
  const slopes: number[] = []
  for (const [index, later] of points.entries()) {
    for (let before = 0; before < index; before++) {
      const earlier = points[before]
      // They are in the order of time: what comes behind this one is nearer still.
      if (earlier === undefined || later.atNs - earlier.atNs < apartNs) break
      slopes.push((later.ns - earlier.ns) / (later.atNs - earlier.atNs))
    }
  }
  return slopes
}

/** How far half of the points are from the line through their median, at the most. */
function medianDistanceNs(points: readonly Point[], slope: number): number {
  const level = points.map(({ atNs, ns }) => ns - slope * atNs)
  const middle = median(level)
  return median(level.map((ns) => Math.abs(ns - middle)))
}

function baselineNs(points: readonly Point[]): number {
  return (points.at(-1)?.atNs ?? 0) - (points[0]?.atNs ?? 0)
}

/** Of an even number the upper one. It reorders them. */
function median(values: number[]): number {
  return selectInPlace(values, values.length >> 1)
}
