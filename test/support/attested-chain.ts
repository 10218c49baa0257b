import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AttestationPolicy, DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import { type NamedCertificate, recordDigest, type Statement } from '../../src/attestation/record.ts'
import type { BundleCrypto } from '../../src/bundle/verify-bundle.ts'
import { type ExportedBundle, exportBundle } from '../../src/cli/bundle/export-bundle.ts'
import { blockCodec, chainRoot } from '../../src/consensus/block.ts'
import { certificateCodec, certificateOf } from '../../src/consensus/certificate.ts'
import { decisionLeafHash } from '../../src/consensus/decision.ts'
import { encodeGenesisSignatures, GENESIS_CONTEXT, genesisContent } from '../../src/consensus/genesis-signature.ts'
import { type Membership, membershipHash } from '../../src/consensus/membership.ts'
import { compactVote, encodeContent, signingContext } from '../../src/consensus/messages.ts'
import type { ChainNode } from '../../src/consensus/replica/chain.ts'
import { createSessionChain, type SessionChain } from '../../src/consensus/session-chain.ts'
import { encode } from '../../src/core/encoding.ts'
import type { Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import { openDecisionLog, type StoredDecision } from '../../src/ledger/decision-log.ts'
import { openRecordStore } from '../../src/ledger/record-store.ts'
import {
  AUTHORITY,
  CRYPTO,
  createSoftTpm,
  enrolmentOf,
  recordBytes,
  type SoftTpm,
  signEnrolment,
} from './attestation-records.ts'
import { type DecidedBlock, decideOn } from './decided-chain.ts'
import { sampleMembership } from './proposals.ts'
import { unwrap } from './results.ts'
import type { Voices } from './signed-messages.ts'

/** Four members with real keys and TPMs in software, whose newest block names their records: what a bundle is made from. */

const mlDsa = selectMlDsa()
const SIGNERS: readonly Signer[] = [0, 1, 2, 3].map((id) => mlDsa.createSigner(new Uint8Array(32).fill(10 + id)))
const TPMS: readonly SoftTpm[] = SIGNERS.map((_, id) => createSoftTpm(30 + id))

function at<T>(list: readonly T[], id: number): T {
  const found = list[id]
  if (found === undefined) throw new RangeError(`no member ${id}`)
  return found
}

export const BUNDLE_CRYPTO: BundleCrypto = { ...CRYPTO, verifySignature: mlDsa.verifier.verify }

export function attestingMembership(
  policy: Partial<AttestationPolicy> = {},
  others: readonly Signer[] = [],
): Membership {
  const authorities = [AUTHORITY, ...others].map(({ publicKey }) => publicKey).toSorted(Buffer.compare)
  const sample = sampleMembership(SIGNERS.length, {
    attestation: { fleet: 'racks', authorities, policy: { ...DEFAULT_POLICY, ...policy } },
  })
  const members = sample.members.map((member, id) => ({ ...member, signingKey: at(SIGNERS, id).publicKey }))
  return { ...sample, members }
}

/** What a member's record says when nothing else is wanted. */
export function statementOf(
  membership: Membership,
  id: number,
  certificate: NamedCertificate,
  tpm = id,
): Partial<Statement> {
  const { name, signingKey } = at(membership.members, id)
  const keyHash = sha384(signingKey)
  const enrolment = signEnrolment(enrolmentOf(at(TPMS, tpm), { node: name, keyHash }))
  return { cluster: membership.cluster, member: id, name, keyHash, certificate, enrolment }
}

export function honestRecord(membership: Membership, id: number, certificate: NamedCertificate): Uint8Array {
  return recordBytes(statementOf(membership, id, certificate), quoteOf(id), TPMS[id])
}

/** Each TPM has a name of its own. */
export function quoteOf(id: number): { readonly qualifiedSigner: Uint8Array } {
  return { qualifiedSigner: tpmOf(id).key.qualifiedName ?? new Uint8Array() }
}

export function tpmOf(id: number): SoftTpm {
  return at(TPMS, id)
}

export interface AttestedChain {
  readonly membership: Membership
  readonly chain: SessionChain
  readonly decisions: readonly StoredDecision[]
  /** By member: of its proposal, and of its vote. */
  readonly records: readonly (readonly [Uint8Array | undefined, Uint8Array | undefined])[]
  readonly genesisSignatures: Uint8Array
}

export interface AttestedChainOptions {
  readonly membership?: Membership
  /** Who stands by the genesis; the authority when not given. */
  readonly authorities?: readonly Signer[]
  readonly length?: number
  /** A member's record for its proposal or its vote in the last block; the same honest one for both when not given. */
  record?(id: number, signed: 'proposal' | 'vote', named: (height: number) => NamedCertificate): Uint8Array | undefined
}

/** Members 0 to 2 vote; all four are listed. */
export function attestedChain(options: AttestedChainOptions = {}): AttestedChain {
  const { membership = attestingMembership(), authorities = [AUTHORITY], length = 6 } = options
  const decided: DecidedBlock[] = []
  const named = (height: number): NamedCertificate => ({
    height,
    hash: decided[height - 1]?.hash ?? new Uint8Array(48),
  })
  const honest = (id: number): Uint8Array => honestRecord(membership, id, named(length - 1))
  let digests: readonly (Uint8Array | undefined)[] = []
  const voices = voicesOf(membership, (sender) => digests[sender])
  const decisions: StoredDecision[] = []
  let parent: ChainNode = { ...chainRoot(membership), block: undefined }
  let records: AttestedChain['records'] = []
  for (let height = 1; height <= length; height++) {
    if (height === length) {
      const made = membership.members.map(({ id }) => honest(id))
      const { record = (id: number) => made[id] } = options
      records = membership.members.map(({ id }) => [record(id, 'proposal', named), record(id, 'vote', named)])
      digests = records.map(([ofProposal]) => ofProposal && recordDigest(ofProposal))
    }
    const next = decideOn(voices, membership, parent, height, height)
    decided.push(next)
    parent = { ...next.block, hash: next.hash, block: next.block }
    digests = records.map(([, ofVote]) => ofVote && recordDigest(ofVote))
    decisions.push(stored(next, voices))
  }
  const signatures = authorities.map((authority) => ({
    authority: sha384(authority.publicKey),
    signature: authority.sign(GENESIS_CONTEXT, genesisContent(membership)),
  }))
  const genesisSignatures = encodeGenesisSignatures(signatures)
  return { membership, chain: createSessionChain(membership), decisions, records, genesisSignatures }
}

/** Votes alone are really signed: no other signature is in a certificate. */
function voicesOf(membership: Membership, digestOf: (sender: number) => Uint8Array | undefined): Voices {
  const hash = membershipHash(membership)
  const say: Voices['say'] = (sender, type, body) => {
    const header = {
      cluster: membership.cluster,
      membershipHash: hash,
      type,
      sender,
      bootCount: 1,
      attestationDigest: digestOf(sender),
    }
    const content = encodeContent(header, body)
    const signature =
      type === 'finalize' ? at(SIGNERS, sender).sign(signingContext(type), content) : new Uint8Array(4627)
    return { type, header, body, content, signature }
  }
  return {
    say,
    certificate: (type, view, voted, signers) => {
      const hash = voted ?? new Uint8Array(48)
      const votes = signers.map((sender) => compactVote(say(sender, 'finalize', { view, hash })))
      return { type, view, hash, votes }
    },
  }
}

function stored({ block, hash }: DecidedBlock, voices: Voices): StoredDecision {
  const { height, epoch, view } = block
  const { votes } = voices.certificate('finalize', view, hash, [0, 1, 2])
  return {
    height,
    epoch,
    view,
    blockHash: hash,
    block: encode(blockCodec, block),
    leafHash: decisionLeafHash(block, hash),
    certificate: encode(certificateCodec, certificateOf(block, votes)),
  }
}

/** What an agent has on its disk of such a chain. */
export function keepOnDisk(
  folder: string,
  { membership, decisions, records }: AttestedChain,
  without: readonly number[] = [],
  eventLog?: Uint8Array,
): void {
  const log = unwrap(openDecisionLog(join(folder, 'decisions.sqlite'), membership.epochPeriodNs))
  unwrap(log.append(...decisions))
  log.close()
  const store = unwrap(openRecordStore(join(folder, 'records.sqlite')))
  for (const [id, both] of records.entries()) {
    for (const bytes of without.includes(id) ? [] : both) {
      if (bytes === undefined) continue
      const shown = eventLog && { digest: sha384(eventLog), bytes: eventLog }
      unwrap(store.keep({ digest: recordDigest(bytes), node: `node${id}`, height: 1, bytes, eventLog: shown }))
    }
  }
  store.close()
}

/** The bundle of the newest certificate, by way of real files. */
export function bundleOf(
  chain: AttestedChain,
  without: readonly number[] = [],
  eventLog?: Uint8Array,
): Result<ExportedBundle> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-bundle-'))
  try {
    keepOnDisk(folder, chain, without, eventLog)
    const log = unwrap(openDecisionLog(join(folder, 'decisions.sqlite'), chain.membership.epochPeriodNs))
    const records = unwrap(openRecordStore(join(folder, 'records.sqlite')))
    const exported = exportBundle(
      { log, records, chain: chain.chain, genesisSignatures: chain.genesisSignatures },
      undefined,
    )
    log.close()
    records.close()
    return exported
  } finally {
    rmSync(folder, { recursive: true })
  }
}
