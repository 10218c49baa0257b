import { abs } from '../../src/core/integer.ts'
import type { SampleQuality, TimeSample } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs, taiNs } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import type { Alarms } from './alarms.ts'
import type { PtpOptions } from './options.ts'
import { createPathFilter, type PathEstimate } from './path-filter.ts'
import { createPathWatch } from './path-watch.ts'
import type { OneWay } from './protocol.ts'

/**
 * Makes samples of Syncs and answered requests, and notices when they cannot all be right. Alarms: `ptp.stepped`, the
 * grandmaster's time jumped; `ptp.negative-delay`, answers come before their requests; both make its time `unlocked`
 * while they stand.
 */
export interface TimeEstimate {
  sync(oneWay: OneWay, worth: Worth): { readonly sample?: TimeSample; readonly faults: readonly DriverFault[] }
  answer(oneWay: OneWay): readonly DriverFault[]
  at(now: MonoNs): PathEstimate | undefined
  /** About now, for calendars. */
  taiAt(now: MonoNs): TaiNs | undefined
  ratePpb(): number
  /** Messages come at most so far apart: a packet counts for as long as several of them take. Starts anew if that changes. */
  setIntervalNs(intervalNs: bigint): void
  restart(): void
}

/** What the grandmaster says of itself, and what is made of that. */
export interface Worth {
  readonly accuracyNs: bigint
  readonly quality: SampleQuality
}

/** After what makes its time doubtful a grandmaster is not believed for so long. */
const DOUBT_NS = 10n * NS_PER_SECOND
export const DOUBTS = ['ptp.stepped', 'ptp.negative-delay'] as const

/** One packet alone may carry a stamp that is wrong; the second of the same way is no chance. */
const CONTRADICTIONS_MAX = 2
/** Two samples a second tell all; more of them would push the older ones out of the window of the fusion. */
const SAMPLE_PERIOD_NS_MIN = 450_000_000n
const WINDOW_NS_MIN = 16n * NS_PER_SECOND
const WINDOW_INTERVALS = 8n

type Way = 'sync' | 'answer'

export function createTimeEstimate(source: string, options: PtpOptions, alarms: Alarms): TimeEstimate {
  const watch = createPathWatch(
    { asymmetryNs: BigInt(options.asymmetryNs), settlesNs: WINDOW_NS_MIN, jumpStandsNs: DOUBT_NS },
    alarms,
  )
  let intervalNs = NS_PER_SECOND
  let filter = createPathFilter(WINDOW_NS_MIN, intervalNs)
  const contradictions: Record<Way, number> = { sync: 0, answer: 0 }
  // Whether both ways agreed at some time since the filter began anew.
  let agreed = false
  let sampledAt: MonoNs | undefined

  const restart = (): void => {
    filter.restart()
    watch.restart()
    contradictions.sync = 0
    contradictions.answer = 0
    agreed = false
  }
  const take = (way: Way, oneWay: OneWay): { readonly taken: boolean; readonly faults: readonly DriverFault[] } => {
    if (filter[way](oneWay) === 'taken') {
      contradictions[way] = 0
      agreed ||= filter.estimate(oneWay.at) !== undefined
      return { taken: true, faults: [] }
    }
    contradictions[way] += 1
    if (contradictions[way] < CONTRADICTIONS_MAX) return { taken: false, faults: [contradictionOf(way)] }
    const { code, message } = agreed ? STEPPED : NEGATIVE
    restart()
    filter[way](oneWay)
    return { taken: false, faults: alarms.raise(code, message, oneWay.at, DOUBT_NS) }
  }

  return {
    sync: (oneWay, worth) => {
      const { at } = oneWay
      const { taken, faults } = take('sync', oneWay)
      const estimate = taken ? filter.estimate(at) : undefined
      const tooSoon = sampledAt !== undefined && between(sampledAt, at) < SAMPLE_PERIOD_NS_MIN
      if (estimate === undefined || tooSoon) return { faults }
      sampledAt = at
      const quality = DOUBTS.some((code) => alarms.has(code, at)) ? 'unlocked' : worth.quality
      const sample = { kind: 'time', source, quality, ...readingAt(at, estimate, worth, options) } as const
      return { sample, faults: [...faults, ...watch.observe(estimate, at)] }
    },
    answer: (oneWay) => take('answer', oneWay).faults,
    at: (now) => filter.estimate(now),
    taiAt: (now) => {
      const estimate = filter.estimate(now)
      return estimate === undefined ? undefined : taiNs(now + estimate.offsetNs)
    },
    ratePpb: () => filter.rate().ppb,
    setIntervalNs: (newNs) => {
      if (newNs === intervalNs) return
      intervalNs = newNs
      const windowNs = intervalNs * WINDOW_INTERVALS
      filter = createPathFilter(windowNs > WINDOW_NS_MIN ? windowNs : WINDOW_NS_MIN, intervalNs)
      restart()
    },
    restart,
  }
}

/** The middle of what the path allows, or where the configured asymmetry puts it, as far as the path allows that. */
function readingAt(
  at: MonoNs,
  { offsetNs, halfPathNs, errorNs }: PathEstimate,
  { accuracyNs }: Worth,
  { asymmetryNs, delayUncertaintyNs }: PtpOptions,
): Pick<TimeSample, 'monoNs' | 'taiNs' | 'accuracyNs' | 'precisionNs'> {
  const wantedNs = BigInt(asymmetryNs)
  const shiftNs = wantedNs > halfPathNs ? halfPathNs : wantedNs < -halfPathNs ? -halfPathNs : wantedNs
  const allNs = halfPathNs + abs(shiftNs)
  const measuredNs = delayUncertaintyNs === undefined ? allNs : BigInt(delayUncertaintyNs)
  return {
    monoNs: at,
    taiNs: taiNs(at + offsetNs + shiftNs),
    accuracyNs: accuracyNs + (measuredNs < allNs ? measuredNs : allNs),
    precisionNs: errorNs,
  }
}

const STEPPED: DriverFault = {
  code: 'ptp.stepped',
  message: 'expected a time that goes on evenly, got one that jumped; started anew with it',
}
const NEGATIVE: DriverFault = {
  code: 'ptp.negative-delay',
  message: 'expected answers after their requests, got a negative round trip',
}

function contradictionOf(way: Way): DriverFault {
  const [one, others] = way === 'sync' ? ['a Sync', 'the answers'] : ['an answer', 'the Syncs']
  const message = `expected a round trip that is not negative, got ${one} that contradicts ${others}; not taken`
  return { code: 'ptp.contradiction', message }
}
