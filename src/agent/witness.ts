import type { ChainRoot } from '../consensus/block.ts'
import { type Evidence, encodeEvidence } from '../consensus/evidence.ts'
import type { EvidenceEntry } from '../consensus/evidence-entry.ts'
import { type Membership, membershipHash } from '../consensus/membership.ts'
import type { Verify } from '../consensus/quorum-certificate.ts'
import type { Input } from '../consensus/replica/types.ts'
import { encodeWireMessage } from '../consensus/wire-message.ts'
import { equalBytes } from '../core/bytes.ts'
import { sha384 } from '../core/hash.ts'
import type { EvidenceLog } from '../ledger/evidence-log.ts'
import { alarm, type Report } from './agent-event.ts'
import type { FaultLog } from './fault-log.ts'
import { createInbound } from './inbound.ts'
import { memberName } from './peer-events.ts'

/** Keeps every proof of a lie on the disk, says each once, and gives them back to the replica after a restart. */
export interface Witness {
  /** A proof that is new to the replica, seen when `finalizedEpoch` was the newest final one. */
  saw(evidence: Evidence, finalizedEpoch: number): void
  /** Verifies what is kept from before once more, and gives it to `take`. */
  recall(take: (input: Input) => void): void
}

export interface WitnessOptions {
  readonly self: number
  readonly membership: Membership
  /** What its session starts from; undefined in the first one. */
  readonly root?: ChainRoot | undefined
  readonly log: EvidenceLog
  readonly verify: Verify
  readonly report: Report
  readonly faults: FaultLog
}

export function createWitness({ self, membership, root, log, verify, report, faults }: WitnessOptions): Witness {
  const hash = membershipHash(membership)
  return {
    saw: (evidence, seenAfterEpoch) => {
      const { kind, member, number } = evidence
      const bytes = encodeEvidence(evidence)
      const kept = log.append({
        kind,
        member,
        number,
        digest: sha384(bytes),
        membershipHash: hash,
        seenAfterEpoch,
        bytes,
      })
      // Not kept is not unknown: the others have it, and a block lists it.
      if (!kept.ok) faults.note('evidence log', kept.fault)
      if (kept.ok && !kept.value) return
      const message = `${describeEvidence(evidence, membership)}, seen after epoch ${seenAfterEpoch}`
      alarm(report, { code: `evidence.${kind}`, message })
    },
    recall: (take) => {
      const kept = log.all()
      if (!kept.ok) {
        faults.note('evidence log', kept.fault)
        return
      }
      const identity = { cluster: membership.cluster, membershipHash: hash, n: membership.members.length }
      // The gate that proofs of strangers pass: a disk may have changed a bit.
      const gate = createInbound({
        membership,
        root,
        identity,
        verify,
        accept: take,
        refuse: (_, fault) => faults.note('evidence log', fault),
      })
      for (const { bytes, membershipHash: under } of kept.value) {
        if (equalBytes(under, hash)) gate.take(self, encodeWireMessage({ kind: 'evidence', value: bytes }))
      }
    },
  }
}

/** One sentence for a person: who, what, in which view or epoch. */
export function describeEvidence(
  { kind, member, number }: Pick<EvidenceEntry, 'kind' | 'member' | 'number'>,
  membership: Membership,
): string {
  const where = kind === 'conflicting-proposal' ? `epoch ${number}` : `view ${number}`
  return `${memberName(membership, member)} signed what no correct appliance signs: ${kind} in ${where}`
}
