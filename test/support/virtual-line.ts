import type {
  Driver,
  DriverAction,
  DriverFault,
  DriverStatus,
  Emulator,
  EmulatorAction,
  Steering,
} from '../../drivers/driver.ts'
import { assert } from '../../src/core/assert.ts'
import { ok, type Result } from '../../src/core/fault.ts'
import { max, min } from '../../src/core/integer.ts'
import type { LabelSample, TimeSample } from '../../src/core/sample.ts'
import { type MonoNs, plus } from '../../src/core/time.ts'

/**
 * A driver and an emulator on one wire in memory, on virtual time: nothing waits, and the same seed gives the same
 * run. Does what the shell in `src/device` does around a driver, wakes and resets included.
 */
export interface VirtualLine {
  now(): MonoNs
  /** When driver or emulator next want to be woken; never in the past. */
  nextAt(): MonoNs | undefined
  /** Lets time pass, waking each side when it asked to be woken. */
  advance(durationNs: bigint): void
  /** Time passes while host and instrument are not scheduled at all: both wake late. */
  sleep(durationNs: bigint): void
  /** The link is closed and opened again: another driver. */
  reopen(): void
  /** Bytes that reach the driver and did not come from the emulator. */
  disturb(bytes: Uint8Array): void
  /** The driver as it stands; another one after a reset. */
  driver(): Driver
  /** Hands an order to the driver, of families with `steering`, and carries out what it says. */
  steer(steering: Steering): Result<void>
}

type LineEvent =
  | { readonly at: MonoNs; readonly from: 'driver'; readonly action: DriverAction }
  | { readonly at: MonoNs; readonly from: 'emulator'; readonly action: EmulatorAction }

export interface VirtualLineOptions {
  /** Called at the start and after each reset, as the shell does when it opens the link. */
  readonly createDriver: () => Driver
  readonly emulator: Emulator
  readonly startAt: MonoNs
  /** Bytes reach the driver in chunks of at most so many; all of a write at once by default. */
  readonly chunkBytesMax?: number
  readonly hear: (event: LineEvent) => void
}

/** More wakes than this at one instant: one of the two asks to be woken in the past for ever. */
const WAKES_AT_ONE_INSTANT_MAX = 1000

export function createVirtualLine(options: VirtualLineOptions): VirtualLine {
  const { createDriver, emulator, hear, chunkBytesMax = Number.MAX_SAFE_INTEGER } = options
  let driver = createDriver()
  let now = options.startAt

  const fromDriver = (actions: readonly DriverAction[]): void => {
    for (const action of actions) {
      hear({ at: now, from: 'driver', action })
      if (action.type === 'write') fromEmulator(emulator.receive(action.bytes, now))
      if (action.type === 'reset') driver = createDriver()
    }
  }
  const fromEmulator = (actions: readonly EmulatorAction[]): void => {
    for (const action of actions) {
      hear({ at: now, from: 'emulator', action })
      if (action.type === 'write') toDriver(action.bytes)
    }
  }
  const toDriver = (bytes: Uint8Array): void => {
    for (let start = 0; start < bytes.length; start += chunkBytesMax) {
      fromDriver(driver.receive(bytes.subarray(start, start + chunkBytesMax), now))
    }
  }
  const isDue = (at: MonoNs | undefined): boolean => at !== undefined && at <= now

  const nextAt = (): MonoNs | undefined => {
    const wakes = [driver.nextWakeAt(), emulator.nextWakeAt()].filter((at) => at !== undefined)
    if (wakes.length === 0) return undefined
    return max(wakes.reduce(min), now)
  }

  return {
    now: () => now,
    nextAt,
    advance(durationNs) {
      const until = plus(now, durationNs)
      let wakesAtThisInstant = 0
      for (let next = nextAt(); next !== undefined && next <= until; next = nextAt()) {
        wakesAtThisInstant = next === now ? wakesAtThisInstant + 1 : 0
        assert(wakesAtThisInstant < WAKES_AT_ONE_INSTANT_MAX, `expected time to pass, got stuck at ${now}`)
        now = next
        if (isDue(emulator.nextWakeAt())) fromEmulator(emulator.wake(now))
        if (isDue(driver.nextWakeAt())) fromDriver(driver.wake(now))
      }
      now = until
    },
    sleep(durationNs) {
      now = plus(now, durationNs)
    },
    reopen() {
      driver = createDriver()
    },
    disturb: toDriver,
    driver: () => driver,
    steer(steering) {
      assert(driver.steer !== undefined, 'expected a driver that steers')
      const actions = driver.steer(steering, now)
      if (!actions.ok) return actions
      fromDriver(actions.value)
      return ok(undefined)
    },
  }
}

/** What a line said, sorted, for tests that run it for a while and look at the result. */
export interface LineRecord {
  readonly hear: (event: LineEvent) => void
  readonly samples: (LabelSample | TimeSample)[]
  readonly faults: DriverFault[]
  readonly statuses: DriverStatus[]
  readonly pulses: MonoNs[]
  /** What the instrument sent, and when. */
  readonly sent: { readonly at: MonoNs; readonly bytes: Uint8Array }[]
  /** Actions of the driver, of any kind. */
  driverActions: number
  clear(): void
}

export function createLineRecord(): LineRecord {
  const record: LineRecord = {
    samples: [],
    faults: [],
    statuses: [],
    pulses: [],
    sent: [],
    driverActions: 0,
    hear(event) {
      if (event.from === 'emulator') {
        if (event.action.type === 'pulse') record.pulses.push(event.action.at)
        else record.sent.push({ at: event.at, bytes: event.action.bytes })
        return
      }
      record.driverActions += 1
      if (event.action.type === 'sample') record.samples.push(event.action.sample)
      if (event.action.type === 'fault') record.faults.push(event.action.fault)
      if (event.action.type === 'status') record.statuses.push(event.action.status)
    },
    clear() {
      for (const list of [record.samples, record.faults, record.statuses, record.pulses, record.sent]) list.length = 0
      record.driverActions = 0
    },
  }
  return record
}
