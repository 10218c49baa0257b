import { families } from '../../drivers/index.ts'
import { createPrng } from '../../src/core/prng.ts'
import type { SourceConfig } from '../../src/fusion/source.ts'
import { taiOf } from '../support/virtual-sky.ts'
import { createInstrumentChain } from './instrument-chain.ts'
import { createJudge } from './judge.ts'
import type { SampledSource } from './sample-world.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'
import { trueSky } from './skies.ts'

/** A receiver of plain NMEA cannot say that its leap count is its firmware's; one that also speaks its maker's can. */
const SPEAKING: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'nmea-receiver': { emulator: { dialect: 'ublox' } },
}

const GRANDMASTER: SampledSource = {
  config: { name: 'ptp0', class: 'ptp', role: 'time', domain: 'ptp' },
  accuracyNs: 1_000,
  noiseNs: 100,
  errorNs: () => 300,
}

interface Plan {
  readonly kind: string
  readonly fault: string
  readonly wrongS: number
  readonly rightS: number
  /** Beside another domain, as it comes; else alone, with everything that it can say. */
  readonly accompanied: boolean
}

/** A family with a fault of its emulator that makes dates wrong, from the start on, and then no longer. */
function play({ kind, fault, wrongS, rightS, accompanied }: Plan): Outcome {
  const truth = trueSky(taiOf('2026-01-15T12:00:00'))
  const config: SourceConfig = { name: 'x0', class: 'gnss', role: 'time', domain: 'gnss' }
  const options = accompanied ? {} : (SPEAKING[kind] ?? {})
  const chain = createInstrumentChain(
    createPrng(1),
    truth,
    [{ config, kind, options }],
    accompanied ? [GRANDMASTER] : [],
  )
  const judge = createJudge()
  const alarms = new Set<string>()
  let mode = 'acquiring'
  const hear: Parameters<typeof chain.run>[1] = (reading) => {
    judge.hear(reading, truth.skyTai(reading.monoNs))
    mode = reading.mode
    for (const alarm of reading.sources.find(({ name }) => name === 'x0')?.alarms ?? [])
      alarms.add(alarm.split(':')[0] ?? alarm)
  }
  chain.setFault('x0', fault, true)
  chain.run(wrongS, hear)
  const readingsWhileWrong = judge.figures().readings
  chain.setFault('x0', fault, false)
  chain.run(rightS, hear)
  return outcomeOf(
    `${kind}, ${fault}, ${accompanied ? 'beside a grandmaster' : 'alone'}`,
    judge.figures(),
    { 'readings while wrong': readingsWhileWrong, alarms: [...alarms].sort().join() },
    [unless(mode === 'locked', `expected the clock to be locked in the end, got ${mode}`)],
  )
}

/** Every family whose emulator has a fault of this name. */
function everyFamily(pattern: RegExp, scale: 'full' | 'short'): readonly Outcome[] {
  const [wrongS, rightS] = scale === 'short' ? [30, 120] : [300, 300]
  return families.flatMap(({ kind, faults, timeOfDay }) => {
    const fitting = timeOfDay === 'none' ? [] : Object.keys(faults).filter((fault) => pattern.test(fault))
    return fitting.flatMap((fault) =>
      [false, true].map((accompanied) => play({ kind, fault, wrongS, rightS, accompanied })),
    )
  })
}

export const wrongLeap: Scenario = {
  name: 'wrong-leap',
  title: 'a start with a leap count that is wrong or unknown, called valid',
  run: (scale) => everyFamily(/leap|no-utc/, scale),
}

export const weekRollover: Scenario = {
  name: 'week-rollover',
  title: 'dates 1024 weeks early from the start on',
  run: (scale) => everyFamily(/rollover/, scale),
}
