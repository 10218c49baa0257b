import { type Certificates, type Judgement, type JudgementCrypto, judgeRecord } from '../../attestation/judge.ts'
import { decodeKnownNode, encodeKnownNode } from '../../attestation/known-node.ts'
import type { KnownNode } from '../../attestation/node-history.ts'
import { type AttestationRecord, decodeRecord } from '../../attestation/record.ts'
import { platformDigest } from '../../attestation/tpm/platform-digest.ts'
import { verifySignature } from '../../attestation/tpm/verify-signature.ts'
import type { AttestationTerms, Membership } from '../../consensus/membership.ts'
import { equalBytes } from '../../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import type { Verifier } from '../../crypto/signature.ts'
import type { RecordStore } from '../../ledger/record-store.ts'

/** A record that was shown, and what it is worth at present. */
export interface JudgedRecord {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
  readonly eventLog: Uint8Array | undefined
  /** Undefined when it is none. */
  readonly record: AttestationRecord | undefined
  readonly judgement: Judgement
}

/** Judges what members show, and remembers on the disk what was seen of them. */
export interface RecordJudge {
  judge(member: number, shown: Pick<JudgedRecord, 'digest' | 'bytes' | 'eventLog'>): JudgedRecord
  /** Whether a record of this member has ever been believed: then it has a TPM. */
  isKnown(member: number): boolean
  /** How many judgements there were, and what they took of this thread. */
  cost(): { readonly count: number; readonly totalMs: number; readonly maxMs: number }
}

export interface RecordJudgeOptions {
  readonly membership: Membership
  readonly terms: AttestationTerms
  readonly known: KnownNodes
  readonly certificates: Certificates
  readonly verifier: Verifier
}

/** What was seen of every node, by name: in memory, and on the disk. */
export interface KnownNodes {
  get(name: string): KnownNode | undefined
  all(): readonly KnownNode[]
  remember(seen: KnownNode): void
}

/** Fault, beside those of the ledger, `attestation.known-node`: to forget it would be to take an older image of a TPM for the TPM. */
export function openKnownNodes(
  store: Pick<RecordStore, 'known' | 'keepKnown'>,
  note: (fault: Fault) => void,
): Result<KnownNodes> {
  const kept = store.known()
  if (!kept.ok) return kept
  const known = new Map<string, KnownNode>()
  for (const [name, bytes] of kept.value) {
    const decoded = decodeKnownNode(bytes)
    if (!decoded.ok) return fail('attestation.known-node', `${name}: ${decoded.fault.message}`)
    known.set(name, decoded.value)
  }
  return ok({
    get: (name) => known.get(name),
    all: () => [...known.values()],
    remember: (seen) => {
      const before = known.get(seen.name)
      const encoded = encodeKnownNode(seen)
      if (before !== undefined && equalBytes(encodeKnownNode(before), encoded)) return
      known.set(seen.name, seen)
      const written = store.keepKnown(seen.name, encoded)
      if (!written.ok) note(written.fault)
    },
  })
}

export function createRecordJudge({
  membership,
  terms,
  known,
  certificates,
  verifier,
}: RecordJudgeOptions): RecordJudge {
  const crypto: JudgementCrypto = {
    digest: platformDigest,
    verify: verifySignature,
    verifyMlDsa: (...all) => verifier.verifySync(...all),
  }
  const names = membership.members.map(({ name }) => name)
  const keyHashes = membership.members.map(({ signingKey }) => sha384(signingKey))
  const spent = { count: 0, totalMs: 0, maxMs: 0 }

  const judge: RecordJudge['judge'] = (id, { digest, bytes, eventLog }) => {
    const name = membership.members[id]?.name ?? ''
    const { cluster } = membership
    const subject = { cluster, member: id, name, keyHash: keyHashes[id] ?? new Uint8Array(), attestationDigest: digest }
    const { fleet, authorities, policy } = terms
    // Who is no member any more has left its machine to somebody else, perhaps.
    const others = known.all().filter((other) => other.name !== name && names.includes(other.name))
    const began = performance.now()
    const judgement = judgeRecord(
      { record: bytes, eventLog },
      { subject, trust: { fleet, authorities }, policy, certificates, known: known.get(name), others },
      crypto,
    )
    const tookMs = performance.now() - began
    spent.count += 1
    spent.totalMs += tookMs
    spent.maxMs = Math.max(spent.maxMs, tookMs)
    if (judgement.seen !== undefined) known.remember(judgement.seen)
    const decoded = decodeRecord(bytes)
    return { digest, bytes, eventLog, record: decoded.ok ? decoded.value : undefined, judgement }
  }
  return { judge, isKnown: (id) => known.get(names[id] ?? '') !== undefined, cost: () => ({ ...spent }) }
}
