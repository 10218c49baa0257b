import { createMemberClock, type MemberClock } from '../../../src/agent/member-clock.ts'
import { bootstrapRegion, type PeerClock } from '../../../src/consensus/bootstrap.ts'
import type { Membership } from '../../../src/consensus/membership.ts'
import type { RangingEntry } from '../../../src/consensus/proposal.ts'
import type { Commit, Measurement } from '../../../src/consensus/replica/types.ts'
import { around, midpoint } from '../../../src/core/interval.ts'
import { EMBEDDED_LEAP_TABLE } from '../../../src/core/leap-table.ts'
import type { Prng } from '../../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../../src/core/time.ts'
import { clockClassOf } from '../../../src/fusion/mode.ts'
import type { NodeClock, NodeClockReading } from '../../../src/fusion/node-clock.ts'
import { createRangingClock, type RangingClock } from '../../../src/fusion/ranging-clock.ts'
import type { ServedReading } from '../../../src/fusion/served-clock.ts'
import type { FrequencyEstimate } from '../../../src/fusion/source-clock.ts'
import { chance, within } from '../../support/chance.ts'
import { type ClusterNode, START_TAI, type Station } from '../../support/replica-cluster.ts'
import type { Hardware } from './hardware.ts'
import type { SimulatedOscillator } from './oscillator.ts'
import { type RangedClock, type RangingClimate, rangeRow, type Segment } from './ranging.ts'

/** What a member read at a mark, and what was true then. */
export interface TrueMark {
  readonly member: number
  readonly epoch: number
  readonly measurement: Measurement
  /** T − R at the mark, ns. */
  readonly truthNs: bigint
}

/** Sees everything that clocks do. */
export interface Witness {
  marked(mark: TrueMark): void
  served(member: number, boot: number, reading: ServedReading, tai: TaiNs): void
  decided(node: ClusterNode, commit: Commit): void
}

export interface StationOptions {
  readonly membership: Membership
  readonly prng: Prng
  readonly oscillators: readonly SimulatedOscillator[]
  readonly hardware: readonly Hardware[]
  readonly climate: RangingClimate
  /** Whose greetings lie. */
  readonly liars: ReadonlySet<number>
  readonly witness: Witness
  /** Whether packets of one reach the other. */
  reaches(from: number, to: number, now: MonoNs): boolean
}

/** The clocks of all members: production's, over modelled hardware, oscillators and ranging. */
export interface Stations {
  /** For every start of a member. */
  create(node: ClusterNode, now: MonoNs): Station
  /**
   * Reads the served clock of a member that is up; and does what the exchange of Hellos does for one that does not know
   * which epoch it is: true when it has found out. The clocks of the peers come without their messages; what is made of
   * them is production's.
   */
  look(id: number, now: MonoNs): boolean
}

const FLOOR_PPB = 200n
/** After a start the hardware says nothing for up to this long, and teaches no rate for so long. */
const ACQUIRE_SECONDS_MAX = 2
const FREQUENCY_SECONDS_MIN = 8
const SOON_NS = 100n
/** What measuring a frequency leaves open beside what the oscillator strays, ppb. */
const FREQUENCY_ERROR_PPB = 40

/** One run of a member's process. */
interface Running extends RangedClock {
  readonly node: ClusterNode
  readonly boot: number
  readonly clock: MemberClock
  since: MonoNs
  former: Segment | undefined
  known: Segment
}

export function createStations(options: StationOptions): Stations {
  const { witness } = options
  const running = new Map<number, Running>()
  const of = (id: number): Running | undefined => {
    const station = running.get(id)
    return station?.node.up === true && station.boot === station.node.boots ? station : undefined
  }
  const readServed = (station: Running, virtual: MonoNs): ServedReading | undefined => {
    const reading = station.clock.served(station.oscillator.at(virtual))
    if (reading !== undefined) witness.served(station.id, station.boot, reading, trueTai(virtual))
    return reading
  }
  const rowOf = (own: Running, virtual: MonoNs): readonly RangingEntry[] => {
    const peers = [...running.keys()]
      .sort((a, b) => a - b)
      .flatMap((id) => {
        const peer = id === own.id ? undefined : of(id)
        const near = options.reaches(own.id, id, virtual) && options.reaches(id, own.id, virtual)
        return peer !== undefined && near ? [peer] : []
      })
    return rangeRow(options.prng, options.climate, own, peers, virtual)
  }
  return {
    create: (node, now) => {
      const before = running.get(node.id)
      const station = start(options, node, now, before?.known)
      running.set(node.id, station)
      return {
        epochClock: (virtual) => {
          readServed(station, virtual)
          return station.clock.epochClock(station.oscillator.at(virtual))
        },
        measure: (epoch, virtual) => {
          const local = station.oscillator.at(virtual)
          const measurement = station.clock.measure(epoch, local, rowOf(station, virtual), [])
          noteSegment(station, virtual)
          const truthNs = trueTai(virtual) - measurement.rangingNs
          witness.marked({ member: node.id, epoch, measurement, truthNs })
          return measurement
        },
        follow: (commit, virtual) => {
          witness.decided(node, commit)
          readServed(station, virtual)
          station.clock.follow(commit.block, node.replica, station.oscillator.at(virtual))
          noteSegment(station, virtual)
          // What a new region could throw back shows at once or not at all.
          readServed(station, plus(virtual, SOON_NS))
        },
      }
    },
    look: (id, virtual) => {
      const own = of(id)
      if (own === undefined || readServed(own, virtual)?.origin === 'certified') return false
      const local = own.oscillator.at(virtual)
      if (own.clock.epochClock(local) !== undefined && !own.clock.isAdrift(local)) return false
      const row = rowOf(own, virtual)
      const peers = row.flatMap(({ peer }) => greetingOf(options, of(peer), virtual))
      const observer = own.clock.observer(local, row)
      const region = bootstrapRegion(observer, peers, options.membership)
      if (!region.ok) return false
      own.clock.bootstrap(taiNs(observer.reading.rangingNs + midpoint(region.value)), local)
      return true
    },
  }
}

function start(options: StationOptions, node: ClusterNode, now: MonoNs, former: Segment | undefined): Running {
  const { id, boots } = node
  const oscillator = options.oscillators[id]
  const hardware = options.hardware[id]
  if (oscillator === undefined || hardware === undefined) throw new Error(`expected a member, got ${id}`)
  const bootId = new Uint8Array(16)
  new DataView(bootId.buffer).setUint32(0, id + 1)
  new DataView(bootId.buffer).setUint32(4, boots)
  const local = oscillator.at(now)
  const rangingClock = createRangingClock(bootId, FLOOR_PPB, local)
  const clock = createMemberClock({
    self: id,
    membership: options.membership,
    nodeClock: modelledClock(options.prng, hardware, oscillator, now, boots),
    rangingClock,
    leapTable: EMBEDDED_LEAP_TABLE,
    report: () => undefined,
    start: local,
    floorPpb: FLOOR_PPB,
  })
  const known = { bootId, segment: rangingClock.segment }
  return { id, node, boot: boots, oscillator, rangingClock, clock, since: now, former, known }
}

/** After anything that may begin a new segment of the ranging clock. */
function noteSegment(station: Running, now: MonoNs): void {
  const { bootId, segment }: RangingClock = station.rangingClock
  if (segment === station.known.segment) return
  station.former = station.known
  station.known = { bootId, segment }
  station.since = now
}

function modelledClock(
  prng: Prng,
  hardware: Hardware,
  oscillator: SimulatedOscillator,
  startedAt: MonoNs,
  boot: number,
): NodeClock {
  const readyFrom = secondsOf(startedAt) + (boot === 1 && chance(prng, 0.7) ? 0 : ACQUIRE_SECONDS_MAX * prng.nextUnit())
  const frequencyErrorPpb = FREQUENCY_ERROR_PPB * (2 * prng.nextUnit() - 1)
  return {
    observe: () => [],
    setStatus: () => undefined,
    setTemperature: () => undefined,
    read: (local) => readingAt(hardware, oscillator.whenShows(local), readyFrom, local),
    frequency: (local) => {
      const second = secondsOf(oscillator.whenShows(local))
      if (second < readyFrom + FREQUENCY_SECONDS_MIN || hardware.at(second)?.mode !== 'locked') return undefined
      return frequencyAt(hardware, oscillator, second, frequencyErrorPpb)
    },
  }
}

function frequencyAt(
  hardware: Hardware,
  { meanPpb, strayPpb }: SimulatedOscillator,
  second: number,
  errorPpb: number,
): FrequencyEstimate {
  const taiPpb = -meanPpb / (1 + meanPpb / 1e9)
  return {
    ppb: taiPpb + errorPpb + hardware.walkPpb(second),
    uncertaintyPpb: strayPpb + Math.abs(errorPpb) + 1,
    baselineNs: BigInt(FREQUENCY_SECONDS_MIN) * NS_PER_SECOND,
  }
}

function readingAt(hardware: Hardware, virtual: MonoNs, readyFrom: number, local: MonoNs): NodeClockReading {
  const second = secondsOf(virtual)
  const word = second < readyFrom ? undefined : hardware.at(second)
  const mode = word?.mode ?? 'acquiring'
  const state = word === undefined ? ('abstaining' as const) : ('selected' as const)
  const { sourceClass } = hardware
  const source = { name: `${sourceClass}0`, class: sourceClass, domain: sourceClass, state, offsetNs: undefined }
  const about = { monoNs: local, mode, clockClass: clockClassOf(mode), flags: [], alarms: [] }
  const untold = { boundNs: undefined, ageNs: undefined, reason: undefined, lock: 'unknown' as const, alarms: [] }
  const sources = [{ ...source, ...untold, letter: word === undefined ? ('?' as const) : ('*' as const) }]
  if (word === undefined) return { ...about, estimate: undefined, sources }
  const tai = plus(trueTai(virtual), BigInt(word.errorNs))
  const boundNs = BigInt(word.boundNs)
  return { ...about, estimate: { taiNs: tai, boundNs, interval: around(tai, boundNs) }, sources }
}

/** The clock part of a Hello; that of a liar may say anything. */
function greetingOf({ prng, liars }: StationOptions, peer: Running | undefined, virtual: MonoNs): readonly PeerClock[] {
  if (peer === undefined) return []
  const reading = peer.clock.reading(peer.oscillator.at(virtual))
  if (!liars.has(peer.id) || reading.nodeClock === undefined) return [{ member: peer.id, reading }]
  const { taiNs: tai, boundNs } = reading.nodeClock
  const nodeClock = { taiNs: plus(tai, within(prng, 10n ** 10n)), boundNs }
  return [{ member: peer.id, reading: { ...reading, nodeClock } }]
}

function trueTai(virtual: MonoNs): TaiNs {
  return plus(START_TAI, virtual)
}

function secondsOf(virtual: MonoNs): number {
  return Number(between(0n as MonoNs, virtual)) / 1e9
}
