import type { Driver, DriverAction, DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { between, INSTANT_LIMIT_NS, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { unwrap } from '../support/results.ts'
import { createVirtualLine } from '../support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../support/virtual-sky.ts'
import { decodeScript, encodeScript, type Spoken } from './driver-script.ts'
import { almostBytes } from './mutation.ts'
import type { Taken, Target } from './target.ts'

const START_AT = monoNs(1_000n * NS_PER_SECOND)
const SCRIPT_BYTES_MAX = 700
const SCRIPT_SECONDS_MAX = 20
/** After the last byte: whoever waits for more gives up, and silence is an alarm. */
const AFTERWARDS_NS = 12n * NS_PER_SECOND
const WAKES_AT_ONE_INSTANT_MAX = 100
/** More than that of one input is a flood. */
const ACTIONS_MAX = 2_000
const WRITTEN_BYTES_MAX = 4_096

/**
 * A family's whole driver, fed with what its own emulator says to it, mutated: the bytes, the pauses and how the stream is cut.
 * One driver is made for each input, and one hears all inputs, so that what it keeps shows in the heap.
 */
export function driverTarget(family: DriverFamily<unknown>): Target {
  const options = unwrap(family.parseOptions({}, 'options'))
  const create = (): Driver => family.create(options, { source: 'source0', leapTable: EMBEDDED_LEAP_TABLE })
  let corpus: readonly Uint8Array[] | undefined
  let veteran = { driver: create(), now: START_AT }
  const hear = (driver: Driver, script: readonly Spoken[], from: MonoNs): Heard => {
    const heard = listen(driver, script, from)
    if (heard.problem !== undefined) throw new Error(heard.problem)
    return heard
  }
  return {
    name: `driver ${family.kind}`,
    // Made when it is asked for: a campaign on one family does not wait for the others to speak.
    get corpus() {
      corpus ??= [undefined, ...Object.keys(family.faults)].map((fault) => scriptOf(family, options, fault))
      return corpus
    },
    inputs: almostBytes,
    take(bytes): Taken {
      const script = decodeScript(bytes)
      const { fault } = hear(create(), script, START_AT)
      const later = hear(veteran.driver, script, veteran.now)
      veteran = { driver: later.wantsReset ? create() : veteran.driver, now: later.now }
      return fault === undefined ? { ok: true, value: { again: undefined } } : { ok: false, fault }
    },
  }
}

/** What the emulator says in its first seconds to the family's own driver. */
function scriptOf(family: DriverFamily<unknown>, options: unknown, fault: string | undefined): Uint8Array {
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const emulator = family.emulate(options, 1, sky)
  if (fault !== undefined) unwrap(emulator.setFault(fault, true))
  const spoken: Spoken[] = []
  let last = START_AT
  let length = 0
  const line = createVirtualLine({
    createDriver: () => family.create(options, { source: 'source0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear(event) {
      if (event.from !== 'emulator' || event.action.type !== 'write' || length > SCRIPT_BYTES_MAX) return
      const { bytes } = event.action
      spoken.push({ pauseNs: between(last, event.at), bytes })
      last = event.at
      length += bytes.length + 4
    },
  })
  line.advance(BigInt(SCRIPT_SECONDS_MAX) * NS_PER_SECOND)
  return encodeScript(spoken)
}

interface Heard {
  readonly now: MonoNs
  readonly wantsReset: boolean
  /** The first that was reported. */
  readonly fault: { readonly code: string; readonly message: string } | undefined
  readonly problem: string | undefined
}

function listen(driver: Driver, script: readonly Spoken[], from: MonoNs): Heard {
  let now = from
  const actions: DriverAction[] = []
  const wakeUntil = (end: MonoNs): void => {
    let atThisInstant = 0
    for (let at = driver.nextWakeAt(); at !== undefined && at <= end; at = driver.nextWakeAt()) {
      atThisInstant = at <= now ? atThisInstant + 1 : 0
      if (atThisInstant > WAKES_AT_ONE_INSTANT_MAX) throw new Error(`wants to be woken at ${at} for ever`)
      now = at > now ? at : now
      actions.push(...driver.wake(now))
    }
    now = end
  }
  wakeUntil(now)
  for (const { pauseNs, bytes } of script) {
    wakeUntil(plus(now, pauseNs))
    actions.push(...driver.receive(bytes, now))
  }
  // That nothing more comes is no fault of the input.
  const fault = actions.find((action) => action.type === 'fault')?.fault
  wakeUntil(plus(now, AFTERWARDS_NS))
  const problem =
    actions.length > ACTIONS_MAX
      ? `expected at most ${ACTIONS_MAX} actions, got ${actions.length}`
      : actions.map(problemOf).find((it) => it !== undefined)
  return { now, wantsReset: actions.some(({ type }) => type === 'reset'), fault, problem }
}

/** What no driver may say, whatever it has heard. */
function problemOf(action: DriverAction): string | undefined {
  switch (action.type) {
    case 'write':
      return action.bytes.length <= WRITTEN_BYTES_MAX ? undefined : `${action.bytes.length} bytes written at once`
    case 'sample': {
      const { sample } = action
      if (sample.taiNs < 0n || sample.taiNs > INSTANT_LIMIT_NS) return `a sample of TAI ${sample.taiNs}`
      return sample.kind === 'label' && sample.firstByteAt > sample.lastByteAt ? 'a label that ends first' : undefined
    }
    case 'fault': {
      const { code, message } = action.fault
      const isTold = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(code) && message.length > 0 && message.length < 2_000
      return isTold ? undefined : `expected a fault with a code and one sentence, got ${code}: ${message.slice(0, 200)}`
    }
    case 'status': {
      const numbers = Object.entries(action.status.details).filter(([, value]) => typeof value === 'number')
      const odd = numbers.find(([, value]) => !Number.isFinite(value))
      if (odd !== undefined) return `a detail ${odd.join(' ')}`
      return action.status.alarms.length > 64 ? `${action.status.alarms.length} alarms` : undefined
    }
    default:
      return undefined
  }
}

/** Of every family in the list: later ones are picked up by themselves. */
export const DRIVER_TARGETS: readonly Target[] = families.map(driverTarget)
