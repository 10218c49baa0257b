import type { DriverStatus, EmulatorContext } from '../../drivers/driver.ts'
import type { LabelSample, SampleQuality, TimeSample } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, plus, type RealtimeNs, realtimeNs } from '../../src/core/time.ts'
import { type ClockBridge, createClockBridge } from '../../src/device/clock-bridge.ts'
import { createPulseNumbering, type NumberingResult, type PulseNumbering } from '../../src/fusion/pulse-numbering.ts'
import { isRight } from './judge.ts'

/**
 * Where the pulses of the instrument meet its labels, as in the agent: stamped by the system's clock, put on the local
 * oscillator by the clock bridge, numbered by the labels. Whatever comes of it is held against the sky.
 */
export interface PulseDesk {
  pulse(at: MonoNs): void
  sample(sample: LabelSample | TimeSample): void
  status(status: DriverStatus): void
  /** All that was until `now` is numbered, in the order in which it was. */
  settle(now: MonoNs): void
  /** The system's clock is set. */
  stepHostClock(byNs: bigint): void
  /** Numbered pulses since `forget`, and those of them whose second is wrong. */
  counts(): { readonly numbered: number; readonly wrong: readonly TimeSample[]; readonly faults: readonly string[] }
  forget(): void
}

const STAMP_UNCERTAINTY_NS = 100n
/** Beyond what the pulse of any healthy instrument is off; a second's error is what is looked for. */
const ACCURACY_NS = 50n * NS_PER_MILLISECOND
const BRACKET_NS = 200n
/** So long after its edge a stamp is converted, for the bridge to have a pair behind it. */
const CONVERT_AFTER_NS = 20n * NS_PER_MILLISECOND
const REALTIME_AHEAD_NS = 1_700_000_000_000_000_000n

interface Waiting {
  readonly at: MonoNs
  readonly label: LabelSample | undefined
  /** What the system's clock showed at the edge. */
  readonly stamp: RealtimeNs | undefined
}

export function createPulseDesk(sky: EmulatorContext): PulseDesk {
  const numbering: PulseNumbering = createPulseNumbering({ source: 'source0', accuracyNs: ACCURACY_NS })
  let quality: SampleQuality = 'unlocked'
  let waiting: Waiting[] = []
  let numbered = 0
  let wrong: TimeSample[] = []
  let faults: string[] = []
  let now: MonoNs | undefined
  let aheadNs = REALTIME_AHEAD_NS
  let bridge: ClockBridge | undefined

  const show = (at: MonoNs): RealtimeNs => realtimeNs(at + aheadNs)
  const take = ({ samples, faults: found }: NumberingResult): void => {
    numbered += samples.length
    faults.push(...found.map(({ code }) => code))
    wrong.push(...samples.filter((sample) => !isRight(sample, sky)))
  }
  const place = (at: MonoNs, stamp: RealtimeNs): void => {
    const placed = bridge === undefined ? undefined : bridge.toMono(stamp)
    if (placed?.ok === false) faults.push(placed.fault.code)
    const monoNs = placed === undefined ? at : placed.ok ? placed.value.monoNs : undefined
    const uncertaintyNs = placed?.ok === true ? placed.value.uncertaintyNs : STAMP_UNCERTAINTY_NS
    if (monoNs === undefined) return
    take(numbering.pulse({ kind: 'pulse', source: 'source0', monoNs, uncertaintyNs }, quality))
  }
  return {
    pulse: (at) => waiting.push({ at, label: undefined, stamp: show(at) }),
    sample: (sample) => {
      if (sample.kind === 'label') waiting.push({ at: sample.lastByteAt, label: sample, stamp: undefined })
    },
    status: (status) => {
      quality = status.quality === 'unknown' ? 'unlocked' : status.quality
    },
    settle(at) {
      now = at
      bridge?.refresh()
      const isDue = (each: Waiting): boolean => plus(each.at, CONVERT_AFTER_NS) <= at
      const due = waiting.filter(isDue).sort((a, b) => Number(between(b.at, a.at)))
      waiting = waiting.filter((each) => !isDue(each))
      for (const each of due) {
        if (each.label !== undefined) take(numbering.label(each.label))
        else if (each.stamp !== undefined) place(each.at, each.stamp)
      }
    },
    stepHostClock(byNs) {
      bridge ??= createClockBridge(() => {
        const at = now ?? (0n as MonoNs)
        return { monoNs: at, shownNs: show(at), bracketNs: BRACKET_NS }
      })
      aheadNs += byNs
    },
    counts: () => ({ numbered, wrong, faults }),
    forget() {
      numbered = 0
      wrong = []
      faults = []
    },
  }
}
