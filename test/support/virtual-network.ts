import type { DriverFault, DriverStatus } from '../../drivers/driver.ts'
import type {
  PacketAction,
  PacketChannel,
  PacketDriver,
  PacketEmulator,
  PacketSend,
  ReceivedPacket,
} from '../../drivers/packet-driver.ts'
import { assert } from '../../src/core/assert.ts'
import { createPrng } from '../../src/core/prng.ts'
import type { TimeSample } from '../../src/core/sample.ts'
import type { Stamp } from '../../src/core/stamp.ts'
import { type MonoNs, plus } from '../../src/core/time.ts'

/** A driver and an emulator at the two ends of a network in memory, on virtual time: what `virtual-line.ts` is for lines. */
export interface VirtualNetwork {
  now(): MonoNs
  /** Lets time pass: packets arrive, and each end is woken when it asked to be. */
  advance(durationNs: bigint): void
  /** Time passes while neither end is scheduled. */
  sleep(durationNs: bigint): void
  /** The link is closed and opened again: another driver, and what is under way is lost. */
  reopen(): void
  /** A packet that reaches the driver and did not come from the emulator. */
  disturb(packet: { readonly channel: PacketChannel; readonly bytes: Uint8Array; readonly from: string }): void
  driver(): PacketDriver
}

/** How packets fare; may be changed while they do. */
export interface PacketWay {
  /** How long each copy of a packet takes, ns; none: it is lost. */
  durationsNs(packet: PacketSend): readonly bigint[]
  /** Undefined: when it left is never told. */
  sentErrorNs: bigint | undefined
  receivedErrorNs: bigint
  /** Where packets seem to come from: in several places, each sees them all. */
  from: readonly string[]
}

export interface VirtualNetworkOptions {
  readonly createDriver: () => PacketDriver
  readonly emulator: PacketEmulator
  readonly startAt: MonoNs
  readonly toDriver: PacketWay
  readonly toEmulator: PacketWay
  readonly seed: number
  readonly hear: (event: NetworkEvent) => void
}

export type NetworkEvent =
  | { readonly at: MonoNs; readonly from: 'driver'; readonly action: PacketAction }
  | { readonly at: MonoNs; readonly from: 'emulator'; readonly action: PacketSend }

interface Delivery {
  readonly at: MonoNs
  deliver(): void
}

const EVENTS_AT_ONE_INSTANT_MAX = 10_000

export function createVirtualNetwork(options: VirtualNetworkOptions): VirtualNetwork {
  const { createDriver, emulator, hear, toDriver, toEmulator } = options
  const prng = createPrng(options.seed)
  let driver = createDriver()
  let now = options.startAt
  let opening = 0
  // Sorted by when they arrive.
  let underWay: Delivery[] = []

  const schedule = (at: MonoNs, deliver: () => void): void => {
    const index = underWay.findLastIndex((each) => each.at <= at)
    underWay.splice(index + 1, 0, { at, deliver })
  }
  /** A stamp is off by as much as it says at most. */
  const stampAt = (at: MonoNs, errorNs: bigint): Stamp => {
    const offNs = BigInt(Math.round((prng.nextUnit() * 2 - 1) * Number(errorNs)))
    return { at: plus(at, offNs), errorNs, kind: 'kernel' }
  }
  const carry = (way: PacketWay, packet: PacketSend, arrive: (packet: ReceivedPacket) => void): void => {
    const { channel, bytes } = packet
    for (const durationNs of way.durationsNs(packet)) {
      const at = plus(now, durationNs)
      for (const from of way.from) {
        schedule(at, () => arrive({ channel, bytes, from, received: stampAt(at, way.receivedErrorNs) }))
      }
    }
  }
  const tellSent = (way: PacketWay, { token }: PacketSend, told: (token: number, stamp: Stamp) => void): void => {
    if (token !== undefined && way.sentErrorNs !== undefined) told(token, stampAt(now, way.sentErrorNs))
  }
  const fromDriver = (actions: readonly PacketAction[]): void => {
    for (const action of actions) {
      hear({ at: now, from: 'driver', action })
      if (action.type !== 'send') continue
      carry(toEmulator, action, (packet) => fromEmulator(emulator.receive(packet)))
      tellSent(toEmulator, action, (token, stamp) => fromDriver(driver.sent(token, stamp)))
    }
  }
  const fromEmulator = (packets: readonly PacketSend[]): void => {
    for (const action of packets) {
      hear({ at: now, from: 'emulator', action })
      const mine = opening
      carry(toDriver, action, (packet) => {
        if (mine === opening) fromDriver(driver.receive(packet))
      })
      tellSent(toDriver, action, (token, stamp) => fromEmulator(emulator.sent(token, stamp)))
    }
  }
  const isDue = (at: MonoNs | undefined): boolean => at !== undefined && at <= now
  const nextAt = (): MonoNs | undefined => {
    const first = earliest([driver.nextWakeAt(), emulator.nextWakeAt(), underWay[0]?.at])
    return first !== undefined && first < now ? now : first
  }
  const step = (): void => {
    for (let due = underWay[0]; due !== undefined && due.at <= now; due = underWay[0]) {
      underWay.shift()
      due.deliver()
    }
    if (isDue(emulator.nextWakeAt())) fromEmulator(emulator.wake(now))
    if (isDue(driver.nextWakeAt())) fromDriver(driver.wake(now))
  }

  return {
    now: () => now,
    advance: (durationNs) => {
      const until = plus(now, durationNs)
      let atThisInstant = 0
      for (let next = nextAt(); next !== undefined && next <= until; next = nextAt()) {
        atThisInstant = next === now ? atThisInstant + 1 : 0
        assert(atThisInstant < EVENTS_AT_ONE_INSTANT_MAX, `expected time to pass, got stuck at ${now}`)
        now = next
        step()
      }
      now = until
    },
    sleep: (durationNs) => {
      now = plus(now, durationNs)
      underWay = []
    },
    reopen: () => {
      opening += 1
      driver = createDriver()
    },
    disturb: ({ channel, bytes, from }) => {
      fromDriver(driver.receive({ channel, bytes, from, received: stampAt(now, toDriver.receivedErrorNs) }))
    },
    driver: () => driver,
  }
}

function earliest(instants: readonly (MonoNs | undefined)[]): MonoNs | undefined {
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}

/** What a network said, sorted. */
export interface NetworkRecord {
  readonly hear: (event: NetworkEvent) => void
  readonly samples: TimeSample[]
  readonly faults: DriverFault[]
  readonly statuses: DriverStatus[]
  /** What each end sent, and when. */
  readonly sent: { readonly at: MonoNs; readonly by: 'driver' | 'emulator'; readonly packet: PacketSend }[]
  driverActions: number
  clear(): void
}

export function createNetworkRecord(): NetworkRecord {
  const record: NetworkRecord = {
    samples: [],
    faults: [],
    statuses: [],
    sent: [],
    driverActions: 0,
    hear({ at, from, action }) {
      if (action.type === 'send') record.sent.push({ at, by: from, packet: action })
      if (from === 'emulator') return
      record.driverActions += 1
      if (action.type === 'sample') record.samples.push(action.sample)
      if (action.type === 'fault') record.faults.push(action.fault)
      if (action.type === 'status') record.statuses.push(action.status)
    },
    clear() {
      for (const list of [record.samples, record.faults, record.statuses, record.sent]) list.length = 0
      record.driverActions = 0
    },
  }
  return record
}
