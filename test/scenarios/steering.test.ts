import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DriverStatus, EmulatorContext } from '../../drivers/driver.ts'
import { microchipSa5x } from '../../drivers/microchip-sa5x/index.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { createPrng } from '../../src/core/prng.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { createNodeClock } from '../../src/fusion/node-clock.ts'
import { createPulseCount } from '../../src/fusion/pulse-count.ts'
import type { ServedReading } from '../../src/fusion/served-clock.ts'
import { createSourceComparison } from '../../src/fusion/source-comparison.ts'
import { createSourceSteering, type SteeringDecision } from '../../src/fusion/steering.ts'
import { whyNotSteer } from '../../src/fusion/steering-trust.ts'
import { createVirtualLine } from '../support/virtual-line.ts'

/**
 * The whole way on virtual time: an emulated SA5x with its driver and its pulses, three receivers in two domains, the node
 * clock, and the loop that steers. The truth is known, so what steering did is measured against it.
 */

const START = monoNs(1_000n * NS_PER_SECOND)
const START_TAI = taiNs(1_760_000_000n * NS_PER_SECOND)
/** The local crystal runs 3 ppm slow. */
const RATE_PPB = 3_000n
const INTERVAL_S = 800
/** Readings and decisions every so many seconds: what a line through them costs is what this test takes. */
const TICK_S = 4

const truth: EmulatorContext = {
  leapTable: EMBEDDED_LEAP_TABLE,
  skyTai: (at) => plus(START_TAI, between(START, at) + (between(START, at) * RATE_PPB) / NS_PER_SECOND),
  skyMono: (tai) => plus(START, (between(START_TAI, tai) * NS_PER_SECOND) / (NS_PER_SECOND + RATE_PPB)),
}

const RECEIVERS = [
  { name: 'gnss0', domain: 'gnss' },
  { name: 'gnss1', domain: 'gnss' },
  { name: 'ptp0', domain: 'ptp' },
] as const

interface World {
  /** By how much a receiver is wrong, ns. */
  errorNs(receiver: string, second: number): number
  certified: boolean
}

function open(fractionE15: number, world: World) {
  const options = microchipSa5x.parseOptions({ emulator: { fractionE15, ageingE15PerDay: 0 } }, 'options')
  assert.ok(options.ok)
  const prng = createPrng(7)
  const nodeClock = createNodeClock({
    oscillator: 'crystal',
    sources: [
      ...RECEIVERS.map((receiver) => ({ ...receiver, class: 'gnss' as const, role: 'time' as const })),
      { name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb' },
    ],
  })
  const comparison = createSourceComparison('rb0', 200)
  const counting = createPulseCount({ source: 'rb0' })
  const steering = createSourceSteering({
    intervalNs: BigInt(INTERVAL_S) * NS_PER_SECOND,
    stepE15Max: 20_000,
    dayE15Max: 200_000,
    offsetE15Max: 1_000_000,
    changeE15Max: 5_000,
    resolutionE15: 1,
    rangeE15: 20_000_000,
  })
  const pulses: MonoNs[] = []
  const decisions: SteeringDecision[] = []
  let status: DriverStatus | undefined
  const line = createVirtualLine({
    createDriver: () => microchipSa5x.create(options.value, { source: 'rb0', leapTable: truth.leapTable }),
    emulator: microchipSa5x.emulate(options.value, 1, truth),
    startAt: START,
    hear: ({ from, action }) => {
      if (from === 'driver' && action.type === 'status') {
        status = action.status
        nodeClock.setStatus('rb0', action.status, line.now())
      }
      if (from === 'emulator' && action.type === 'pulse') {
        pulses.push(action.at)
        if (pulses.length % TICK_S !== 0) return
        const quality = status?.quality === 'locked' ? 'locked' : 'unlocked'
        const pulse = { kind: 'pulse', source: 'rb0', monoNs: action.at, uncertaintyNs: 10n } as const
        for (const sample of counting.pulse(pulse, quality).samples) {
          comparison.observe(sample)
          nodeClock.observe(sample)
        }
      }
    },
  })
  const tick = (index: number): void => {
    for (const { name } of RECEIVERS) {
      const at = plus(line.now(), BigInt(prng.nextBelow(1_000_000)))
      const error = BigInt(Math.round(world.errorNs(name, index) + prng.nextNormal()))
      nodeClock.observe({
        kind: 'time',
        source: name,
        monoNs: at,
        taiNs: plus(truth.skyTai(at), error),
        accuracyNs: 100n,
        precisionNs: 20n,
        quality: 'locked',
      })
    }
    line.advance(BigInt(TICK_S) * NS_PER_SECOND)
    const now = line.now()
    const node = nodeClock.read(now)
    const whyNot = whyNotSteer('rb0', status, node, world.certified ? certifiedAt(now) : undefined)
    const offsetNs = comparison.offsetNs(node)
    const decision = steering.tick({ now, whyNot, offsetNs, steeredE15: status?.steeredE15 })
    if (decision === undefined) return
    decisions.push(decision)
    if (decision.kind !== 'steered') return
    const carriedOut = line.steer({ fractionE15: BigInt(decision.toE15) })
    assert.ok(carriedOut.ok)
  }
  let index = 0
  return {
    run: (seconds: number): void => {
      for (const until = index + seconds; index < until; index += TICK_S) tick(index)
    },
    decisions,
    pulses,
    /** What is left of the offset by the truth, 1e-15. */
    leftE15: (): number => fractionE15 + (status?.steeredE15 ?? Number.NaN),
  }
}

/** What the other appliances certify: the truth, to 200 ns. */
function certifiedAt(now: MonoNs): ServedReading {
  const tai = truth.skyTai(now)
  const interval = { lo: tai - 200n, hi: tai + 200n }
  return { monoNs: now, taiNs: tai, targetTaiNs: tai, interval, boundNs: 200n, origin: 'certified', flags: [] }
}

describe('steering an emulated SA5x', () => {
  test('pulls 5e-11 below 1e-12, and no pulse steps', () => {
    const bench = open(50_000, { errorNs: () => 0, certified: true })
    bench.run(INTERVAL_S * 10)
    assert.ok(Math.abs(bench.leftE15()) < 1_000, `${bench.leftE15()}e-15 left`)
    assert.ok(bench.decisions.filter(({ kind }) => kind === 'steered').length >= 4)
    const secondNs = 1e9 / (1 + Number(RATE_PPB) / 1e9)
    for (const [index, at] of bench.pulses.entries()) {
      const before = bench.pulses[index - 1]
      // The noise of two pulses of 0.5 ns, the offset of the crystal before lock, and rounding.
      if (before !== undefined && index > 10)
        assert.ok(Math.abs(Number(between(before, at)) - secondNs) < 6, `${index}`)
    }
  })

  test('does not move while the domains disagree, or before a certificate confirms the clock', () => {
    const contested = open(50_000, { errorNs: (name) => (name === 'ptp0' ? 50_000 : 0), certified: true })
    contested.run(INTERVAL_S * 1.25)
    assert.equal(contested.leftE15(), 50_000)
    assert.ok(contested.decisions.some(({ reason }) => /contested|locked|carries/.test(reason)))
    const alone = open(50_000, { errorNs: () => 0, certified: false })
    alone.run(INTERVAL_S * 1.25)
    assert.equal(alone.leftE15(), 50_000)
    assert.match(alone.decisions.at(-1)?.reason ?? '', /no certificate/)
  })

  test('does not follow a node clock whose every receiver is walked away slowly', () => {
    const walksFromS = INTERVAL_S * 2.25
    const errorNs = (_name: string, second: number): number => Math.max(0, second - walksFromS) * 0.02
    const bench = open(2_000, { errorNs, certified: true })
    bench.run(walksFromS)
    const before = bench.leftE15()
    assert.ok(Math.abs(before) < 3_000)
    bench.run(INTERVAL_S * 3)
    assert.equal(bench.leftE15(), before)
    assert.match(bench.decisions.at(-1)?.reason ?? '', /may be walking/)
  })
})
