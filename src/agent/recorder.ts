import { blockCodec } from '../consensus/block.ts'
import { certificateCodec, certificateOf } from '../consensus/certificate.ts'
import { decisionLeafHash } from '../consensus/decision.ts'
import { leaderOf, membershipHash, quorumOf } from '../consensus/membership.ts'
import type { Commit } from '../consensus/replica/types.ts'
import type { Replica } from '../consensus/replica.ts'
import { encode } from '../core/encoding.ts'
import { between } from '../core/time.ts'
import type { StoredDecision } from '../ledger/decision-log.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { FaultLog } from './fault-log.ts'
import type { MemberOptions } from './member.ts'

/** What happens to a decision: kept in the log, followed by the clock, told to the world. */
export interface Recorder {
  commit(commit: Commit): void
  /** Keeps what still waits to be kept together. */
  flush(): void
}

/** A final block as the log keeps it. */
export function storedDecision({ block, blockHash, votes }: Commit): StoredDecision {
  return {
    height: block.height,
    epoch: block.epoch,
    view: block.view,
    blockHash,
    block: encode(blockCodec, block),
    leafHash: decisionLeafHash(block, blockHash),
    certificate: votes === undefined ? undefined : encode(certificateCodec, certificateOf(block, votes)),
  }
}

export function createRecorder(
  { membership, log, clock, identity, report }: MemberOptions,
  replica: Replica,
  faults: FaultLog,
): Recorder {
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  /** Without votes of their own: a run of missed blocks is one transaction, or the disk would hold up the epoch. */
  let waiting: StoredDecision[] = []
  const flush = (): void => {
    if (waiting.length === 0) return
    const kept = log.append(...waiting)
    waiting = []
    // A decision that is not kept is lost evidence, not lost safety: the agent goes on, and says so.
    if (!kept.ok) faults.note('decision log', kept.fault)
  }
  return {
    flush,
    commit: (commit) => {
      const { block, votes } = commit
      const now = readMonoNs()
      const mark = clock.follow(block, replica, now)
      waiting.push(storedDecision(commit))
      if (votes === undefined) {
        if (waiting.length === 1) setImmediate(flush)
        return
      }
      flush()
      const { outcome } = block
      const failed = outcome.frames.filter(({ verdict }) => verdict === 'fail').map(({ member }) => member)
      report({
        type: 'decision',
        node: identity.member.id,
        epoch: block.epoch,
        view: block.view,
        height: block.height,
        leader: leaderOf(block.view, quorum, hash),
        signatures: votes.length,
        quorum: quorum.q,
        grade: outcome.grade,
        markToCertificateMs: mark === undefined ? undefined : Number(between(mark.monoNs, now)) / 1e6,
        precisionNs: outcome.precisionNs,
        suspected: [...new Set([...failed, ...outcome.outliers])].sort((a, b) => a - b),
        served: mark?.served,
      })
    },
  }
}
