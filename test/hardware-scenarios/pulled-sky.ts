import type { EmulatorContext } from '../../drivers/driver.ts'
import { createPrng } from '../../src/core/prng.ts'
import { NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { taiOf } from '../support/virtual-sky.ts'
import { type ChainSource, createInstrumentChain, START_AT } from './instrument-chain.ts'
import { createJudge } from './judge.ts'
import type { SampledSource } from './sample-world.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'
import { pulledSky, trueSky } from './skies.ts'

const PULL_PPB = 100n
const QUIET_S = 150
const RECEIVERS = ['gnss0', 'gnss1', 'gnss2']

function receiver(name: string, sky: EmulatorContext): ChainSource {
  return { config: { name, class: 'gnss', role: 'time', domain: 'gnss' }, kind: 'nmea-receiver', sky }
}

const CAESIUM: SampledSource = {
  config: { name: 'cs0', class: 'caesium', role: 'time', domain: 'caesium' },
  accuracyNs: 100,
  noiseNs: 10,
  errorNs: () => 60,
}
const GRANDMASTER: SampledSource = {
  config: { name: 'ptp0', class: 'ptp', role: 'time', domain: 'ptp' },
  accuracyNs: 1_000,
  noiseNs: 100,
  errorNs: () => -700,
}
const RUBIDIUM: SampledSource = {
  config: { name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' },
  accuracyNs: 0,
  noiseNs: 10,
  errorNs: (s) => 5e8 + 0.6 * s,
}

interface Plan {
  readonly run: string
  readonly pulled: readonly string[]
  readonly beside: readonly SampledSource[]
  readonly pulledS: number
  /** Whether those that are pulled can be told from those that are not. */
  readonly decidable: boolean
}

function play({ run, pulled, beside, pulledS, decidable }: Plan): Outcome {
  const truth = trueSky(taiOf('2026-01-15T12:00:00'))
  const from = plus(START_AT, BigInt(QUIET_S) * NS_PER_SECOND)
  const spoofed = pulledSky(truth, from, PULL_PPB)
  const sources = RECEIVERS.map((name) => receiver(name, pulled.includes(name) ? spoofed : truth))
  const chain = createInstrumentChain(createPrng(1), truth, sources, beside)
  const judge = createJudge()
  let excludedAfterS = -1
  let flaggedAfterS = -1
  chain.run(QUIET_S + pulledS, (reading) => {
    judge.hear(reading, truth.skyTai(reading.monoNs))
    const sinceS = Number(reading.monoNs - from) / 1e9
    const states = reading.sources.filter(({ name }) => pulled.includes(name)).map(({ state }) => state)
    if (sinceS > 0 && excludedAfterS < 0 && !states.includes('selected')) excludedAfterS = sinceS
    if (sinceS > 0 && flaggedAfterS < 0 && reading.alarms.some(({ code }) => code.startsWith('fusion.')))
      flaggedAfterS = sinceS
  })
  const excluded = excludedAfterS > 0 && excludedAfterS <= 30
  return outcomeOf(run, judge.figures(), { 'excluded after, s': excludedAfterS, 'flagged after, s': flaggedAfterS }, [
    unless(
      !decidable || excluded,
      `expected those pulled to be excluded within 30 s, got it after ${excludedAfterS} s`,
    ),
    unless(decidable || flaggedAfterS > 0, 'expected an alarm, got none'),
  ])
}

const [, , THIRD = ''] = RECEIVERS

export const oneReceiverPulled: Scenario = {
  name: 'one-receiver-pulled',
  title: 'one of three receivers is pulled by 100 ns/s',
  run: (scale) => {
    const pulledS = scale === 'short' ? 45 : 300
    return [
      play({ run: 'alone', pulled: [THIRD], beside: [], pulledS, decidable: true }),
      play({ run: 'beside a rubidium without a date', pulled: [THIRD], beside: [RUBIDIUM], pulledS, decidable: true }),
    ]
  },
}

export const siteSpoofed: Scenario = {
  name: 'site-spoofed',
  title: 'all three receivers of a site are pulled by 100 ns/s together',
  run: (scale) => {
    const pulledS = scale === 'short' ? 45 : 300
    const all = { pulled: RECEIVERS, pulledS }
    return [
      play({ run: 'beside a caesium', beside: [CAESIUM], ...all, decidable: false }),
      play({ run: 'beside a grandmaster', beside: [GRANDMASTER], ...all, decidable: false }),
      play({ run: 'beside a rubidium without a date', beside: [RUBIDIUM], ...all, decidable: false }),
      play({ run: 'beside a caesium and a rubidium', beside: [CAESIUM, RUBIDIUM], ...all, decidable: true }),
      play({ run: 'beside a caesium and a grandmaster', beside: [CAESIUM, GRANDMASTER], ...all, decidable: true }),
    ]
  },
}
