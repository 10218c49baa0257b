import { equalBytes } from '../../core/bytes.ts'
import { decode } from '../../core/encoding.ts'
import type { MonoNs } from '../../core/time.ts'
import { type Block, blockCodec } from '../block.ts'
import { askForBlock } from './ask.ts'
import type { Context } from './context.ts'

/**
 * Blocks that became final while this member was away: the newest certificate covers them through the hash chain, so
 * they are fetched backwards, each by the hash that its child names.
 */
export interface Gap {
  /** Hash of the next block to fetch. */
  wanted: Uint8Array
  /** Decisions up to this height are known. */
  readonly knownHeight: number
}

/** Gaps open at once; a member that falls behind more often than this drops the oldest, and its log has a hole. */
const GAPS_MAX = 8

export function openGap(context: Context, oldest: Block, knownHeight: number): void {
  if (oldest.height <= knownHeight + 1) return
  context.gaps.push({ wanted: oldest.parent, knownHeight })
  if (context.gaps.length > GAPS_MAX) context.gaps.shift()
}

export function fillGaps(context: Context, now: MonoNs): void {
  for (const { wanted } of context.gaps) askForBlock(context, wanted, now)
}

/** Takes the bytes of a block that a gap waits for; they hash to `hash`. */
export function takeMissing(context: Context, bytes: Uint8Array, hash: Uint8Array): void {
  for (const gap of context.gaps.filter(({ wanted }) => equalBytes(wanted, hash))) {
    const block = decode(blockCodec, bytes, 'block')
    if (!block.ok) continue
    context.outbox.commit.push({ block: block.value, blockHash: hash, votes: undefined })
    if (block.value.height - 1 > gap.knownHeight) gap.wanted = block.value.parent
    else context.gaps.splice(context.gaps.indexOf(gap), 1)
  }
}
