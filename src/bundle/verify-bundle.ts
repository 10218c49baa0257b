import type { JudgementCrypto } from '../attestation/judge.ts'
import { decodeRecord } from '../attestation/record.ts'
import { type Certificate, certificateCodec, verifyCertificate } from '../consensus/certificate.ts'
import type { VerifiedChained } from '../consensus/chained-certificate.ts'
import { genesisSignaturesCodec, verifyGenesisSignatures } from '../consensus/genesis-signature.ts'
import { type AttestationTerms, type Membership, membershipCodec } from '../consensus/membership.ts'
import type { Verify } from '../consensus/quorum-certificate.ts'
import type { Session } from '../consensus/session.ts'
import { verifySessionChain } from '../consensus/session-chain.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { decode, shortHex } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { decodeBundle, type EvidenceBundle } from './bundle.ts'
import { certificatesOf, checkLeaves, leavesOf } from './log-leaf.ts'
import { judgeNamed, type MemberEvidence, type Named, namedBy } from './member-evidence.ts'

export interface BundleCrypto extends JudgementCrypto {
  /** The same as `verifyMlDsa`, on other threads. */
  readonly verifySignature: Verify
}

/** A bundle whose every claim has been checked: the certificate is good, and this is what its members' records are worth. */
export interface VerifiedBundle extends VerifiedChained {
  readonly genesis: Membership
  /** Of the keys that were given, those that stand by the genesis. */
  readonly authorities: readonly Uint8Array[]
  /** How often the membership has changed since the genesis. */
  readonly changes: number
  readonly members: readonly MemberEvidence[]
}

/**
 * Verifies a bundle offline, with the public keys of authorities (raw, ML-DSA-87) alone: whoever stands by the genesis there and
 * enrols under the present membership. Nothing in it may be unused. Never throws. Faults: those of `decodeBundle`,
 * `verifyGenesisSignatures`, `verifySessionChain`, `verifyCertificate`; `bundle.genesis`, `bundle.authority`,
 * `bundle.no-attestation`, `bundle.leaf`, `bundle.unnamed`. What records are worth is no fault.
 */
export async function verifyBundle(
  bytes: Uint8Array,
  authorities: readonly Uint8Array[],
  means: BundleCrypto,
): Promise<Result<VerifiedBundle>> {
  const decoded = decodeBundle(bytes)
  if (!decoded.ok) return decoded
  const bundle = decoded.value
  const founded = readFoundation(bundle, authorities, means)
  if (!founded.ok) return founded
  const { genesis, standing } = founded.value
  const chain = await verifySessionChain(genesis, bundle.steps, means.verifySignature)
  if (!chain.ok) return chain
  const { present } = chain.value
  const terms = termsFor(present, authorities)
  if (!terms.ok) return terms
  const all = [genesis, present.membership].flatMap(({ attestation }) => attestation?.authorities ?? [])
  const signed = checkAllSignatures(bundle, genesis, [...authorities, ...all], means)
  if (!signed.ok) return signed
  const verified = await verifyCertificate(bundle.certificate, present.membership, means.verifySignature, present.root)
  if (!verified.ok) return verified
  const anchor = verified.value
  const certificate = decode(certificateCodec, bundle.certificate, 'certificate')
  if (!certificate.ok) return certificate
  const members = judgeMembers(bundle, certificate.value, anchor, present, terms.value, means)
  if (!members.ok) return members
  const changes = bundle.steps.length
  return ok({ ...anchor, session: present, genesis, authorities: standing, changes, members: members.value })
}

interface Foundation {
  readonly genesis: Membership
  readonly standing: readonly Uint8Array[]
}

/** The genesis, because an authority that was given stands by it. */
function readFoundation(
  bundle: EvidenceBundle,
  authorities: readonly Uint8Array[],
  { verifyMlDsa }: BundleCrypto,
): Result<Foundation> {
  const genesis = decode(membershipCodec, bundle.genesis, 'bundle.genesis')
  if (!genesis.ok) return genesis
  const { session } = genesis.value
  if (session !== 0) {
    return fail('bundle.genesis', `bundle.genesis: expected a membership of session 0, got ${session}`)
  }
  const standing = verifyGenesisSignatures(bundle.genesisSignatures, genesis.value, authorities, verifyMlDsa)
  return standing.ok ? ok({ genesis: genesis.value, standing: standing.value }) : standing
}

/** What the present membership asks for, of which authorities no others count than were given. */
function termsFor({ membership }: Session, authorities: readonly Uint8Array[]): Result<AttestationTerms> {
  const { attestation: terms, cluster } = membership
  if (terms === undefined) {
    return fail('bundle.no-attestation', `bundle: expected a membership of "${cluster}" that asks for attestation`)
  }
  const trusted = terms.authorities.filter((key) => authorities.some((given) => equalBytes(given, key)))
  if (trusted.length > 0) return ok({ ...terms, authorities: trusted })
  const expected = terms.authorities.map((key) => shortHex(sha384(key))).join(', ')
  const given = authorities.map((key) => shortHex(sha384(key))).join(', ')
  return fail(
    'bundle.authority',
    `bundle: expected the key of an authority of the membership (${expected}), got ${given}`,
  )
}

/** Also those of authorities that were not given: what nobody could check has no place here. */
function checkAllSignatures(
  { genesisSignatures }: EvidenceBundle,
  genesis: Membership,
  authorities: readonly Uint8Array[],
  { verifyMlDsa }: BundleCrypto,
): Result<void> {
  const valid = verifyGenesisSignatures(genesisSignatures, genesis, authorities, verifyMlDsa)
  if (!valid.ok) return valid
  const all = decode(genesisSignaturesCodec, genesisSignatures, 'genesis signatures')
  if (!all.ok) return all
  const strange = all.value.signatures.find(
    ({ authority }) => !valid.value.some((key) => equalBytes(sha384(key), authority)),
  )
  if (strange === undefined) return ok(undefined)
  const came = shortHex(strange.authority)
  return fail(
    'bundle.unnamed',
    `bundle: expected signatures by authorities of the membership alone, got one by ${came}`,
  )
}

function judgeMembers(
  bundle: EvidenceBundle,
  { votes }: Certificate,
  anchor: Pick<VerifiedChained, 'block' | 'blockHash'>,
  { membership }: Session,
  terms: AttestationTerms,
  means: JudgementCrypto,
): Result<readonly MemberEvidence[]> {
  const led = checkLeaves(bundle.leaves, anchor.block)
  if (!led.ok) return led
  const named = namedBy(anchor.block, votes)
  const [records, eventLogs] = [byDigest(bundle.records), byDigest(bundle.eventLogs)]
  const used = checkUsed(bundle, named, records, eventLogs)
  if (!used.ok) return used
  const certificates = certificatesOf(bundle.leaves, anchor, membership)
  return ok(judgeNamed(named, { membership, terms, certificates, records, eventLogs }, means))
}

function byDigest(values: readonly Uint8Array[]): ReadonlyMap<string, Uint8Array> {
  return new Map(values.map((bytes) => [toHex(sha384(bytes)), bytes]))
}

/** Whatever nothing names is covered by no signature, and could be anything. */
function checkUsed(
  { leaves }: EvidenceBundle,
  named: readonly Named[],
  records: ReadonlyMap<string, Uint8Array>,
  eventLogs: ReadonlyMap<string, Uint8Array>,
): Result<void> {
  const digests = new Set(named.map(({ digest }) => digest && toHex(digest)))
  const strange = [...records.keys()].find((digest) => !digests.has(digest))
  if (strange !== undefined)
    return unnamed('records that votes or listed proposals name', `record ${strange.slice(0, 12)}`)
  const statements = [...records.values()].flatMap((bytes) => {
    const decoded = decodeRecord(bytes)
    return decoded.ok ? [decoded.value.statement] : []
  })
  const logs = new Set(statements.map(({ eventLogDigest }) => eventLogDigest && toHex(eventLogDigest)))
  const log = [...eventLogs.keys()].find((digest) => !logs.has(digest))
  if (log !== undefined) return unnamed('event logs that its records name', `event log ${log.slice(0, 12)}`)
  const indices = new Set(statements.flatMap(({ certificate }) => (certificate ? leavesOf(certificate) : [])))
  const leaf = leaves.find(({ index }) => !indices.has(index))
  return leaf === undefined ? ok(undefined) : unnamed('leaves that date its records', `leaf ${leaf.index}`)
}

function unnamed(expected: string, came: string): Result<never> {
  return fail('bundle.unnamed', `bundle: expected ${expected} alone, got ${came}`)
}
