import { blockCodec } from '../consensus/block.ts'
import { certificateCodec } from '../consensus/certificate.ts'
import type { Commit, Hole, JournalRecord } from '../consensus/replica/types.ts'
import { assert } from '../core/assert.ts'
import { decode } from '../core/encoding.ts'
import { ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import type { DecisionLog, LogGap } from '../ledger/decision-log.ts'
import { storedDecision } from './recorder.ts'

/** Holes looked for at once; the oldest beyond that are filled as one. */
const HOLES_MAX = 8

/**
 * What the log of this member lacks, found by height. The journal is written before the log, so after a crash the newest
 * final block may be in the journal alone: it is put into the log first. Faults: those of the ledger.
 */
export function findHoles(log: DecisionLog, journal: readonly JournalRecord[]): Result<readonly Hole[]> {
  const newest = newestFinal(journal)
  const kept: Result<void> =
    newest !== undefined && isDecision(newest) ? log.append(storedDecision(newest)) : ok(undefined)
  const gaps = kept.ok ? log.gaps(HOLES_MAX) : kept
  if (!gaps.ok) return gaps
  const holes: Hole[] = []
  for (const gap of gaps.value) {
    const hole = holeOf(gap)
    if (!hole.ok) return hole
    holes.push(hole.value)
  }
  return ok(holes)
}

/** What makes a change of the membership final is no decision itself; with the next session the change gets into the log. */
function isDecision({ block }: Commit): boolean {
  return block.change?.step !== 'closing'
}

function newestFinal(journal: readonly JournalRecord[]): Commit | undefined {
  const record = journal.findLast(({ kind }) => kind === 'final')
  if (record === undefined) return undefined
  const certificate = decode(certificateCodec, record.bytes, 'journal')
  assert(certificate.ok, 'the journal holds a certificate that does not decode')
  const block = decode(blockCodec, certificate.value.block, 'journal')
  assert(block.ok, 'the journal holds a block that does not decode')
  return { block: block.value, blockHash: sha384(certificate.value.block), votes: certificate.value.votes }
}

function holeOf({ knownHeight, next }: LogGap): Result<Hole> {
  const block = decode(blockCodec, next.block, `decision log, height ${next.height}`)
  return block.ok ? ok({ height: next.height - 1, hash: block.value.parent, knownHeight }) : block
}
