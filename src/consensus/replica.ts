import { equalBytes } from '../core/bytes.ts'
import { decode } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { min } from '../core/integer.ts'
import { type MonoNs, plus } from '../core/time.ts'
import type { ListedProposal } from './agreement.ts'
import { type Block, blockCodec, blockHash } from './block.ts'
import type { SignedMessage } from './messages.ts'
import { needsEvidence, takeEvidence } from './replica/accuse.ts'
import { settle, takeCertificate, takeOfferedBlock, takeVote } from './replica/advance.ts'
import { backfillProgress, fillGaps, takeHoles, takeRun } from './replica/backfill.ts'
import { calendarOf } from './replica/calendar.ts'
import { type ComposeBlock, listedProposal } from './replica/compose-block.ts'
import { type Context, createContext, emptyOutbox, leaderOfView } from './replica/context.ts'
import {
  answerOrder,
  isWantedChange,
  takeOrder,
  takeSessionStep,
  tellOfEnd,
  tryEndSession,
} from './replica/end-session.ts'
import { fetchViews } from './replica/fetch-views.ts'
import { lead } from './replica/lead.ts'
import { askForMeasurement, propose } from './replica/measure.ts'
import {
  answerBlock,
  answerBlocks,
  answerEvidence,
  answerProposals,
  answerQuorums,
  bringForward,
  repeatOwnVoice,
} from './replica/relay.ts'
import { restore } from './replica/restore.ts'
import { takeProposal } from './replica/take-proposal.ts'
import { nullifyExposed, nullifyOverdue, timersFrom } from './replica/timers.ts'
import type { Effects, Input, ReplicaConfig } from './replica/types.ts'
import { voteOnBlock } from './replica/vote-on-block.ts'
import { isConvicted } from './state.ts'

/**
 * Chained Simplex, one decision per epoch (design: the seven rules; each has its file in `replica/`). A pure state
 * machine: the same inputs give the same effects. `Effects.persist` must be durable before anything in `Effects.send`
 * leaves the machine; signatures of inputs are verified before they come here.
 */
export interface Replica {
  step(input: Input, now: MonoNs): Effects
  status(): ReplicaStatus
  /** Whether a proof against a member, by its SHA-384, would be kept: one that would not is not worth verifying. */
  needsEvidence(member: number, digest: Uint8Array): boolean
  /** The proposals that a block lists, when they are still here. */
  listed(block: Block): readonly ListedProposal[] | undefined
  /** The proposals for an epoch that are here, one of each member, whatever became of them. */
  heard(epoch: number): readonly ListedProposal[]
}

export interface ReplicaStatus {
  readonly view: number
  readonly leader: number
  readonly finalizedView: number
  readonly finalizedEpoch: number
  readonly deltaNs: bigint
  /** Members that the newest final block convicts, by itself or before it. */
  readonly convicted: readonly number[]
  /** How much it remembers. */
  readonly kept: {
    readonly views: number
    readonly blocks: number
    readonly proposals: number
    readonly gaps: number
    readonly proofs: number
  }
  /** Missed decisions that are being fetched: how many are here, of how many. */
  readonly backfill: { readonly done: number; readonly of: number }
}

/** `compose`: a simulator runs many members in one process, and need not compose the same block for each of them. */
export function createReplica(config: ReplicaConfig, start: MonoNs, compose?: ComposeBlock): Replica {
  const context = createContext(config, start, compose)
  restore(context, config.journal, start)
  return replicaOver(context)
}

/** The machine over a context that has been restored: what explores every state has to see inside. */
export function replicaOver(context: Context): Replica {
  return {
    step: (input, now) => {
      if (isEnding(context)) takeAtEnd(context, input, now)
      else take(context, input, now)
      const effects = context.outbox
      effects.nextWakeAt = progress(context, now)
      context.outbox = emptyOutbox()
      return effects
    },
    status: () => ({
      view: context.view,
      leader: leaderOfView(context, context.view),
      finalizedView: context.chain.finalized.view,
      finalizedEpoch: context.chain.finalized.epoch,
      deltaNs: context.pacemaker.deltaNs(),
      convicted: context.config.membership.members
        .map(({ id }) => id)
        .filter((id) => isConvicted(context.chain.finalized.state, id)),
      kept: {
        views: context.views.size,
        blocks: context.chain.size,
        proposals: context.pool.size,
        gaps: context.backfill.gaps.length,
        proofs: context.proofs.size,
      },
      backfill: backfillProgress(context.backfill),
    }),
    heard: (epoch) => context.pool.firstOf(epoch).map(listedProposal),
    needsEvidence: (member, digest) => needsEvidence(context, member, digest),
    listed: ({ list }) => {
      const found = list.flatMap(({ digest }) => context.pool.byDigest(digest) ?? [])
      return found.length < list.length ? undefined : found.map(listedProposal)
    },
  }
}

function isEnding({ ending, over }: Context): boolean {
  return ending !== undefined || over !== undefined
}

/** After the end: what is still missing of it is taken, questions are answered, and everybody else hears of it. */
function takeAtEnd(context: Context, input: Input, now: MonoNs): void {
  switch (input.type) {
    case 'order':
    case 'want-order':
    case 'want-block':
    case 'block-bytes':
    case 'session-step':
      take(context, input, now)
      return
    default:
      if ('from' in input) tellOfEnd(context, input.from, now)
  }
}

function take(context: Context, input: Input, now: MonoNs): void {
  switch (input.type) {
    case 'wake':
      return
    case 'clock':
      context.clock = input.clock
      return
    case 'latency':
      context.pacemaker.setReceiveP99(input.receiveP99Ns)
      return
    case 'attested':
      context.attestationDigest = input.digest
      return
    case 'measurement':
      propose(context, input.epoch, input.measurement)
      return
    case 'signed':
      takeSigned(context, input.from, input.message, now)
      return
    case 'quorum':
      takeCertificate(context, input.certificate, now)
      bringForward(context, input.from, input.certificate.view + 1, now)
      return
    case 'final':
      takeFinal(context, input, now)
      return
    case 'want-proposals':
      answerProposals(context, input.from, input.digests, now)
      return
    case 'want-block':
      answerBlock(context, input.from, input.hash, now)
      return
    case 'want-blocks':
      answerBlocks(context, input.from, input.wanted, now)
      return
    case 'want-quorums':
      answerQuorums(context, input.from, input.views, now)
      return
    case 'block-bytes':
      takeBlockBytes(context, input.bytes, now)
      return
    case 'blocks':
      takeRun(context, input.from, input.blocks)
      return
    case 'holes':
      takeHoles(context, input.holes)
      return
    case 'order':
      takeOrder(context, input.from, input.order, input.bytes, now)
      return
    case 'want-order':
      answerOrder(context, input.from, input.digest)
      return
    case 'session-step':
      takeSessionStep(context, input.verified)
      return
    case 'evidence':
      takeEvidence(context, input.evidence, input.bytes)
      return
    case 'want-evidence':
      answerEvidence(context, input.from, input.digests, now)
      return
  }
}

/** A vote one view behind is the normal case, not a sign of being left behind, unless its sender repeats itself. */
function takeSigned(context: Context, from: number, message: SignedMessage, now: MonoNs): void {
  switch (message.type) {
    case 'hello':
      bringForward(context, from, message.body.view, now)
      return
    case 'proposal':
      takeProposal(context, message)
      return
    case 'block': {
      if (message.header.sender !== leaderOfView(context, message.body.view)) return
      takeOfferedBlock(context, { block: message.body, hash: blockHash(message.body), message }, now)
      return
    }
    case 'notarize':
    case 'nullify':
    case 'finalize': {
      const repeated = takeVote(context, message, now)
      const shown = message.type === 'finalize' ? message.body.view + 1 : message.body.view
      if (repeated || shown < context.view - 1) bringForward(context, from, shown, now)
    }
  }
}

function takeFinal(context: Context, input: Extract<Input, { type: 'final' }>, now: MonoNs): void {
  const { block, votes, from } = input
  if (block.view > context.chain.finalized.view) {
    const hash = blockHash(block)
    if (context.chain.get(hash) === undefined) context.chain.add(block, hash)
    takeCertificate(context, { type: 'finalize', view: block.view, hash, votes }, now)
  }
  bringForward(context, from, block.view + 1, now)
}

/** A block that was asked for by its hash, because a certificate names it. */
function takeBlockBytes(context: Context, bytes: Uint8Array, now: MonoNs): void {
  const hash = sha384(bytes)
  if (context.chain.get(hash) !== undefined || !isWanted(context, hash)) return
  const block = decode(blockCodec, bytes, 'block')
  if (!block.ok) return
  context.chain.add(block.value, hash)
  settle(context, now)
}

function isWanted(context: Context, hash: Uint8Array): boolean {
  const wanted = context.views
    .since(context.chain.finalized.view)
    .flatMap(({ notarization, finalization }) => [notarization?.hash, finalization?.hash])
  return isWantedChange(context, hash) || wanted.some((known) => known !== undefined && equalBytes(known, hash))
}

/** Does whatever has become possible, until nothing more is; returns when to be woken. */
function progress(context: Context, now: MonoNs): MonoNs | undefined {
  movePool(context, now)
  for (;;) {
    if (isEnding(context)) return endSession(context, now)
    const viewBefore = context.view
    nullifyExposed(context, now)
    const leadAgainAt = lead(context, now)
    voteOnBlock(context, now)
    const from = timersFrom(context)
    const overdueAt = nullifyOverdue(context, from, now)
    if (context.view !== viewBefore) continue
    const markAt = askForMeasurement(context, now)
    settle(context, now)
    if (isEnding(context)) return endSession(context, now)
    const fillAt = fillGaps(context, now)
    const fetchAt = fetchViews(context, now)
    const repeatAt = repeatOwnVoice(context, from, now)
    return earliest([leadAgainAt, overdueAt, markAt, fillAt, fetchAt, repeatAt])
  }
}

/** Ends the session; as long as something of its end is missing, that is asked for again after a retry. */
function endSession(context: Context, now: MonoNs): MonoNs | undefined {
  tryEndSession(context, now)
  return context.over === undefined ? plus(now, context.pacemaker.retryNs()) : undefined
}

/** Around the present epoch; without a clock, around the newest that is known of. */
function movePool(context: Context, now: MonoNs): void {
  const { pool, chain, proposal } = context
  pool.moveTo(calendarOf(context)?.epochAt(now) ?? Math.max(chain.finalized.epoch, proposal?.epoch ?? 0))
}

function earliest(instants: readonly (MonoNs | undefined)[]): MonoNs | undefined {
  let first: MonoNs | undefined
  for (const at of instants) if (at !== undefined) first = first === undefined ? at : min(first, at)
  return first
}
