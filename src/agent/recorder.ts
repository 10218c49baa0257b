import { type Block, blockCodec } from '../consensus/block.ts'
import { certificateCodec, certificateOf } from '../consensus/certificate.ts'
import { decisionLeafHash } from '../consensus/decision.ts'
import { leaderOf, membershipHash, quorumOf } from '../consensus/membership.ts'
import type { Outcome } from '../consensus/outcome.ts'
import type { Commit } from '../consensus/replica/types.ts'
import type { Replica } from '../consensus/replica.ts'
import { encode } from '../core/encoding.ts'
import { between } from '../core/time.ts'
import type { StoredDecision } from '../ledger/decision-log.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { CertifiedAtMark, SuspicionTold } from './agent-event.ts'
import { instantOf } from './epoch-bootstrap.ts'
import type { FaultLog } from './fault-log.ts'
import type { Mark } from './mark-book.ts'
import type { MemberOptions } from './member.ts'
import { memberName } from './peer-events.ts'
import { ownFrame } from './steering.ts'
import { createSuspicionWatch, type SuspicionsStanding } from './suspicion-watch.ts'

/** What happens to a decision: kept in the log, followed by the clock, told to the world. */
export interface Recorder {
  commit(commit: Commit): void
  /** Keeps what still waits to be kept together. */
  flush(): void
  suspicions(): SuspicionsStanding
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
    // A change of the membership certifies no time, so nobody is handed its signatures as a certificate.
    certificate:
      votes === undefined || block.change !== undefined
        ? undefined
        : encode(certificateCodec, certificateOf(block, votes)),
  }
}

export function createRecorder(
  { membership, root, log, clock, identity, report }: MemberOptions,
  replica: Replica,
  faults: FaultLog,
): Recorder {
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  /** Without votes of their own: a run of missed blocks is one transaction, or the disk would hold up the epoch. */
  let waiting: StoredDecision[] = []
  const watch = createSuspicionWatch((member) => memberName(membership, member), report)
  const flush = (): void => {
    if (waiting.length === 0) return
    const kept = log.append(...waiting)
    waiting = []
    // A decision that is not kept is lost evidence, not lost safety: the agent goes on, and says so.
    if (!kept.ok) faults.note('decision log', kept.fault)
  }
  return {
    flush,
    suspicions: watch.standing,
    commit: (commit) => {
      const { block, votes } = commit
      const now = readMonoNs()
      // A change certifies no time, and what was missed of an older session speaks of its members by other ids.
      if (block.change !== undefined || block.height <= (root?.height ?? 0)) {
        waiting.push(storedDecision(commit))
        flush()
        return
      }
      const mark = clock.follow(block, replica, now)
      watch.follow(block.height, block.state.behaviour)
      waiting.push(storedDecision(commit))
      if (votes === undefined) {
        if (waiting.length === 1) setImmediate(flush)
        return
      }
      flush()
      const { outcome } = block
      const wrong = wrongHardware(outcome)
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
        suspected: [...new Set(wrong.map(({ member }) => member))],
        attestation:
          membership.attestation === undefined
            ? []
            : outcome.attestation.map(({ member, verdict }) => ({ member, verdict })),
        suspicions: [...wrong, ...block.state.behaviour.suspects].sort((a, b) => a.member - b.member),
        served: mark?.served,
        certified: mark && certifiedAtMark(block, mark, identity.member.id),
      })
    },
  }
}

/** What the certificate says of a mark; undefined when it has no region for the appliance. */
function certifiedAtMark(block: Block, { monoNs, measurement }: Mark, self: number): CertifiedAtMark | undefined {
  const region = ownFrame(block, self)?.region
  if (region === undefined) return undefined
  const at = (offsetNs: bigint): bigint => instantOf(measurement.rangingNs, offsetNs)
  return { monoNs, taiNs: at(region.point), loNs: at(region.lo), hiNs: at(region.hi) }
}

/** Whose hardware the outcome finds wrong, sorted by member. */
function wrongHardware({ frames, outliers }: Outcome): readonly SuspicionTold[] {
  const failed = frames.filter(({ verdict }) => verdict === 'fail')
  return [
    ...failed.map(({ member }) => ({ member, kind: 'hardware' as const })),
    ...outliers.map((member) => ({ member, kind: 'outlier' as const })),
  ].sort((a, b) => a.member - b.member)
}
