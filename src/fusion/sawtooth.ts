import { abs, divCeil, divFloor, max } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, plus } from '../core/time.ts'
import { median } from './robust-line.ts'

/** By how much an edge comes late, as its instrument says, times this. 0: nobody knows whether it means it so. */
export type Polarity = -1 | 0 | 1

/**
 * The quantization error that a receiver tells of its pulses. Manuals and firmwares differ in which way it is meant, and
 * so do those who solder an inverter between: the sign is measured. For each of its meanings the spread of the pulses is
 * taken, each against its neighbours; the one that calms them is believed once the evidence is clear, and given up when
 * it does not any longer.
 */
export interface Sawtooth {
  /** An edge and what was said of it. What comes out of order, or is too large to be a quantization, is passed over. */
  add(at: MonoNs, latePs: bigint): void
  /** How the word is meant, as far as it is measured. */
  polarity(): Polarity
  /** Where the edge would be without it, and how far it may still be from there, beside what the edge itself may be. */
  correct(at: MonoNs, latePs: bigint | undefined): { readonly at: MonoNs; readonly restNs: bigint }
}

/** Larger words are no quantization: the slowest clock in use has ticks of 100 ns. */
const LATE_PS_MAX = 1_000_000n
/** So many seconds are looked at. */
const WINDOW = 128
/** Fewer say nothing. */
const EVIDENCE_MIN = 48
/**
 * A meaning is believed when what it takes off the squares of the spread is so many times the square of what remains: six
 * standard errors, doubled since neighbouring bends share pulses. At a full window noise may be as large as the sawtooth …
 */
const EVIDENCE = 72
/** … for so many seconds in a row. */
const CONFIRMED = 16
/** A single wild pulse must not decide: beyond so many typical rests it does not count. */
const WILD = 8
/** Corrections are rounded to whole nanoseconds. */
const ROUNDING_NS = 1n

interface Told {
  readonly at: MonoNs
  readonly latePs: bigint
}

/** An edge between its neighbours, ns: how it is bent, and how the word about the three is. */
interface Bend {
  readonly pulseNs: number
  readonly wordNs: number
}

export function createSawtooth(): Sawtooth {
  // Oldest first.
  let told: readonly Told[] = []
  let bends: readonly Bend[] = []
  let polarity: Polarity = 0
  let wanted: Polarity = 0
  let wantedFor = 0

  const weigh = (): void => {
    const verdict = judge(bends, polarity)
    wantedFor = verdict === wanted ? wantedFor + 1 : 1
    wanted = verdict
    if (wanted !== polarity && wantedFor >= CONFIRMED) polarity = wanted
  }
  return {
    add: (at, latePs) => {
      if (abs(latePs) > LATE_PS_MAX) return
      const last = told.at(-1)
      if (last !== undefined && at <= last.at) return
      told = [...told, { at, latePs }].slice(-WINDOW)
      const bend = bendOf(told.slice(-3))
      if (bend === undefined) return
      bends = [...bends, bend].slice(-WINDOW)
      weigh()
    },
    polarity: () => polarity,
    correct: (at, latePs) => {
      if (latePs === undefined || abs(latePs) > LATE_PS_MAX) return { at, restNs: largestNs(told) }
      if (polarity === 0) return { at, restNs: divCeil(abs(latePs), 1_000n) }
      const lateNs = divFloor(latePs + 500n, 1_000n)
      return { at: plus(at, polarity === 1 ? -lateNs : lateNs), restNs: ROUNDING_NS }
    },
  }
}

/** Undefined unless the three are consecutive seconds. The rate of the oscillator, and most of its wander, cancel. */
function bendOf([first, second, third]: readonly Told[]): Bend | undefined {
  if (first === undefined || second === undefined || third === undefined) return undefined
  const [before, after] = [between(first.at, second.at), between(second.at, third.at)]
  if (!isSecond(before) || !isSecond(after)) return undefined
  return {
    pulseNs: Number(after - before),
    wordNs: Number(third.latePs - 2n * second.latePs + first.latePs) / 1_000,
  }
}

function isSecond(elapsedNs: bigint): boolean {
  return abs(elapsedNs - NS_PER_SECOND) <= NS_PER_SECOND / 1_000n
}

/** What the bends say now, seen from what is believed: that is given up only when it does no good any longer. */
function judge(bends: readonly Bend[], believed: Polarity): Polarity {
  if (bends.length < EVIDENCE_MIN) return believed
  const calm = withoutWild(bends)
  const squares = (meaning: Polarity): readonly number[] =>
    calm.map(({ pulseNs, wordNs }) => (pulseNs - meaning * wordNs) ** 2)
  const [asIs, late, early] = [squares(0), squares(1), squares(-1)]
  for (const [meaning, own, other] of [
    [1, late, early],
    [-1, early, late],
  ] as const) {
    if (believed === meaning) return mean(own) < mean(asIs) ? meaning : 0
    if (isClear(asIs, own) && isClear(other, own)) return meaning
  }
  return 0
}

/** A wild pulse is one that no meaning explains. */
function withoutWild(bends: readonly Bend[]): readonly Bend[] {
  const restsNs = bends.map(({ pulseNs, wordNs }) => {
    return Math.min(Math.abs(pulseNs), Math.abs(pulseNs - wordNs), Math.abs(pulseNs + wordNs))
  })
  const wildNs = WILD * median(restsNs) + 1
  return bends.filter((_, index) => (restsNs[index] ?? 0) <= wildNs)
}

/** Whether the second squares are smaller beyond chance. */
function isClear(larger: readonly number[], smaller: readonly number[]): boolean {
  return (mean(larger) - mean(smaller)) * larger.length > EVIDENCE * mean(smaller)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** What an edge without a word may be off, where others have one: twice the largest that was told, rounded up. */
function largestNs(told: readonly Told[]): bigint {
  return 2n * told.reduce((largest, { latePs }) => max(largest, divCeil(abs(latePs), 1_000n)), 0n)
}
