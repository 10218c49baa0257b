import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec } from '../../src/consensus/certificate.ts'
import type { Commit, Hole, JournalRecord } from '../../src/consensus/replica/types.ts'
import { type BlocksWanted, runOf, type WireMessage } from '../../src/consensus/wire-message.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { unwrap } from './results.ts'

/**
 * What an appliance does with its decision log when it starts, on a list of commits in the place of the log: the newest
 * final block of the journal is put into it when a crash kept it out, and what is missing below is named.
 */
export function mendCommits(commits: Commit[], journal: readonly JournalRecord[]): readonly Hole[] {
  const record = journal.findLast(({ kind }) => kind === 'final')
  if (record !== undefined) {
    const { block: bytes, votes } = unwrap(decode(certificateCodec, record.bytes, 'journal'))
    const block = unwrap(decode(blockCodec, bytes, 'journal'))
    if (block.change?.step !== 'closing' && commits.every((known) => known.block.height !== block.height)) {
      commits.push({ block, blockHash: sha384(bytes), votes })
    }
  }
  const byHeight = new Map(commits.map(({ block }) => [block.height, block]))
  const heights = [...byHeight.keys()].sort((a, b) => a - b)
  return heights.flatMap((height, index) => {
    const knownHeight = heights[index - 1] ?? 0
    const hash = byHeight.get(height)?.parent
    return hash === undefined || height <= knownHeight + 1 ? [] : [{ height: height - 1, hash, knownHeight }]
  })
}

/** What an appliance answers from its log: a run of blocks down to where something is missing, if it knows the newest. */
export function runOfCommits(commits: readonly Commit[], { newest, count }: BlocksWanted): WireMessage | undefined {
  const blocks = new Map(commits.map(({ block }) => [block.height, block]))
  const run: Uint8Array[] = []
  let block = commits.find(({ blockHash }) => equalBytes(blockHash, newest))?.block
  for (; block !== undefined && run.length < count; block = blocks.get(block.height - 1)) {
    run.push(encode(blockCodec, block))
  }
  return run.length === 0 ? undefined : { kind: 'blocks', value: runOf(run) }
}

/** Heights that are missing below the newest. */
export function missingHeights(commits: readonly Commit[]): readonly number[] {
  const known = new Set(commits.map(({ block }) => block.height))
  return Array.from({ length: Math.max(0, ...known) }, (_, index) => index + 1).filter((height) => !known.has(height))
}
