import type { Suspicion } from '../consensus/behaviour/suspicion.ts'
import type { AttestationVerdict } from '../consensus/outcome.ts'
import type { Fault } from '../core/fault.ts'
import type { StampKind } from '../core/stamp.ts'
import type { SteeringDecision } from '../fusion/steering.ts'
import type { ClusterState } from './cluster-state.ts'
import type { Divergence } from './fallback-episode.ts'
import type { KeyGuard } from './keys/load-keys.ts'

/** What an agent tells the world while it runs: log lines for people, one JSON object a line for programs. */
export type AgentEvent =
  | { readonly type: 'started'; readonly node: string; readonly member: number; readonly bootCount: number }
  /** How the private keys are guarded while nothing runs. */
  | {
      readonly type: 'keys'
      readonly signing: readonly KeyGuard[]
      readonly tls: readonly KeyGuard[]
      readonly message: string
    }
  /** The membership has changed, and this appliance takes part in the session that follows. */
  | {
      readonly type: 'session'
      readonly session: number
      readonly era: number
      readonly member: number
      readonly members: readonly string[]
    }
  | { readonly type: 'source'; readonly source: string; readonly state: 'up' | 'down'; readonly reason: string }
  | { readonly type: 'peer'; readonly peer: string; readonly state: 'up' | 'down'; readonly reason: string }
  | { readonly type: 'mode'; readonly mode: string; readonly boundNs: bigint | undefined }
  | { readonly type: 'epoch-clock'; readonly state: 'set' | 'waiting'; readonly reason: string }
  /** Who stamps the packets of ranging, and why nobody better. */
  | { readonly type: 'ranging'; readonly stamps: StampKind; readonly reason: string | undefined }
  | { readonly type: 'segment'; readonly segment: number; readonly ratePpb: bigint; readonly boundPpb: bigint }
  | { readonly type: 'alarm'; readonly code: string; readonly message: string }
  | { readonly type: 'cluster'; readonly state: ClusterState; readonly from: ClusterState; readonly reason: string }
  /** The parts of the network, as its members describe it, have changed. */
  | {
      readonly type: 'partition'
      readonly epoch: number
      readonly before: readonly (readonly string[])[]
      readonly after: readonly (readonly string[])[]
      readonly affected: readonly string[]
    }
  /** Missed decisions: how many are here by now, of how many. */
  | { readonly type: 'catch-up'; readonly done: number; readonly of: number }
  /** How far off the own hardware was after a time without certificates. */
  | (Divergence & { readonly type: 'divergence'; readonly durationNs: bigint })
  | SteeringEvent
  /** What a local ptp4l was told to announce from now on. */
  | {
      readonly type: 'grandmaster'
      readonly clockClass: number
      readonly clockAccuracy: number
      readonly currentUtcOffset: number
      readonly flags: number
      readonly timeSource: number
      readonly reason: string
    }
  | AttestationEvent
  | DecisionEvent
  | { readonly type: 'stopped'; readonly reason: string }

/** What was decided about steering an instrument's oscillator, and why; frequencies in 1e-15. */
export type SteeringEvent = SteeringDecision & { readonly type: 'steering'; readonly source: string }

/** What this appliance makes of the attestation record of another has changed. */
export interface AttestationEvent {
  readonly type: 'attestation'
  readonly member: string
  readonly verdict: AttestationVerdict
  readonly reasons: readonly Fault[]
  /** SHA-384 of the record, in hex; undefined when none is named. */
  readonly digest: string | undefined
}

/** One per certificate, with what this appliance served at the epoch's mark and what the certificate makes of it. */
export interface DecisionEvent {
  readonly type: 'decision'
  readonly node: number
  readonly epoch: number
  readonly view: number
  readonly height: number
  readonly leader: number
  readonly signatures: number
  readonly quorum: number
  readonly grade: string
  /** From this appliance's epoch mark to the certificate; undefined when it was not there at the mark. */
  readonly markToCertificateMs: number | undefined
  readonly precisionNs: bigint | undefined
  /** Members whose hardware the certificate finds wrong. */
  readonly suspected: readonly number[]
  /** Everything that the decision holds against anybody, sorted by member. */
  readonly suspicions: readonly SuspicionTold[]
  /** What the decision says of the attestation record of every listed member; empty where the membership asks for none. */
  readonly attestation: readonly { readonly member: number; readonly verdict: AttestationVerdict }[]
  readonly served: ServedAtMark | undefined
  /** Undefined when the certificate has no region for this appliance, or it was not there at the mark. */
  readonly certified: CertifiedAtMark | undefined
}

/** What the certificate itself says of the mark, in the frame of this appliance. */
export interface CertifiedAtMark {
  /** The mark on the own oscillator. */
  readonly monoNs: bigint
  /** The agreed point: the own node clock with the correction of the certificate. */
  readonly taiNs: bigint
  readonly loNs: bigint
  readonly hiNs: bigint
}

/**
 * `hardware`: its own interval misses the region in its own frame. `outlier`: in f + 1 frames of others. The rest is what
 * the detectors find (docs/behaviour.md).
 */
export interface SuspicionTold {
  readonly member: number
  readonly kind: 'hardware' | 'outlier' | Suspicion
}

/** The served clock, read at the mark. */
export interface ServedAtMark {
  readonly monoNs: bigint
  readonly taiNs: bigint
  readonly loNs: bigint
  readonly hiNs: bigint
  readonly boundNs: bigint
  readonly origin: string
}

export type Report = (event: AgentEvent) => void

export function alarm(report: Report, fault: Fault): void {
  report({ type: 'alarm', code: fault.code, message: fault.message })
}
