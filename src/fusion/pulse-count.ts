import { type Fault, fail } from '../core/fault.ts'
import { abs, driftNs } from '../core/integer.ts'
import type { PulseSample, SampleQuality } from '../core/sample.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, type TaiNs, taiNs } from '../core/time.ts'
import type { NumberingResult } from './pulse-numbering.ts'
import { nearestSecond } from './second-count.ts'
import { UNLEARNT_PPB } from './source-class.ts'

/**
 * The pulses of an instrument that knows no date, as a clock: whole seconds counted from its first pulse, a frequency
 * and no time. Runs are told apart by their numbers, which lie far from each other, so that whoever follows the clock
 * sees that it was interrupted. Never throws.
 *
 * Faults: `count.doubled`, `count.backwards`, `count.ambiguous`, `count.off-second` (a pulse that is no sample);
 * `count.gap`, `count.restarted` (a new run began).
 */
export interface PulseCount {
  /** An edge, and what the instrument says of its lock. */
  pulse(sample: PulseSample, quality: SampleQuality): NumberingResult
}

export interface PulseCountOptions {
  readonly source: string
  /** What its frequency is not to be trusted with, as a time; 0 for pulses that are taken as they come. */
  readonly accuracyNs?: bigint
}

/** Nearer than this to the half of a second it is open which second a pulse starts. */
const AMBIGUOUS_NS = 400n * NS_PER_MILLISECOND
/** What a pulse may jitter. */
const JITTER_NS = 10n * NS_PER_MILLISECOND
/** So many pulses in a row that miss the seconds of the run, and are whole seconds apart, begin another. */
const RESTART_COUNT = 3
/** Numbers of two runs are at least so far apart. */
const RUN_STEP_NS = 1_000_000n * NS_PER_SECOND

interface Counted {
  readonly at: MonoNs
  readonly taiNs: TaiNs
}

export function createPulseCount({ source, accuracyNs = 0n }: PulseCountOptions): PulseCount {
  let last: Counted | undefined
  /** Pulses in a row that miss the seconds of the run and agree among themselves. */
  let astray: readonly MonoNs[] = []

  const fault = (reason: string, message: string): Fault => fail(`count.${reason}`, `${source}: ${message}`).fault
  const refused = (reason: string, message: string): NumberingResult => ({
    samples: [],
    faults: [fault(reason, message)],
  })
  const count = (to: Counted, { uncertaintyNs }: PulseSample, quality: SampleQuality): NumberingResult['samples'] => {
    last = to
    astray = []
    return [{ kind: 'time', source, monoNs: to.at, taiNs: to.taiNs, accuracyNs, precisionNs: uncertaintyNs, quality }]
  }
  const restart = (from: Counted, sample: PulseSample, quality: SampleQuality, why: Fault): NumberingResult => {
    const next = from.taiNs + RUN_STEP_NS + max0(nearestSecond(between(from.at, sample.monoNs)))
    return { samples: count({ at: sample.monoNs, taiNs: taiNs(next) }, sample, quality), faults: [why] }
  }

  return {
    pulse: (sample, quality) => {
      const at = sample.monoNs
      if (last === undefined) return { samples: count({ at, taiNs: taiNs(0n) }, sample, quality), faults: [] }
      const elapsedNs = between(last.at, at)
      const strayNs = driftNs(elapsedNs, UNLEARNT_PPB)
      if (elapsedNs > 0n && strayNs > AMBIGUOUS_NS) {
        const message = `expected a pulse while the seconds can be counted, got none for ${elapsedNs} ns; counted anew`
        return restart(last, sample, quality, fault('gap', message))
      }
      const wholeNs = nearestSecond(elapsedNs)
      const offNs = elapsedNs - wholeNs
      if (elapsedNs >= 0n && elapsedNs < AMBIGUOUS_NS) {
        return refused('doubled', `expected one pulse a second, got two ${elapsedNs} ns apart`)
      }
      if (wholeNs > 0n && abs(offNs) <= JITTER_NS + strayNs) {
        return { samples: count({ at, taiNs: taiNs(last.taiNs + wholeNs) }, sample, quality), faults: [] }
      }
      const previous = astray.at(-1)
      astray = previous !== undefined && areSecondsApart(previous, at) ? [...astray, at] : [at]
      const message = `expected a pulse at whole seconds of its run, got one ${offNs} ns off, ${elapsedNs} ns on`
      if (astray.length < RESTART_COUNT) {
        const reason = elapsedNs < 0n ? 'backwards' : abs(offNs) >= AMBIGUOUS_NS ? 'ambiguous' : 'off-second'
        return refused(reason, message)
      }
      const why = fault('restarted', `${message}, ${RESTART_COUNT} in a row; counted anew`)
      return restart(last, sample, quality, why)
    },
  }
}

function areSecondsApart(from: MonoNs, to: MonoNs): boolean {
  const elapsedNs = between(from, to)
  const wholeNs = nearestSecond(elapsedNs)
  return wholeNs > 0n && abs(elapsedNs - wholeNs) <= JITTER_NS + driftNs(elapsedNs, UNLEARNT_PPB)
}

function max0(ns: bigint): bigint {
  return ns > 0n ? ns : 0n
}
