import { between, type MonoNs } from '../core/time.ts'

/** What a thermometer beside an oscillator has said so far, as sums over time; kelvins are of Celsius. */
export interface Warmth {
  /** Another number than before: it was silent, stuck or jumped, and what it says since may be something else. */
  readonly run: number
  /** Its newest reading; undefined when that is too old to go by. */
  readonly celsius: number | undefined
  /** Temperature times time. */
  readonly sumKs: number
  /** Over the time in which it was believed, and of the temperatures then, those beyond the range held at its end. */
  readonly believedS: number
  readonly heldKs: number
  /** What was beyond the range, never negative. */
  readonly beyondKs: number
  readonly believed: boolean
}

/** Temperatures between which the rate of an oscillator is known. */
export interface TemperatureRange {
  readonly loC: number
  readonly hiC: number
}

export interface Thermometer {
  /** A reading holds until the next one. Instants ascend; what does not, and what no rack has ever been, is left out. */
  hear(at: MonoNs, celsius: number): void
  /** It is believed from here on, until it is silent, stuck or jumps; undefined: it is not believed. */
  believe(range: TemperatureRange | undefined): void
  read(now: MonoNs): Warmth
}

/** Longer silences are not bridged. */
const SILENT_S_MAX = 900
/** It is stuck when it shows one value for so many times the longest that it ever did, and at least so long … */
const SPELL_FACTOR = 4
const SPELL_S_MIN = 3_600
/** … and jumps when it changes by so many times the most that it ever did from one reading to the next, and at least so much. */
const STEP_FACTOR = 4
const STEP_K_MIN = 2
const CELSIUS_MIN = -55
const CELSIUS_MAX = 150

type Sums = Pick<Warmth, 'sumKs' | 'believedS' | 'heldKs' | 'beyondKs'>

interface Reading {
  readonly at: MonoNs
  readonly celsius: number
  /** Since when it has been showing that. */
  readonly since: MonoNs
}

export function createThermometer(): Thermometer {
  let sums: Sums = { sumKs: 0, believedS: 0, heldKs: 0, beyondKs: 0 }
  let last: Reading | undefined
  let range: TemperatureRange | undefined
  let run = 0
  let spellS = 0
  let stepK = 0

  /** How long after its newest reading that still held. */
  const heldS = ({ at, since }: Reading, now: MonoNs): number =>
    Math.min(secondsBetween(at, now), SILENT_S_MAX, Math.max(0, spellMax() - secondsBetween(since, at)))
  const spellMax = (): number => Math.max(SPELL_S_MIN, SPELL_FACTOR * spellS)
  const isOver = ({ at, since }: Reading, now: MonoNs): boolean =>
    secondsBetween(at, now) > SILENT_S_MAX || secondsBetween(since, now) > spellMax()

  const sumsAt = (now: MonoNs): Sums => {
    if (last === undefined) return sums
    const { celsius } = last
    const seconds = heldS(last, now)
    const sumKs = sums.sumKs + celsius * seconds
    if (range === undefined) return { ...sums, sumKs }
    const held = Math.min(range.hiC, Math.max(range.loC, celsius))
    return {
      sumKs,
      believedS: sums.believedS + seconds,
      heldKs: sums.heldKs + held * seconds,
      beyondKs: sums.beyondKs + Math.abs(celsius - held) * seconds,
    }
  }
  const jumped = (from: number, to: number): boolean => {
    const step = Math.abs(to - from)
    const isJump = step > Math.max(STEP_K_MIN, STEP_FACTOR * stepK)
    stepK = Math.max(stepK, step)
    return isJump
  }
  return {
    hear: (at, celsius) => {
      if (!(celsius >= CELSIUS_MIN && celsius <= CELSIUS_MAX) || (last !== undefined && at <= last.at)) return
      const isOther = last === undefined || isOver(last, at)
      sums = sumsAt(at)
      const before = last
      last = { at, celsius, since: before?.celsius === celsius ? before.since : at }
      const hasJumped = before !== undefined && jumped(before.celsius, celsius)
      if (before !== undefined && before.celsius !== celsius)
        spellS = Math.max(spellS, secondsBetween(before.since, at))
      if (!isOther && !hasJumped) return
      run += 1
      range = undefined
    },
    believe: (newer) => {
      range = newer
    },
    read: (now) => {
      const isSilent = last === undefined || isOver(last, now)
      return {
        run,
        celsius: isSilent ? undefined : last?.celsius,
        believed: range !== undefined && !isSilent,
        ...sumsAt(now),
      }
    },
  }
}

function secondsBetween(earlier: MonoNs, later: MonoNs): number {
  return Math.max(0, Number(between(earlier, later)) / 1e9)
}
