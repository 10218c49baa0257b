import type { EmulatorContext } from '../../drivers/driver.ts'
import type { PacketEmulator, PacketFamily, PacketLink } from '../../drivers/packet-driver.ts'
import { createPrng } from '../../src/core/prng.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import { unwrap } from '../support/results.ts'
import {
  createNetworkRecord,
  createVirtualNetwork,
  type NetworkRecord,
  type PacketWay,
  type VirtualNetwork,
} from '../support/virtual-network.ts'
import { createVirtualSky, taiOf } from '../support/virtual-sky.ts'

/** One instrument behind one virtual network, before one driver of its family. */
export interface PacketBench {
  readonly family: PacketFamily<unknown>
  readonly emulator: PacketEmulator
  readonly network: VirtualNetwork
  readonly record: NetworkRecord
  readonly sky: EmulatorContext
  readonly link: PacketLink
  readonly toDriver: PacketWay
  readonly toEmulator: PacketWay
  /** How a healthy way carries packets. */
  healthyNs(): bigint
  random(): number
  /** How many faults the driver gave in the worst second since `forget`. */
  faultsInASecondMax(): number
  run(seconds: number): void
  forget(): void
}

export interface PacketBenchOptions {
  readonly seed?: number
  readonly options?: object
  /** How fast TAI runs away from the local oscillator. */
  readonly ratePpb?: bigint
}

const START_AT = monoNs(1_000n * NS_PER_SECOND + 123_456_789n)
/** Of a switch or two: the least that a packet takes, and what it waits besides in the mean. */
const PATH_NS = 8_000
const QUEUE_NS_MEAN = 2_000
const STAMP_ERROR_NS = 60n
const RATE_PPB = 12_345n
export const INSTRUMENT_ADDRESS = '192.0.2.1'
const HOST_ADDRESS = '192.0.2.2'

export function openPacketBench(family: PacketFamily<unknown>, setup: PacketBenchOptions = {}): PacketBench {
  const { seed = 1, ratePpb = RATE_PPB } = setup
  const options = unwrap(family.parseOptions(setup.options ?? {}, 'options'))
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00'), ratePpb })
  const prng = createPrng(seed + 1000)
  const portOf = (last: number) => ({ clockIdentity: Uint8Array.of(2, 0, 0, 0xff, 0xfe, 0, 0, last), portNumber: 1 })
  const emulator = family.emulate(options, seed, { ...sky, port: portOf(1) })
  const healthyNs = (): bigint => BigInt(Math.round(PATH_NS - QUEUE_NS_MEAN * Math.log(1 - prng.nextUnit())))
  const wayFrom = (address: string): PacketWay => ({
    durationsNs: () => [healthyNs()],
    sentErrorNs: STAMP_ERROR_NS,
    receivedErrorNs: STAMP_ERROR_NS,
    from: [address],
  })
  const toDriver = wayFrom(INSTRUMENT_ADDRESS)
  const toEmulator = wayFrom(HOST_ADDRESS)
  const record = createNetworkRecord()
  const counts = new Map<bigint, number>()
  const network = createVirtualNetwork({
    createDriver: () => family.create(options, { source: 'source0', leapTable: sky.leapTable, port: portOf(2) }),
    emulator,
    startAt: START_AT,
    toDriver,
    toEmulator,
    seed,
    hear: (event) => {
      record.hear(event)
      if (event.action.type !== 'fault') return
      const second = event.at / NS_PER_SECOND
      counts.set(second, (counts.get(second) ?? 0) + 1)
    },
  })
  return {
    family,
    emulator,
    network,
    record,
    sky,
    link: family.linkOf(options),
    toDriver,
    toEmulator,
    healthyNs,
    random: () => prng.nextUnit(),
    faultsInASecondMax: () => Math.max(0, ...counts.values()),
    run: (seconds) => network.advance(BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND),
    forget: () => {
      record.clear()
      counts.clear()
    },
  }
}
