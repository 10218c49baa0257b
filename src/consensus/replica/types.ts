import type { MonoNs, TaiNs } from '../../core/time.ts'
import type { Block, ChainRoot } from '../block.ts'
import type { Evidence } from '../evidence.ts'
import type { Membership } from '../membership.ts'
import type { VerifiedOrder } from '../membership-order.ts'
import type { CompactVote, MessageType, SignedMessage } from '../messages.ts'
import type { Proposal } from '../proposal.ts'
import type { QuorumCertificate } from '../quorum-certificate.ts'
import type { VerifiedStep } from '../session-step.ts'
import type { BlocksWanted, WireMessage } from '../wire-message.ts'

/** What a replica is made of. It holds no clock, no socket, no disk and no random source: all of that is the shell's. */
export interface ReplicaConfig {
  readonly membership: Membership
  /** What the session of this membership starts from; undefined in the first one, where the membership says it. */
  readonly root?: ChainRoot | undefined
  readonly self: number
  /** How often this member has started under its key, this time included; from the journal. */
  readonly bootCount: number
  /** Signs under this member's key with the context string of the type. */
  sign(type: MessageType, content: Uint8Array): Uint8Array
  /**
   * SHA-384 of what this member's platform attests, until `attested` says another; it goes under every signature. Undefined:
   * nothing is attested.
   */
  readonly attestationDigest: Uint8Array | undefined
  /** What the journal holds from before, oldest first. */
  readonly journal: readonly JournalRecord[]
}

/**
 * The served clock, seen from the local oscillator: at `monoNs` it showed `taiNs`, and it runs at the oscillator's rate
 * plus `ratePpb`. Marks and deadlines are computed from it; the shell gives a fresh one whenever it has moved.
 */
export interface EpochClock {
  readonly monoNs: MonoNs
  readonly taiNs: TaiNs
  readonly ratePpb: bigint
}

/** The part of a proposal that the hardware half reads at the mark. */
export type Measurement = Omit<Proposal, 'era' | 'epoch' | 'parent'>

export type Input =
  | { readonly type: 'wake' }
  | { readonly type: 'clock'; readonly clock: EpochClock | undefined }
  /** How long receiving and verifying one message takes, 99th percentile; Δ stays above twice this. */
  | { readonly type: 'latency'; readonly receiveP99Ns: bigint }
  /** The SHA-384 of this member's new attestation record: from the next signature on, headers name it. */
  | { readonly type: 'attested'; readonly digest: Uint8Array | undefined }
  /** The answer to `Effects.measure`. */
  | { readonly type: 'measurement'; readonly epoch: number; readonly measurement: Measurement }
  /** Everything below has been decoded, checked against the membership, and every signature in it verified. */
  | { readonly type: 'signed'; readonly from: number; readonly message: SignedMessage }
  | { readonly type: 'quorum'; readonly from: number; readonly certificate: QuorumCertificate }
  | { readonly type: 'final'; readonly from: number; readonly block: Block; readonly votes: readonly CompactVote[] }
  | { readonly type: 'want-proposals'; readonly from: number; readonly digests: readonly Uint8Array[] }
  | { readonly type: 'want-block'; readonly from: number; readonly hash: Uint8Array }
  | { readonly type: 'want-quorums'; readonly from: number; readonly views: readonly number[] }
  | { readonly type: 'want-blocks'; readonly from: number; readonly wanted: BlocksWanted }
  /** Bytes of a block asked for by hash; they are worth what their hash is worth. */
  | { readonly type: 'block-bytes'; readonly from: number; readonly bytes: Uint8Array }
  | { readonly type: 'blocks'; readonly from: number; readonly blocks: readonly Uint8Array[] }
  /** Proof that somebody has lied; `bytes` is its encoding. */
  | { readonly type: 'evidence'; readonly from: number; readonly evidence: Evidence; readonly bytes: Uint8Array }
  | { readonly type: 'want-evidence'; readonly from: number; readonly digests: readonly Uint8Array[] }
  /** What the log of this member lacks: a crash may come between the journal and the log. */
  | { readonly type: 'holes'; readonly holes: readonly Hole[] }
  /** An order to change the membership, submitted here when `from` is this member itself; `bytes` is its encoding. */
  | { readonly type: 'order'; readonly from: number; readonly order: VerifiedOrder; readonly bytes: Uint8Array }
  | { readonly type: 'want-order'; readonly from: number; readonly digest: Uint8Array }
  /** How the present session has ended, from a peer that knows. */
  | { readonly type: 'session-step'; readonly from: number; readonly verified: VerifiedStep }

/** Decisions that are final and not here: those of heights above `knownHeight` and up to `height`. */
export interface Hole {
  readonly height: number
  /** Hash of the block of `height`, which the block above it names as its parent. */
  readonly hash: Uint8Array
  readonly knownHeight: number
}

/**
 * What a step asks of the shell, in this order: `persist` is durable before anything in `send` leaves the machine.
 * Sends are best effort: the protocol repeats what it needs.
 */
export interface Effects {
  readonly persist: readonly JournalRecord[]
  readonly send: readonly Outgoing[]
  /** Decisions that became final, oldest first. */
  readonly commit: readonly Commit[]
  /** Proofs that are new here, found by this member or shown to it. */
  readonly evidence: readonly Evidence[]
  /** Read the hardware now, for the proposal of this epoch, and come back with a `measurement`. */
  readonly measure: { readonly epoch: number } | undefined
  /** The session is over and the next one starts from this, which is durable by now. Nothing more comes from this replica. */
  readonly sessionEnd: VerifiedStep | undefined
  /** Absolute instant of the next wake; undefined for none. A spurious wake is a no-op. */
  readonly nextWakeAt: MonoNs | undefined
}

export interface Outgoing {
  readonly to: number | 'all'
  readonly message: WireMessage
}

export interface Commit {
  readonly block: Block
  readonly blockHash: Uint8Array
  /** The finalization, when this very block was finalized; undefined when it became final as an ancestor. */
  readonly votes: readonly CompactVote[] | undefined
}

/**
 * What must survive a crash: what this member has said, so that it never says two things, and what it stands on, so that
 * a cluster that lost its power goes on although some members stay dark. `bytes` are envelopes as they were sent;
 * those of a certificate are put together when the journal takes them.
 */
export type JournalRecord =
  | { readonly kind: 'proposal'; readonly number: number; readonly bytes: Uint8Array }
  /** The own block of a view, or that of its leader, which this member is about to notarize. */
  | { readonly kind: 'block'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'notarize'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'nullify'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'finalize'; readonly number: number; readonly bytes: Uint8Array }
  /** The certificate of a view that is not final yet; some of its signers may never say it again. */
  | { readonly kind: 'notarization' | 'nullification'; readonly number: number; readonly bytes: Uint8Array }
  /** The membership order of a block that this member is about to notarize. */
  | { readonly kind: 'order'; readonly number: number; readonly bytes: Uint8Array }
  /** How the session has ended: after it nothing is ever said under this membership again. */
  | { readonly kind: 'session-end'; readonly number: number; readonly bytes: Uint8Array }
  /** The newest finalized block with its certificate, as a certificate file: where a restart goes on. */
  | { readonly kind: 'final'; readonly number: number; readonly bytes: Uint8Array }
