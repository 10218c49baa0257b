import type { Block } from '../consensus/block.ts'
import type { Observer } from '../consensus/frame-intervals.ts'
import type { Membership } from '../consensus/membership.ts'
import type { CertifiedLeap, HardwareVerdict } from '../consensus/outcome.ts'
import type { ClockReading, RangingEntry, RecordJudged } from '../consensus/proposal.ts'
import type { EpochClock, Measurement } from '../consensus/replica/types.ts'
import type { Replica } from '../consensus/replica.ts'
import { divFloor } from '../core/integer.ts'
import type { LeapTable } from '../core/leap.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { NodeClock, NodeClockReading } from '../fusion/node-clock.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import { type CertifiedTime, createServedClock, type OwnTime, type ServedReading } from '../fusion/served-clock.ts'
import type { LinkReport } from '../ranging/link-book.ts'
import type { Report, ServedAtMark } from './agent-event.ts'
import { createMarkBook, type Mark, observerAt } from './mark-book.ts'
import { measurementOf } from './measurement.ts'
import { createRateTeacher } from './rate-teacher.ts'
import { ownFrame, STEERING_EPOCHS, steer } from './steering.ts'

/** The clocks of one member: N from its hardware, R for its peers, and the served clock that certificates steer. */
export interface MemberClock {
  node(now: MonoNs): NodeClockReading
  served(now: MonoNs): ServedReading | undefined
  /** The clock part of a Hello. */
  reading(now: MonoNs): ClockReading
  /** Everything for the proposal of an epoch, read at `now`; remembered, to turn its region back into time. */
  measure(
    epoch: number,
    now: MonoNs,
    row: readonly RangingEntry[],
    links: readonly LinkReport[],
    verdicts?: readonly RecordJudged[],
  ): Measurement
  /** A final block: steers the served clock when it may. Returns the mark that this appliance had taken for it. */
  follow(block: Block, replica: Replica, now: MonoNs): Mark | undefined
  /** Another membership from now on, in which this appliance may have another id. Time is served on without a gap. */
  enterSession(self: number, membership: Membership): void
  /** The newest certificate that steered this appliance, with the mark that it belongs to. */
  steered(): { readonly mark: Mark; readonly certified: CertifiedTime } | undefined
  /** What the newest final block certifies of leap seconds, as of its epoch; undefined before there was one. */
  leap(): CertifiedLeap | undefined
  /** Which epoch it is, found without a certificate. */
  bootstrap(tai: TaiNs, at: MonoNs): void
  /** The own clocks and row at `now`, as the agreement wants to see them. */
  observer(now: MonoNs, row: readonly RangingEntry[]): Observer
  /** No certificate steers any more: which epoch it is has to be found out anew. */
  isAdrift(now: MonoNs): boolean
  /**
   * What epochs are numbered and marked by; undefined until bootstrapped or certified. Never the own hardware alone: one
   * that is a second off would never find back to the others.
   */
  epochClock(now: MonoNs): EpochClock | undefined
}

export interface MemberClockOptions {
  readonly self: number
  readonly membership: Membership
  readonly nodeClock: NodeClock
  readonly rangingClock: RangingClock
  readonly leapTable: LeapTable
  readonly report: Report
  readonly start: MonoNs
  /** What the class of the oscillator may wander. */
  readonly floorPpb: bigint
}

export function createMemberClock(options: MemberClockOptions): MemberClock {
  let { self, membership } = options
  const { nodeClock, rangingClock, leapTable, report, floorPpb } = options
  const servedClock = createServedClock(plus(options.start, STEERING_EPOCHS * membership.epochPeriodNs))
  let marks = createMarkBook()
  const teacher = createRateTeacher({ rangingClock, floorPpb, frequency: nodeClock.frequency, report })
  /** What epochs are numbered by: the last certified time, or what a bootstrap found since. */
  let numbering: { readonly tai: TaiNs; readonly at: MonoNs } | undefined
  let followed: { readonly epoch: number; readonly leap: CertifiedLeap | undefined } = { epoch: 0, leap: undefined }
  let certified: CertifiedTime | undefined
  let newest: ReturnType<MemberClock['steered']>
  let lastMode: string | undefined

  const node = (now: MonoNs): NodeClockReading => {
    const reading = nodeClock.read(now)
    if (reading.mode !== lastMode) report({ type: 'mode', mode: reading.mode, boundNs: reading.estimate?.boundNs })
    lastMode = reading.mode
    return reading
  }
  const measurement = (
    now: MonoNs,
    reading: NodeClockReading,
    row: readonly RangingEntry[],
    links: readonly LinkReport[],
    verdicts: readonly RecordJudged[] = [],
  ): Measurement => measurementOf({ now, rangingClock, node: reading, row, links, leapTable, verdicts })

  const serve = (now: MonoNs, reading: NodeClockReading): ServedReading | undefined =>
    servedClock.read(now, ownTime(reading, teacher.refuted()))
  const served = (now: MonoNs): ServedReading | undefined => serve(now, node(now))

  return {
    node,
    served,
    reading: (now) => measurement(now, node(now), [], []),
    measure: (epoch, now, row, links, verdicts) => {
      teacher.expire(now)
      const reading = node(now)
      const taken = measurement(now, reading, row, links, verdicts)
      const servedNow = atMark(serve(now, reading))
      marks.add({ epoch, monoNs: now, ratePpb: rangingClock.ratePpb, measurement: taken, served: servedNow })
      return taken
    },
    follow: (block, replica, now) => {
      const mark = marks.find(block.epoch)
      // Blocks that were missed come late and backwards.
      if (block.epoch <= followed.epoch) return mark
      followed = { epoch: block.epoch, leap: block.outcome.leap }
      const steering = steer(block, mark, self, membership, replica)
      const steered = steering.steers ? steering.certified : undefined
      certified = steered ?? certified
      if (steered !== undefined && mark !== undefined) newest = { mark, certified: steered }
      teacher.follow(verdictOn(block, self), steered, now)
      // What the block taught of the own oscillator also holds for the time since its mark, whose promise may be void.
      const { ratePpb, boundPpb } = rangingClock
      if (certified !== undefined) servedClock.adopt({ ...certified, ratePpb, rateBoundPpb: boundPpb })
      return mark
    },
    enterSession: (id, next) => {
      // A new era numbers its epochs from 0 again; and the rows of older marks name peers by ids that may be others' now.
      if (next.era !== membership.era) followed = { ...followed, epoch: 0 }
      marks = createMarkBook()
      self = id
      membership = next
    },
    steered: () => newest,
    leap: () => followed.leap,
    bootstrap: (tai, at) => {
      numbering = { tai, at }
    },
    isAdrift: (now) => certified !== undefined && served(now)?.origin !== 'certified',
    observer: (now, row) => observerAt(self, { measurement: measurement(now, node(now), row, []) }),
    epochClock: (now) => {
      const reading = certified === undefined ? undefined : served(now)
      if (reading?.origin === 'certified') numbering = { tai: reading.targetTaiNs, at: now }
      return numbering === undefined ? undefined : epochClockAt(numbering, now, rangingClock.ratePpb)
    },
  }
}

function epochClockAt({ tai, at }: { tai: TaiNs; at: MonoNs }, now: MonoNs, ratePpb: bigint): EpochClock {
  const elapsedNs = between(at, now)
  return { monoNs: now, taiNs: plus(tai, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND)), ratePpb }
}

/** What a block finds of a member's hardware, in its own frame and in those of the others. */
function verdictOn(block: Block, member: number): HardwareVerdict {
  return block.outcome.outliers.includes(member) ? 'fail' : (ownFrame(block, member)?.verdict ?? 'none')
}

function ownTime({ estimate }: NodeClockReading, refuted: boolean): OwnTime | undefined {
  return estimate === undefined ? undefined : { taiNs: estimate.taiNs, interval: estimate.interval, refuted }
}

function atMark(reading: ServedReading | undefined): ServedAtMark | undefined {
  if (reading === undefined) return undefined
  const { monoNs, taiNs, interval, boundNs, origin } = reading
  return { monoNs, taiNs, loNs: interval.lo, hiNs: interval.hi, boundNs, origin }
}
