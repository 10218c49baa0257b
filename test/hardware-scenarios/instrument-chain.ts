import type { EmulatorContext } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { createSourceIntake } from '../../src/agent/source-intake.ts'
import { assert } from '../../src/core/assert.ts'
import type { Fault } from '../../src/core/fault.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createNodeClock, type NodeClock, type NodeClockReading } from '../../src/fusion/node-clock.ts'
import type { SourceConfig } from '../../src/fusion/source.ts'
import { unwrap } from '../support/results.ts'
import { createVirtualLine, type VirtualLine } from '../support/virtual-line.ts'
import type { SampledSource } from './sample-world.ts'

/** An emulated instrument on its wire, with its driver, for a node clock. */
export interface ChainSource {
  readonly config: SourceConfig
  readonly kind: string
  readonly options?: Readonly<Record<string, unknown>>
  /** What it hears; the true sky by default. */
  readonly sky?: EmulatorContext
  readonly accuracyNs?: number
}

/** The whole way from emulators to the node clock on virtual time: bytes, drivers, labels and pulses, fusion. */
export interface InstrumentChain {
  readonly clock: NodeClock
  readonly faults: readonly Fault[]
  now(): MonoNs
  setFault(source: string, fault: string, on: boolean): void
  /** Lets so many seconds pass, with a reading in the middle of each. */
  run(seconds: number, hear: (reading: NodeClockReading) => void): void
}

interface Running {
  readonly name: string
  readonly line: VirtualLine
  setFault(fault: string, on: boolean): void
  /** Tells the edges that have come. */
  flush(now: MonoNs): void
}

export const START_AT = monoNs(1_000n * NS_PER_SECOND)
const STEP_NS = 10n * NS_PER_MILLISECOND
const STEPS_A_SECOND = 100
/** Stamps of a kernel, half-width. */
const STAMP_NS = 50n

export function createInstrumentChain(
  prng: Prng,
  truth: EmulatorContext,
  sources: readonly ChainSource[],
  sampled: readonly SampledSource[] = [],
): InstrumentChain {
  const configs = [...sources, ...sampled].map(({ config }) => config)
  const clock = createNodeClock({ oscillator: 'crystal', sources: configs })
  const faults: Fault[] = []
  const running = sources.map((source, index) => start(source, prng.nextBelow(1_000) + index, truth, clock, faults))
  let now = START_AT
  const sample = (source: SampledSource): void => {
    const errorNs = source.errorNs(Number(now - START_AT) / 1e9)
    if (errorNs === undefined) return
    const heardNs = BigInt(Math.round(errorNs + source.noiseNs * prng.nextNormal()))
    clock.observe({
      kind: 'time',
      source: source.config.name,
      monoNs: now,
      taiNs: plus(truth.skyTai(now), heardNs),
      accuracyNs: BigInt(source.accuracyNs),
      precisionNs: BigInt(Math.ceil(4 * source.noiseNs)),
      quality: source.quality?.(Number(now - START_AT) / 1e9) ?? 'locked',
    })
  }
  return {
    clock,
    faults,
    now: () => now,
    setFault: (name, fault, on) => running.find((each) => each.name === name)?.setFault(fault, on),
    run: (seconds, hear) => {
      for (let step = 1; step <= seconds * STEPS_A_SECOND; step++) {
        now = plus(now, STEP_NS)
        for (const { line, flush } of running) {
          line.advance(STEP_NS)
          flush(now)
        }
        if (step % STEPS_A_SECOND === 10) sampled.forEach(sample)
        if (step % STEPS_A_SECOND === STEPS_A_SECOND / 2) hear(clock.read(now))
      }
    },
  }
}

function start(
  { config, kind, options = {}, sky, accuracyNs }: ChainSource,
  seed: number,
  truth: EmulatorContext,
  nodeClock: NodeClock,
  faults: Fault[],
): Running {
  const family = families.find((each) => each.kind === kind)
  assert(family !== undefined, `no family is named ${kind}`)
  const parsed = unwrap(family.parseOptions(options, config.name))
  const emulator = family.emulate(parsed, seed, sky ?? truth)
  const intake = createSourceIntake({
    source: { name: config.name, class: config.class, accuracyNs, pulseSocket: '/pulses' },
    timeOfDay: family.timeOfDay,
    nodeClock,
    onFault: (fault) => faults.push(fault),
    onReading: () => undefined,
  })
  let edges: readonly MonoNs[] = []
  const flush = (now: MonoNs): void => {
    for (const edge of edges.filter((at) => at <= now)) {
      intake.pulse({ kind: 'pulse', source: config.name, monoNs: edge, uncertaintyNs: STAMP_NS })
    }
    edges = edges.filter((at) => at > now)
  }
  const line = createVirtualLine({
    createDriver: () => family.create(parsed, { source: config.name, leapTable: truth.leapTable }),
    emulator,
    startAt: START_AT,
    hear: ({ at, from, action }) => {
      if (from === 'emulator' && action.type === 'pulse') edges = [...edges, action.at]
      if (from === 'emulator') return
      if (action.type === 'fault') faults.push(action.fault)
      if (action.type === 'status') intake.status(action.status, at)
      if (action.type !== 'sample') return
      flush(at)
      intake.sample(action.sample)
    },
  })
  return {
    name: config.name,
    line,
    setFault: (fault, on) => {
      unwrap(emulator.setFault(fault, on))
    },
    flush,
  }
}
