import type { ClockMode, SourceClass } from '../../../src/consensus/proposal.ts'
import type { Prng } from '../../../src/core/prng.ts'
import { chance, pick } from '../../support/chance.ts'

/** What fused hardware says of TAI at one instant, ns. */
export interface HardwareWord {
  /** N − T. */
  readonly errorNs: number
  /** ε: right hardware has |error| ≤ ε. */
  readonly boundNs: number
  readonly mode: ClockMode
}

/** The fused clock of one member: a model of its error, not of its instruments. Seconds are those of the run. */
export interface Hardware {
  /** What kind it is and what becomes of it, for people. */
  readonly forecast: string
  readonly sourceClass: SourceClass
  /** Undefined: no source carries it. */
  at(second: number): HardwareWord | undefined
  /** How much faster than TAI it walks, ppb: what it teaches of the own oscillator is wrong by this. */
  walkPpb(second: number): number
}

/** The ways in which hardware is wrong: |error| > ε. */
const WRONG_KINDS = ['little', 'walks', 'jumps', 'wild', 'stops'] as const
export type Wrongness = (typeof WRONG_KINDS)[number]

/** The sky of all sites: a walk that every receiver follows. */
export interface SpoofedSky {
  readonly fromSecond: number
  readonly jumpNs: number
  readonly walkPpb: number
}

/** No word before this much of a run of the process has passed is modelled by the station; here time is the run's. */
interface Outage {
  readonly from: number
  readonly until: number
  /** How fast ε grows, ns a second; the real error takes `part` of it, −1 … 1. */
  readonly growth: number
  readonly part: number
}

export function drawWrongness(prng: Prng): Wrongness {
  return pick(prng, WRONG_KINDS)
}

export function drawHardware(
  prng: Prng,
  seconds: number,
  wrong: Wrongness | undefined,
  sky: SpoofedSky | undefined,
): Hardware {
  const sourceClass = sky === undefined ? drawClass(prng) : 'gnss'
  const right = drawRight(prng, seconds, sourceClass)
  if (sky !== undefined) return spoofed(right, sky)
  return wrong === undefined ? right : drawWrong(prng, seconds, wrong, right)
}

function drawClass(prng: Prng): SourceClass {
  const draw = prng.nextUnit()
  if (draw < 0.6) return 'gnss'
  if (draw < 0.75) return 'caesium'
  return draw < 0.9 ? 'gpsdo' : 'ptp'
}

/** ε while locked is 10^this ns. */
const EXPONENTS: Readonly<Partial<Record<SourceClass, readonly [number, number]>>> = {
  caesium: [2, 2.3],
  gnss: [1.8, 2.8],
  gpsdo: [2.2, 2.5],
  ptp: [4, 7.3],
}

/** Within ε always. It is re-locked by 10 µs to 20 ms at the end of an outage, or, when ε is wide, at any time. */
function drawRight(prng: Prng, seconds: number, sourceClass: SourceClass): Hardware {
  const [low, high] = EXPONENTS[sourceClass] ?? [3, 4]
  const locked = 10 ** (low + prng.nextUnit() * (high - low))
  const steps = drawSteps(prng, seconds, sourceClass === 'ptp' ? 3 : 0)
  const noise = { ns: 0.15 * locked, period: 0.7 + 5 * prng.nextUnit(), phase: prng.nextUnit() }
  const outage = sourceClass !== 'ptp' && chance(prng, 0.35) ? drawOutage(prng, seconds) : undefined
  const at = (second: number): HardwareWord => {
    const part = steps.findLast(({ from }) => from <= second)?.part ?? 0
    const wiggle = noise.ns * Math.sin(2 * Math.PI * (second / noise.period + noise.phase))
    const lost = outage !== undefined && outage.from <= second && second < outage.until
    const held = lost ? outage.growth * (second - outage.from) : 0
    const boundNs = Math.ceil(locked + held)
    return {
      errorNs: Math.trunc(0.84 * part * locked + wiggle + (lost ? outage.part * held : 0)),
      boundNs,
      mode: lost ? (boundNs > 1_000_000 ? 'free-running' : 'holdover') : 'locked',
    }
  }
  const step =
    outage === undefined ? '' : ` re-locks by ${Math.round((outage.growth * (outage.until - outage.from)) / 1_000)} µs`
  return { forecast: `${sourceClass}${step}`, sourceClass, at, walkPpb: () => 0 }
}

/** Where in its ± ε the error stands, −1 … 1, and since when. */
function drawSteps(
  prng: Prng,
  seconds: number,
  more: number,
): readonly { readonly from: number; readonly part: number }[] {
  const part = (): number => (chance(prng, 0.3) ? pick(prng, [-1, 1]) : 2 * prng.nextUnit() - 1)
  const later = Array.from({ length: more }, () => ({ from: seconds * prng.nextUnit(), part: part() }))
  return [{ from: 0, part: part() }, ...later.sort((a, b) => a.from - b.from)]
}

function drawOutage(prng: Prng, seconds: number): Outage {
  const from = seconds * prng.nextUnit()
  const until = from + 1 + 7 * prng.nextUnit()
  const stepNs = 10 ** (4 + 3.3 * prng.nextUnit())
  return { from, until, growth: stepNs / (until - from), part: pick(prng, [-0.98, 0.98, 0.5, 0]) }
}

function drawWrong(prng: Prng, seconds: number, kind: Wrongness, right: Hardware): Hardware {
  const from = chance(prng, 0.5) ? 0 : 0.5 * seconds * prng.nextUnit()
  const sign = pick(prng, [-1, 1])
  const walk = kind === 'walks' ? sign * 10 ** (1 + 4 * prng.nextUnit()) : kind === 'stops' ? -1_000_000_000 : 0
  // `little`: outside of its own bound, and yet its interval may meet the region.
  const beyond = 1.2 + 10 * prng.nextUnit()
  const constant =
    kind === 'jumps'
      ? sign * 10 ** (4 + 5 * prng.nextUnit())
      : kind === 'wild'
        ? sign * 10 ** (9 + 6 * prng.nextUnit())
        : 0
  return {
    ...right,
    forecast: `${right.sourceClass} ${kind}`,
    at: (second) => {
      const word = right.at(second)
      if (word === undefined || second < from) return word
      if (kind === 'little') return { ...word, errorNs: Math.trunc(sign * beyond * word.boundNs) }
      const errorNs = Math.trunc(word.errorNs + constant + walk * (second - from))
      return { ...word, errorNs, mode: 'locked' }
    },
    walkPpb: (second) => (second < from || kind === 'stops' ? 0 : walk),
  }
}

function spoofed(right: Hardware, { fromSecond, jumpNs, walkPpb }: SpoofedSky): Hardware {
  return {
    ...right,
    forecast: 'gnss under a spoofed sky',
    at: (second) => {
      const word = right.at(second)
      if (word === undefined || second < fromSecond) return word
      const errorNs = Math.trunc(word.errorNs + jumpNs + walkPpb * (second - fromSecond))
      return { ...word, errorNs, mode: 'locked' }
    },
    walkPpb: (second) => (second < fromSecond ? 0 : walkPpb),
  }
}
