import type { Block } from '../consensus/block.ts'
import type { Observer } from '../consensus/frame-intervals.ts'
import type { Membership } from '../consensus/membership.ts'
import type { ClockReading, RangingEntry } from '../consensus/proposal.ts'
import type { EpochClock, Measurement } from '../consensus/replica/types.ts'
import type { Replica } from '../consensus/replica.ts'
import { divFloor } from '../core/integer.ts'
import type { LeapTable } from '../core/leap.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs } from '../core/time.ts'
import type { NodeClock, NodeClockReading } from '../fusion/node-clock.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import { type CertifiedTime, createServedClock, type OwnTime, type ServedReading } from '../fusion/served-clock.ts'
import type { LinkReport } from '../ranging/peer-link.ts'
import type { Report, ServedAtMark } from './agent-event.ts'
import { createMarkBook, type Mark, observerAt } from './mark-book.ts'
import { measurementOf } from './measurement.ts'
import { ownFrame, STEERING_EPOCHS, steer } from './steering.ts'

/** The clocks of one member: N from its hardware, R for its peers, and the served clock that certificates steer. */
export interface MemberClock {
  node(now: MonoNs): NodeClockReading
  served(now: MonoNs): ServedReading | undefined
  /** The clock part of a Hello. */
  reading(now: MonoNs): ClockReading
  /** Everything for the proposal of an epoch, read at `now`; remembered, to turn its region back into time. */
  measure(epoch: number, now: MonoNs, row: readonly RangingEntry[], links: readonly LinkReport[]): Measurement
  /** A final block: steers the served clock when it may. Returns the mark that this appliance had taken for it. */
  follow(block: Block, replica: Replica, now: MonoNs): Mark | undefined
  /** Which epoch it is, found without a certificate. */
  bootstrap(tai: TaiNs, at: MonoNs): void
  /** The own clocks and row at `now`, as the agreement wants to see them. */
  observer(now: MonoNs, row: readonly RangingEntry[]): Observer
  /** What epochs are numbered and marked by; undefined until bootstrapped or certified. */
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
}

/** Epochs without a failed verdict before the own hardware may teach the ranging clock a rate again. */
const TRUST_AFTER_EPOCHS = 60

export function createMemberClock(options: MemberClockOptions): MemberClock {
  const { self, membership, nodeClock, rangingClock, leapTable, report } = options
  const servedClock = createServedClock(plus(options.start, STEERING_EPOCHS * membership.epochPeriodNs))
  const marks = createMarkBook()
  /** What epochs are numbered by while nothing is served: the bootstrap, later what was served last. */
  let numbering: { readonly tai: TaiNs; readonly at: MonoNs } | undefined
  let followedEpoch = 0
  let certified: CertifiedTime | undefined
  let failedEpoch: number | undefined
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
  ): Measurement => measurementOf({ now, rangingClock, node: reading, row, links, leapTable })

  /** Only hardware that certificates do not find wrong may say how fast the oscillator runs. */
  const teach = (block: Block, now: MonoNs): void => {
    const failed = ownFrame(block, self)?.verdict === 'fail' || block.outcome.outliers.includes(self)
    if (failed) failedEpoch = block.epoch
    const frequency = nodeClock.frequency(now)
    const trusted = failedEpoch === undefined || block.epoch - failedEpoch > TRUST_AFTER_EPOCHS
    const began = failed
      ? rangingClock.unlearn(now)
      : trusted && frequency !== undefined && rangingClock.learn(frequency, now)
    if (!began) return
    const { segment, ratePpb, boundPpb } = rangingClock
    report({ type: 'segment', segment, ratePpb, boundPpb })
  }

  const served = (now: MonoNs): ServedReading | undefined => servedClock.read(now, ownTime(node(now)))

  return {
    node,
    served,
    reading: (now) => measurement(now, node(now), [], []),
    measure: (epoch, now, row, links) => {
      const reading = node(now)
      const taken = measurement(now, reading, row, links)
      const servedNow = servedClock.read(now, ownTime(reading))
      marks.add({ epoch, monoNs: now, ratePpb: rangingClock.ratePpb, measurement: taken, served: atMark(servedNow) })
      return taken
    },
    follow: (block, replica, now) => {
      const mark = marks.find(block.epoch)
      // Blocks that were missed come late and backwards.
      if (block.epoch <= followedEpoch) return mark
      followedEpoch = block.epoch
      const steering = steer(block, mark, self, membership, replica)
      if (steering.steers) certified = steering.certified
      teach(block, now)
      // What the block taught of the own oscillator also holds for the time since its mark, whose promise may be void.
      const { ratePpb, boundPpb } = rangingClock
      if (certified !== undefined) servedClock.adopt({ ...certified, ratePpb, rateBoundPpb: boundPpb })
      return mark
    },
    bootstrap: (tai, at) => {
      numbering = { tai, at }
    },
    observer: (now, row) => observerAt(self, { measurement: measurement(now, node(now), row, []) }),
    epochClock: (now) => {
      const { ratePpb } = rangingClock
      const reading = certified === undefined ? undefined : served(now)
      if (reading !== undefined) numbering = { tai: reading.targetTaiNs, at: now }
      if (numbering === undefined) return undefined
      const elapsedNs = between(numbering.at, now)
      const taiNow = plus(numbering.tai, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND))
      return { monoNs: now, taiNs: taiNow, ratePpb }
    },
  }
}

function ownTime({ estimate }: NodeClockReading): OwnTime | undefined {
  return estimate === undefined ? undefined : { taiNs: estimate.taiNs, interval: estimate.interval }
}

function atMark(reading: ServedReading | undefined): ServedAtMark | undefined {
  if (reading === undefined) return undefined
  const { monoNs, taiNs, interval, boundNs, origin } = reading
  return { monoNs, taiNs, loNs: interval.lo, hiNs: interval.hi, boundNs, origin }
}
