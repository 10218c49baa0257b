import { equalBytes } from '../../core/bytes.ts'
import { decode } from '../../core/encoding.ts'
import { sha384 } from '../../core/hash.ts'
import { type MonoNs, NS_PER_MILLISECOND, plus } from '../../core/time.ts'
import { type Block, blockCodec } from '../block.ts'
import { checkBlockForm } from '../certificate.ts'
import { RUN_BLOCKS_MAX, RUN_BYTES_MAX } from '../wire-message.ts'
import { type Context, nextPeer, sendTo } from './context.ts'
import type { Hole } from './types.ts'

/**
 * Blocks that became final while this member was away: the newest certificate covers them through the hash chain, so
 * they are fetched backwards, each by the hash that its child names, in runs.
 */
export interface Gap {
  /** The newest block still to fetch, by the height and the hash that its child gives it. */
  height: number
  wanted: Uint8Array
  /** Decisions up to this height are known. */
  knownHeight: number
  /** How many it was to begin with. */
  of: number
}

/** One peer is asked at a time, one run at a time: who comes back must not keep the others from their epoch. */
export interface Backfill {
  readonly gaps: Gap[]
  /** Whose turn it is to be asked. */
  peer: number
  askedAt: MonoNs | undefined
  answered: boolean
}

/** Gaps open at once; a further one takes in the one before it, with the known blocks that lie between them. */
const GAPS_MAX = 8
/** From one question to the next when it is answered, and until the next peer is asked when it is not. */
const PACE_NS = 50n * NS_PER_MILLISECOND
const PATIENCE_NS = 1_000n * NS_PER_MILLISECOND

export function openGap(context: Context, oldest: Block, knownHeight: number): void {
  open(context.backfill, { height: oldest.height - 1, hash: oldest.parent, knownHeight })
}

/** What the log of this member says it lacks. */
export function takeHoles(context: Context, holes: readonly Hole[]): void {
  for (const hole of holes) open(context.backfill, hole)
}

function open({ gaps }: Backfill, { height, hash, knownHeight }: Hole): void {
  if (height <= knownHeight || gaps.some(({ wanted }) => equalBytes(wanted, hash))) return
  const before = gaps.length < GAPS_MAX ? undefined : gaps.pop()
  const known = Math.min(knownHeight, before?.knownHeight ?? knownHeight)
  gaps.push({ height, wanted: hash, knownHeight: known, of: height - known })
}

/** Asks for the next run when its time has come; returns when to come again. */
export function fillGaps(context: Context, now: MonoNs): MonoNs | undefined {
  const { backfill, quorum, config } = context
  const [gap] = backfill.gaps
  if (gap === undefined || quorum.n === 1) return undefined
  const { askedAt, answered } = backfill
  const due = askedAt === undefined ? now : plus(askedAt, answered ? PACE_NS : PATIENCE_NS)
  if (now < due) return due
  if (!answered || backfill.peer === config.self) backfill.peer = nextPeer(context, backfill.peer)
  backfill.askedAt = now
  backfill.answered = false
  const count = Math.min(RUN_BLOCKS_MAX, gap.height - gap.knownHeight)
  sendTo(context, backfill.peer, { kind: 'want-blocks', value: { newest: gap.wanted, count } })
  return plus(now, PATIENCE_NS)
}

/**
 * Takes a run of blocks, each checked by the hash that its child names and by its form. A peer that gives less than an
 * answer holds is not asked again before the others: it may be short of them, or playing for time.
 */
export function takeRun(context: Context, from: number, blocks: readonly Uint8Array[]): void {
  const { backfill } = context
  const [newest] = blocks
  const hash = newest && sha384(newest)
  const gap = hash && backfill.gaps.find(({ wanted }) => equalBytes(wanted, hash))
  if (gap === undefined) return
  const asked = gap.height - gap.knownHeight
  let [taken, bytes] = [0, 0]
  for (const block of blocks) {
    if (gap.height <= gap.knownHeight || !takeMissing(context, gap, block)) break
    taken += 1
    bytes += block.length
  }
  // Its hash is an ancestor's of what a quorum signed: when even this one is none, there is nothing to wait for.
  if (taken === 0) gap.height = gap.knownHeight
  if (gap.height <= gap.knownHeight) backfill.gaps.splice(backfill.gaps.indexOf(gap), 1)
  if (from !== backfill.peer) return
  backfill.answered = true
  if (taken < Math.min(asked, RUN_BLOCKS_MAX) && bytes < RUN_BYTES_MAX / 2) {
    backfill.peer = nextPeer(context, from)
  }
}

function takeMissing(context: Context, gap: Gap, bytes: Uint8Array): boolean {
  const hash = sha384(bytes)
  if (!equalBytes(hash, gap.wanted)) return false
  const block = decode(blockCodec, bytes, 'block')
  if (!block.ok || block.value.height !== gap.height) return false
  const { membership } = context.config
  // What lies below the session has the form of its own session; that its hash is the wanted one says enough.
  const isOfSession = block.value.height > context.root.height
  if (isOfSession && !checkBlockForm(block.value, membership, context.root).ok) return false
  if (block.value.change?.step !== 'closing') {
    context.outbox.commit.push({ block: block.value, blockHash: hash, votes: undefined })
  }
  gap.height -= 1
  gap.wanted = block.value.parent
  return true
}

/** How many blocks of the open gaps are here by now, of how many. */
export function backfillProgress({ gaps }: Backfill): { readonly done: number; readonly of: number } {
  const of = gaps.reduce((sum, gap) => sum + gap.of, 0)
  return { done: of - gaps.reduce((sum, gap) => sum + gap.height - gap.knownHeight, 0), of }
}
