import type { Driver, DriverFamily } from '../../drivers/driver.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import type { Fault } from '../../src/core/fault.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, plus } from '../../src/core/time.ts'
import { parseArrivals } from '../../src/device/recording.ts'
import { openBench } from '../conformance/bench.ts'
import { familiesUnderTest } from '../conformance/families-under-test.ts'
import { unwrap } from '../support/results.ts'
import { createVirtualSky, taiOf } from '../support/virtual-sky.ts'
import type { Target } from './targets.ts'

/** What instruments say, and what stands in recordings of it. */

const CORPUS_MAX = 24
/** What comes with less than this between is one message to the fuzzer: a burst of sentences, a reply. */
const PAUSE_NS = 50n * NS_PER_MILLISECOND
const MESSAGE_BYTES_MAX = 600
/** Longer than a session drains its line, so that what comes next is taken for the reply to what it asks then. */
const BETWEEN_INPUTS_NS = 1_300n * NS_PER_MILLISECOND
const ACTIONS_MAX = 1_000
const WAKES_MAX = 50

/** The messages of a healthy minute: each length once, those that differ most first. */
function corpusOf(family: DriverFamily<unknown>): readonly Uint8Array[] {
  const bench = openBench(family)
  bench.run(60)
  const messages: Uint8Array[] = []
  let last: MonoNs | undefined
  for (const { at, bytes } of bench.record.sent) {
    const before = messages.at(-1)
    const isNew =
      last === undefined || at - last > PAUSE_NS || before === undefined || before.length > MESSAGE_BYTES_MAX
    if (isNew) messages.push(bytes)
    else messages[messages.length - 1] = concatBytes(before, bytes)
    last = at
  }
  const byLength = new Map(messages.map((message) => [message.length, message]))
  return [...byLength.values()].slice(0, CORPUS_MAX)
}

/** One driver hears all inputs one after the other, as in a bad year: whatever it keeps of them shows in the heap. */
function driverTarget(family: DriverFamily<unknown>): Target {
  const sky = createVirtualSky({ monoAt: monoNs(0n), taiAt: taiOf('2026-01-15T12:00:00') })
  const options = unwrap(family.parseOptions({}, 'options'))
  let corpus: readonly Uint8Array[] | undefined
  let driver: Driver | undefined
  let now = monoNs(0n)
  return {
    name: `driver ${family.kind}`,
    get corpus() {
      // A worker of the fuzzer runs one target, and waits for no other's emulator.
      corpus ??= corpusOf(family)
      return corpus
    },
    take: (bytes) => {
      driver ??= family.create(options, { source: 'source0', leapTable: sky.leapTable })
      now = plus(now, BETWEEN_INPUTS_NS)
      const faults: Fault[] = []
      let actions = 0
      const hear = (said: ReturnType<Driver['wake']>): void => {
        actions += said.length
        for (const action of said) if (action.type === 'fault') faults.push(action.fault)
      }
      for (let wakes = 0; isDue(driver, now); wakes++) {
        if (wakes > WAKES_MAX) throw new Error(`${family.kind} wants to be woken for ever`)
        hear(driver.wake(now))
      }
      hear(driver.receive(bytes, now))
      if (actions > ACTIONS_MAX) throw new Error(`${actions} actions on ${bytes.length} bytes`)
      const [first] = faults
      return first === undefined ? { ok: true, value: { again: undefined } } : { ok: false, fault: first }
    },
  }
}

function isDue(driver: Driver, now: MonoNs): boolean {
  const at = driver.nextWakeAt()
  return at !== undefined && at <= now
}

export const DRIVER_TARGETS: readonly Target[] = [
  ...familiesUnderTest().map(driverTarget),
  {
    name: 'arrivals of a recording',
    corpus: [new TextEncoder().encode('0 < 16\n1500000 > 2a49444e3f0d\n2000000 < 1024\n')],
    take: (bytes) => {
      const arrivals = parseArrivals(new TextDecoder('latin1').decode(bytes), 'arrivals')
      return arrivals.ok ? { ok: true, value: { again: undefined } } : arrivals
    },
  },
]
