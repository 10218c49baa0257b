import type { MonoNs } from '../core/time.ts'

/**
 * How this appliance stands to its cluster. `synced`: certificates steer it. `degraded`: they still do, and something is
 * wrong. `hardware-fallback`: none holds any more, and its own hardware is served, flagged. `rejoining`: certificates
 * steer it again (or it has just started), and it is not level with the others yet.
 */
export type ClusterState = 'synced' | 'degraded' | 'hardware-fallback' | 'rejoining'

/** What the state follows from: never the size of a part of the network, which is a claim of others. */
export interface ClusterObservation {
  readonly now: MonoNs
  /** Since the mark of the last certificate that steered; undefined when none has since the start. */
  readonly certificateAgeNs: bigint | undefined
  /** Where the served time comes from; undefined: nothing is served. */
  readonly origin: 'certified' | 'own-hardware' | undefined
  /** Authenticated links to other members that are up. */
  readonly peersUp: number
  /** Missed decisions that are not here yet. */
  readonly missing: number
  /** The served clock has slewed into the certified interval. */
  readonly settled: boolean
}

export interface ClusterStanding {
  readonly state: ClusterState
  readonly reason: string
  readonly since: MonoNs
}

export interface StateChange extends ClusterStanding {
  readonly from: ClusterState
}

export interface ClusterStateMachine {
  readonly standing: ClusterStanding
  /** To be called at least once an epoch; returns the change, when it is one. */
  observe(observation: ClusterObservation): StateChange | undefined
}

/** Certificates come once an epoch; one that is missing is no trouble yet, and three in a row are an alarm. */
const FRESH_EPOCHS = 2n
const STALE_EPOCHS = 4n
/** How long all must be well before trouble is called over. */
const STEADY_EPOCHS = 3n

export interface ClusterStateOptions {
  readonly epochPeriodNs: bigint
  /** Peers that it takes, with this appliance, to certify: q − 1. */
  readonly peersNeeded: number
  readonly start: MonoNs
}

export function createClusterState({ epochPeriodNs, peersNeeded, start }: ClusterStateOptions): ClusterStateMachine {
  let standing: ClusterStanding = { state: 'rejoining', reason: 'no certificate since the start', since: start }
  /** Since when nothing has been wrong. */
  let wellSince: MonoNs | undefined

  const troubleOf = ({ certificateAgeNs, peersUp }: ClusterObservation): string | undefined => {
    const limitNs = (standing.state === 'synced' ? STALE_EPOCHS : FRESH_EPOCHS) * epochPeriodNs
    if (certificateAgeNs === undefined) return 'no certificate since the start'
    if (certificateAgeNs > limitNs) return `no certificate has steered for ${certificateAgeNs / epochPeriodNs} epochs`
    return peersUp < peersNeeded ? `${peersUp} peers are up, and it takes ${peersNeeded} to certify` : undefined
  }

  /** The state that follows, with its reason. */
  const nextOf = (seen: ClusterObservation): readonly [ClusterState, string] => {
    const { state, reason } = standing
    const trouble = troubleOf(seen)
    wellSince = trouble === undefined ? (wellSince ?? seen.now) : undefined
    if (seen.origin !== 'certified') {
      // Before the first certificate nothing is served for a while: that is a start, not a fallback.
      if (state === 'rejoining' && seen.origin === undefined && seen.certificateAgeNs === undefined)
        return [state, reason]
      return state === 'hardware-fallback' ? [state, reason] : ['hardware-fallback', fallbackReason(seen, trouble)]
    }
    if (state === 'hardware-fallback') return ['rejoining', 'a certificate steers again']
    const isSteady = wellSince !== undefined && seen.now - wellSince >= STEADY_EPOCHS * epochPeriodNs
    if (state === 'rejoining') {
      if (seen.missing > 0) return [state, `${seen.missing} missed decisions are being fetched`]
      if (!seen.settled) return [state, 'the served clock slews into the certified interval']
      return isSteady ? ['synced', 'certificates steer, and none is missing'] : [state, trouble ?? reason]
    }
    if (trouble !== undefined) return ['degraded', trouble]
    if (state === 'degraded' && isSteady) return ['synced', 'certificates steer, and enough peers are up']
    return [state, reason]
  }

  return {
    get standing() {
      return standing
    },
    observe: (seen) => {
      const from = standing.state
      const [state, reason] = nextOf(seen)
      standing = { state, reason, since: state === from ? standing.since : seen.now }
      return state === from ? undefined : { ...standing, from }
    },
  }
}

function fallbackReason({ origin }: ClusterObservation, trouble: string | undefined): string {
  const why = trouble ?? 'the last certificate is void'
  return origin === undefined ? `${why}; the own hardware gives no time either, and nothing is served` : why
}
