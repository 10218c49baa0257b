import { decodeRecord, type NamedCertificate } from '../../attestation/record.ts'
import { BUNDLE_BYTES_MAX, encodeBundle } from '../../bundle/bundle.ts'
import { type LogLeaf, leavesOf } from '../../bundle/log-leaf.ts'
import { namedBy } from '../../bundle/member-evidence.ts'
import { type Block, blockCodec } from '../../consensus/block.ts'
import { type Certificate, certificateCodec } from '../../consensus/certificate.ts'
import { encodeGenesisSignatures, genesisSignaturesCodec } from '../../consensus/genesis-signature.ts'
import { type Membership, membershipCodec } from '../../consensus/membership.ts'
import { type SessionChain, sessionOfHeight } from '../../consensus/session-chain.ts'
import { equalBytes, toHex } from '../../core/bytes.ts'
import { decode, encode } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import { inclusionPaths } from '../../core/merkle.ts'
import type { DecisionReader, StoredDecision } from '../../ledger/decision-log.ts'
import { stepsTo } from '../../ledger/export.ts'
import type { RecordReader } from '../../ledger/record-store.ts'

export interface BundleSources {
  readonly log: DecisionReader
  readonly records: Pick<RecordReader, 'record' | 'eventLog'>
  readonly chain: SessionChain
  /** The file beside the genesis. */
  readonly genesisSignatures: Uint8Array
}

export interface ExportedBundle {
  readonly bytes: Uint8Array
  /** Records and event logs that are named and not here: a verifier will not call their nodes verified. */
  readonly missing: readonly string[]
}

/**
 * The bundle of an epoch, or of the newest certified one. Faults: `export.not-decided`, `export.no-signatures`,
 * `export.no-attestation`, `export.genesis-signatures`, `log.incomplete`, `bundle.size`, those of the ledger.
 */
export function exportBundle(sources: BundleSources, epoch: number | undefined): Result<ExportedBundle> {
  const found = readCertified(sources.log, epoch)
  if (!found.ok) return found
  const { decision, certificate, bytes: certificateBytes, block } = found.value
  const { chain } = sources
  const genesis = chain.sessions[0]?.membership ?? chain.present.membership
  const session = sessionOfHeight(chain, decision.height) ?? chain.present
  const terms = session.membership.attestation
  if (terms === undefined) {
    return fail('export.no-attestation', `epoch ${decision.epoch}: expected a membership that asks for attestation`)
  }
  const signatures = signaturesOf(sources.genesisSignatures, genesis, session.membership)
  if (!signatures.ok) return signatures
  const evidence = collectRecords(sources.records, block, certificate, terms.policy.loggedPcrs.length > 0)
  if (!evidence.ok) return evidence
  const { records, eventLogs, missing } = evidence.value
  const leaves = collectLeaves(sources.log, records, block)
  if (!leaves.ok) return leaves
  const bytes = encodeBundle({
    genesis: encode(membershipCodec, genesis),
    genesisSignatures: signatures.value,
    steps: stepsTo(chain, decision.height),
    certificate: certificateBytes,
    leaves: leaves.value,
    records,
    eventLogs,
  })
  return bytes.length <= BUNDLE_BYTES_MAX
    ? ok({ bytes, missing })
    : fail('bundle.size', `bundle: expected at most ${BUNDLE_BYTES_MAX} bytes, got ${bytes.length}`)
}

interface Certified {
  readonly decision: StoredDecision
  readonly certificate: Certificate
  readonly bytes: Uint8Array
  readonly block: Block
}

function readCertified(log: DecisionReader, epoch: number | undefined): Result<Certified> {
  const found = epoch === undefined ? log.newestCertified() : log.byEpoch(epoch)
  if (!found.ok) return found
  const decision = found.value
  const what = epoch === undefined ? 'the log' : `epoch ${epoch}`
  if (decision === undefined) return fail('export.not-decided', `${what}: expected a certified decision, got none`)
  const { certificate: bytes } = decision
  if (bytes === undefined) {
    return fail('export.no-signatures', `${what}: expected its signatures, which are not kept here, for a bundle`)
  }
  const certificate = decode(certificateCodec, bytes, what)
  if (!certificate.ok) return certificate
  const block = decode(blockCodec, certificate.value.block, what)
  return block.ok ? ok({ decision, certificate: certificate.value, bytes, block: block.value }) : block
}

/** Those that a reader can check: of authorities that a membership of the bundle names. */
function signaturesOf(bytes: Uint8Array, ...memberships: readonly Membership[]): Result<Uint8Array> {
  const file = decode(genesisSignaturesCodec, bytes, 'genesis signatures')
  if (!file.ok) return file
  const known = memberships.flatMap(({ attestation }) => attestation?.authorities ?? []).map((key) => sha384(key))
  const kept = file.value.signatures.filter(({ authority }) => known.some((hash) => equalBytes(hash, authority)))
  return kept.length > 0
    ? ok(encodeGenesisSignatures(kept))
    : fail('export.genesis-signatures', 'genesis signatures: expected one by an authority of the membership, got none')
}

interface CollectedRecords {
  readonly records: readonly Uint8Array[]
  readonly eventLogs: readonly Uint8Array[]
  readonly missing: readonly string[]
}

function collectRecords(
  store: BundleSources['records'],
  block: Block,
  { votes }: Certificate,
  withEventLogs: boolean,
): Result<CollectedRecords> {
  const records = new Map<string, Uint8Array>()
  const eventLogs = new Map<string, Uint8Array>()
  const missing = new Set<string>()
  for (const { digest } of namedBy(block, votes)) {
    if (digest === undefined) continue
    const record = store.record(digest)
    if (!record.ok) return record
    if (record.value === undefined) missing.add(`record ${toHex(digest)}`)
    else records.set(toHex(digest), new Uint8Array(record.value))
  }
  for (const bytes of withEventLogs ? records.values() : []) {
    const record = decodeRecord(bytes)
    const digest = record.ok ? record.value.statement.eventLogDigest : undefined
    if (digest === undefined) continue
    const eventLog = store.eventLog(digest)
    if (!eventLog.ok) return eventLog
    if (eventLog.value === undefined) missing.add(`event log ${toHex(digest)}`)
    else eventLogs.set(toHex(digest), new Uint8Array(eventLog.value))
  }
  return ok({ records: [...records.values()], eventLogs: [...eventLogs.values()], missing: [...missing] })
}

/** What dates the records: of each the block that it names, if that was decided, and the one before. */
function collectLeaves(log: DecisionReader, records: readonly Uint8Array[], anchor: Block): Result<readonly LogLeaf[]> {
  const { size } = anchor.state.log
  const decisions = new Map<number, LogLeaf['decision']>()
  for (const bytes of records) {
    const record = decodeRecord(bytes)
    const named = record.ok ? record.value.statement.certificate : undefined
    for (const index of named === undefined ? [] : leavesOf(named)) {
      if (index < 0 || index >= size || decisions.has(index)) continue
      const decision = decisionAt(log, index)
      if (!decision.ok) return decision
      if (decision.value !== undefined && !isOther(named, index, decision.value)) decisions.set(index, decision.value)
    }
  }
  if (decisions.size === 0) return ok([])
  const hashes = log.leafHashes(size)
  if (!hashes.ok) return hashes
  const indices = [...decisions.keys()].toSorted((a, b) => a - b)
  const paths = inclusionPaths(hashes.value, indices)
  return ok(
    indices.flatMap((index, at) => {
      const [decision, path] = [decisions.get(index), paths[at]]
      return decision === undefined || path === undefined ? [] : [{ index, decision, path }]
    }),
  )
}

/** Whether the block of that height is not the one that a record names. */
function isOther(named: NamedCertificate | undefined, index: number, { blockHash }: LogLeaf['decision']): boolean {
  return named !== undefined && index === named.height - 1 && !equalBytes(named.hash, blockHash)
}

function decisionAt(log: DecisionReader, index: number): Result<LogLeaf['decision'] | undefined> {
  const found = log.byHeight(index + 1)
  if (!found.ok || found.value === undefined) return found.ok ? ok(undefined) : found
  const { epoch, view, blockHash, block } = found.value
  const decoded = decode(blockCodec, block, `height ${index + 1}`)
  if (!decoded.ok) return decoded
  const { era } = decoded.value
  return ok({ format: 'quorumtime-decision-1', era, epoch, view, blockHash: new Uint8Array(blockHash) })
}
