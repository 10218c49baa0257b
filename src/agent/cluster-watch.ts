import type { Block } from '../consensus/block.ts'
import { type Membership, quorumOf } from '../consensus/membership.ts'
import { epochAt } from '../consensus/replica/epoch-schedule.ts'
import type { Replica, ReplicaStatus } from '../consensus/replica.ts'
import { contains } from '../core/interval.ts'
import { between, type MonoNs } from '../core/time.ts'
import type { Report } from './agent-event.ts'
import { type ClusterObservation, createClusterState } from './cluster-state.ts'
import type { EpisodeKeeper } from './episode-keeper.ts'
import { divergenceOf } from './fallback-episode.ts'
import type { MemberClock } from './member-clock.ts'
import { createNetworkMap } from './network-map.ts'

/** Watches how this appliance stands to its cluster, and tells it: state, parts of the network, episodes of fallback. */
export interface ClusterWatch {
  /** Once an epoch, whether there are certificates or not. */
  look(now: MonoNs): void
  /** A block has become final, and the clock has followed it. */
  committed(block: Block, now: MonoNs): void
  stop(now: MonoNs): void
  /** For `status`. */
  standing(now: MonoNs): object
  /** For `partitions`. */
  partitions(): object
}

export interface ClusterWatchOptions {
  readonly membership: Membership
  readonly replica: Replica
  readonly clock: MemberClock
  readonly episodes: EpisodeKeeper
  peersUp(): number
  readonly report: Report
  readonly start: MonoNs
}

/** After so many epochs without a certificate the matrix is drawn from the proposals that are heard. */
const CERTIFIED_EPOCHS = 4n
/** How often progress of a catch-up is told, in looks. */
const TOLD_EVERY = 5

export function createClusterWatch(options: ClusterWatchOptions): ClusterWatch {
  const { membership, replica, clock, episodes, report, start } = options
  const { epochPeriodNs } = membership
  const quorum = quorumOf(membership.members.length)
  const machine = createClusterState({ epochPeriodNs, peersNeeded: quorum.q - 1, start })
  const map = createNetworkMap(membership, report)
  const tellCatchUp = createCatchUpTeller(report)

  const ageNs = (now: MonoNs): bigint | undefined => {
    const steered = clock.steered()
    return steered === undefined ? undefined : between(steered.mark.monoNs, now)
  }
  const observation = (now: MonoNs): ClusterObservation => {
    const served = clock.served(now)
    const { done, of } = replica.status().backfill
    return {
      now,
      certificateAgeNs: ageNs(now),
      origin: served?.origin,
      peersUp: options.peersUp(),
      missing: of - done,
      settled: served !== undefined && contains(served.interval, served.taiNs),
    }
  }
  /** Without certificates the matrix is what members say of this moment, as far as it is heard. */
  const observeHeard = (now: MonoNs): void => {
    const age = ageNs(now)
    if (age !== undefined && age < CERTIFIED_EPOCHS * epochPeriodNs) return
    const epochClock = clock.epochClock(now)
    if (epochClock === undefined) return
    const epoch = epochAt(membership, epochClock, now) - 1
    const heard = replica.heard(epoch)
    if (heard.length > 0) map.observe(epoch, heard)
  }

  return {
    look: (now) => {
      const change = machine.observe(observation(now))
      tellCatchUp(replica.status().backfill, true)
      observeHeard(now)
      if (change !== undefined) {
        const { state, from, reason } = change
        report({ type: 'cluster', state, from, reason })
        if (state === 'hardware-fallback') {
          const steered = clock.steered()
          const lastCertified = steered && { epoch: steered.mark.epoch, ageNs: between(steered.mark.monoNs, now) }
          episodes.begin({ beganTai: clock.served(now)?.taiNs, reason, lastCertified }, now)
        }
      }
      if (machine.standing.state === 'hardware-fallback') episodes.sample(clock.served(now), now)
      // The certificate that ended it may have come while nobody looked.
      else episodes.end('certificate', undefined, now)
    },
    committed: (block, now) => {
      tellCatchUp(replica.status().backfill, false)
      const listed = replica.listed(block)
      if (listed !== undefined) map.observe(block.epoch, listed)
      const steered = clock.steered()
      if (!episodes.isOpen() || steered?.mark.epoch !== block.epoch) return
      if (clock.served(now)?.origin !== 'certified') return
      const { mark, certified } = steered
      const own = mark.served?.origin === 'own-hardware' ? mark.served : undefined
      episodes.end('certificate', own && divergenceOf(block.epoch, own, certified), now)
    },
    stop: (now) => episodes.end('stopped', undefined, now),
    standing: (now) => {
      const { state, reason, since } = machine.standing
      return {
        state,
        reason,
        sinceNs: between(since, now),
        certificateAgeNs: ageNs(now) ?? null,
        peersUp: options.peersUp(),
        peersNeeded: quorum.q - 1,
        catchUp: replica.status().backfill,
        lastDivergence: episodes.lastDivergence() ?? null,
      }
    },
    partitions: () => ({ ...map.describe(), episodes: episodes.newest() }),
  }
}

/** Tells how many of the missed decisions are here: when it begins, every few looks, and when it is over. */
function createCatchUpTeller(report: Report): (progress: ReplicaStatus['backfill'], isLook: boolean) => void {
  let looks = 0
  let total = 0
  return ({ done, of }, isLook) => {
    if (of === 0 && total > 0) report({ type: 'catch-up', done: total, of: total })
    else if (of > 0 && (total === 0 || (isLook && looks % TOLD_EVERY === 0))) report({ type: 'catch-up', done, of })
    if (isLook) looks = of > 0 ? looks + 1 : 0
    total = of
  }
}
