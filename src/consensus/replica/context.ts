import type { MonoNs } from '../../core/time.ts'
import { type Block, type ChainRoot, chainRoot } from '../block.ts'
import type { Evidence } from '../evidence.ts'
import { leaderOf, membershipHash, type Quorum, quorumOf } from '../membership.ts'
import type { BodyOf, CompactVote, MessageType, SignedMessage } from '../messages.ts'
import { encodeContent, encodeEnvelope } from '../messages.ts'
import type { QuorumCertificate, VoteType } from '../quorum-certificate.ts'
import type { VerifiedStep } from '../session-step.ts'
import type { WireMessage } from '../wire-message.ts'
import { type AnswerBudget, createAnswerBudget } from './answer-budget.ts'
import type { Backfill } from './backfill.ts'
import type { Calendar } from './calendar.ts'
import { type Chain, createChain } from './chain.ts'
import { type ComposeBlock, composeBlock } from './compose-block.ts'
import type { FinalChange } from './end-session.ts'
import { createEvidencePool, type EvidencePool } from './evidence-pool.ts'
import type { ViewFetch } from './fetch-views.ts'
import { createOrderBook, type OrderBook } from './order-book.ts'
import { createPacemaker, type Pacemaker } from './pacemaker.ts'
import { createProposalPool, type ProposalPool } from './proposal-pool.ts'
import type { Commit, EpochClock, JournalRecord, Outgoing, ReplicaConfig } from './types.ts'
import { createViewBook, type ViewBook } from './view-book.ts'

/** The mutable heart of a replica: what its rules (one file each) read and change. Nothing outside this folder sees it. */
export interface Context {
  readonly config: ReplicaConfig
  readonly compose: ComposeBlock
  readonly quorum: Quorum
  readonly membershipHash: Uint8Array
  /** What this session starts from. */
  readonly root: ChainRoot
  readonly orders: OrderBook
  readonly views: ViewBook
  readonly chain: Chain
  readonly pool: ProposalPool
  readonly proofs: EvidencePool
  readonly pacemaker: Pacemaker
  /** What the present step asks of the shell so far. */
  outbox: Outbox
  readonly peers: Map<number, PeerTrace>
  readonly answers: AnswerBudget
  /** When something was last asked for, by what it was. */
  readonly asked: Map<string, MonoNs>
  /** What the headers of the next messages name. */
  attestationDigest: Uint8Array | undefined
  clock: EpochClock | undefined
  /** Of that clock, once it was asked for. */
  calendar: Calendar | undefined
  view: number
  enteredAt: MonoNs
  /** The certificate that let this member into its view. */
  entry: QuorumCertificate | undefined
  /** The notarized block of the highest view: what a new block builds on. */
  tip: { readonly view: number; readonly hash: Uint8Array }
  /** The newest finalization, with its block. */
  final: { readonly block: Block; readonly hash: Uint8Array; readonly votes: readonly CompactVote[] } | undefined
  /** A finalization whose block is not here yet. */
  awaitedFinal: QuorumCertificate | undefined
  readonly backfill: Backfill
  readonly viewFetch: ViewFetch
  /** A final block after which nothing more is said in this session. */
  ending: FinalChange | undefined
  /** The end of the session as it travels, once everything of it is here. */
  over: Uint8Array | undefined
  /** The newest own proposal. */
  proposal: { readonly epoch: number; readonly bytes: Uint8Array } | undefined
  /** The epoch for which a measurement has been asked. */
  measuringEpoch: number
  /** When this member last said or repeated something of the present view or one before it. */
  spokeAt: MonoNs | undefined
}

/** What a peer last showed of itself. */
export interface PeerTrace {
  readonly pushedAt: MonoNs
}

/** Collects the effects of one step. */
export interface Outbox {
  persist: JournalRecord[]
  send: Outgoing[]
  commit: Commit[]
  evidence: Evidence[]
  sessionEnd: VerifiedStep | undefined
  measure: { readonly epoch: number } | undefined
  nextWakeAt: MonoNs | undefined
}

export function emptyOutbox(): Outbox {
  return {
    persist: [],
    send: [],
    commit: [],
    evidence: [],
    sessionEnd: undefined,
    measure: undefined,
    nextWakeAt: undefined,
  }
}

export function createContext(config: ReplicaConfig, start: MonoNs, compose: ComposeBlock = composeBlock): Context {
  const root = config.root ?? chainRoot(config.membership)
  const quorum = quorumOf(config.membership.members.length)
  return {
    config,
    compose,
    quorum,
    membershipHash: membershipHash(config.membership),
    root,
    orders: createOrderBook(),
    views: createViewBook(),
    chain: createChain(root),
    pool: createProposalPool(),
    proofs: createEvidencePool(),
    pacemaker: createPacemaker(quorum.f),
    outbox: emptyOutbox(),
    peers: new Map(),
    answers: createAnswerBudget(quorum),
    asked: new Map(),
    attestationDigest: config.attestationDigest,
    clock: undefined,
    calendar: undefined,
    view: 1,
    enteredAt: start,
    entry: undefined,
    tip: { view: 0, hash: root.hash },
    final: undefined,
    awaitedFinal: undefined,
    backfill: { gaps: [], peer: config.self, askedAt: undefined, answered: true },
    viewFetch: { wanted: [], peer: config.self, askedAt: undefined, asked: [] },
    ending: undefined,
    over: undefined,
    proposal: undefined,
    measuringEpoch: 0,
    spokeAt: undefined,
  }
}

export function leaderOfView(context: Context, view: number): number {
  return leaderOf(view, context.quorum, context.membershipHash)
}

/** Whose turn it is after `peer` to be asked for something. Needs a second member. */
export function nextPeer({ quorum, config }: Context, peer: number): number {
  const next = (peer + 1) % quorum.n
  return next === config.self ? (next + 1) % quorum.n : next
}

export function sendTo(context: Context, to: number | 'all', message: WireMessage): void {
  context.outbox.send.push({ to, message })
}

/** Signs a body as this member. The caller journals it before it sends it. */
export function signBody<T extends MessageType>(context: Context, type: T, body: BodyOf[T]): SignedMessage<T> {
  const { membership, self, bootCount } = context.config
  const header = {
    cluster: membership.cluster,
    membershipHash: context.membershipHash,
    type,
    sender: self,
    bootCount,
    attestationDigest: context.attestationDigest,
  }
  const content = encodeContent(header, body)
  return { type, header, body, content, signature: context.config.sign(type, content) }
}

/** Journals an own message and sends it to all, in this order. Returns the envelope for sending it again. */
export function publish(
  context: Context,
  kind: JournalRecord['kind'],
  number: number,
  message: SignedMessage,
): Uint8Array {
  const bytes = encodeEnvelope(message)
  context.outbox.persist.push({ kind, number, bytes })
  sendTo(context, 'all', { kind: 'signed', value: bytes })
  return bytes
}

/** Publishes what this member says in a view. */
export function speak(
  context: Context,
  kind: 'block' | VoteType,
  view: number,
  message: SignedMessage,
  now: MonoNs,
): Uint8Array {
  context.spokeAt = now
  return publish(context, kind, view, message)
}
