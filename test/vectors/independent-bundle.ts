import { createPublicKey, verify } from 'node:crypto'
import {
  ascends,
  checkCertificate,
  type Decision,
  decodeAs,
  type Genesis,
  hash,
  hexOf,
  Refusal,
  readGenesis,
  refuseUnless,
  same,
  type Vote,
  verifyMlDsa87,
} from './independent-parts.ts'
import { checkSteps, pathLeadsTo } from './independent-verifier.ts'
import { type Item, joinBytes, writeCbor } from './strict-cbor.ts'

/**
 * A second verifier of evidence bundles, written from docs/certificate.md, docs/attestation.md and docs/quorumtime.cddl. It imports
 * nothing of the product. The numbers are the page's steps. Of records it knows what a bundle of the vectors has: one record of each member, of a TPM
 * that signs by ECDSA on P-256, under a policy without rules for registers, firmware, packages and logs.
 */

type BundleItem = readonly [
  format: string,
  genesis: Uint8Array,
  signatures: Uint8Array,
  steps: readonly Uint8Array[],
  certificate: Uint8Array,
  leaves: readonly LeafItem[],
  records: readonly Uint8Array[],
  eventLogs: readonly Uint8Array[],
]
type DecisionItem = readonly [format: string, era: bigint, epoch: bigint, view: bigint, hash: Uint8Array]
type LeafItem = readonly [index: bigint, decision: DecisionItem, path: readonly Uint8Array[]]
type Named = readonly [member: bigint, digest: Uint8Array | null]

/** The block's hash and the members whose records are good, or what is wrong. */
export type BundleVerdict =
  | { readonly blockHash: string; readonly verified: readonly number[] }
  | { readonly wrong: string }

export function verifyBundleFile(bytes: Uint8Array, authority: Uint8Array): BundleVerdict {
  try {
    return checkBundle(bytes, authority)
  } catch (error) {
    if (error instanceof Refusal) return { wrong: error.message }
    throw error
  }
}

function checkBundle(bytes: Uint8Array, authority: Uint8Array): BundleVerdict {
  const item = decodeAs('evidence-bundle', bytes) as BundleItem
  const [, genesisBytes, signatures, steps, certificate, leaves, records, eventLogs] = item
  refuseUnless(ascends(leaves.map(([index]) => index)), 'encoding', 'leaves')
  for (const list of [records, eventLogs]) refuseUnless(ascends(list.map(hexOf)), 'encoding', 'records and logs')
  const genesis = readGenesis(genesisBytes)
  refuseUnless(genesis.item[12] === 0n, 'encoding', 'a membership that came later')
  const present = checkSteps(steps, genesis).at(-1) ?? genesis
  checkFoundation(signatures, genesis, present, authority)
  const anchor = checkCertificate(certificate, present, verifyMlDsa87)
  checkLeaves(leaves, anchor)
  const [, , votes] = decodeAs('certificate', certificate) as readonly [string, Uint8Array, readonly Vote[]]
  const named = namedBy(anchor, votes)
  const kept = new Map(records.map((record) => [hexOf(hash('sha384', record)), record]))
  checkUsed(named, kept, item)
  const verified = named.filter(([member, digest]) => {
    const record = digest === null ? undefined : kept.get(hexOf(digest))
    return record !== undefined && isVerified(record, member, { present, authority, leaves, anchor })
  })
  return { blockHash: hexOf(anchor.block.hash), verified: verified.map(([member]) => Number(member)) }
}

/** Steps 3 to 5. */
function checkFoundation(bytes: Uint8Array, genesis: Genesis, present: Genesis, authority: Uint8Array): void {
  type Signed = readonly [format: string, signatures: readonly (readonly [Uint8Array, Uint8Array])[]]
  const [format, signatures] = decodeAs('genesis-signatures', bytes) as Signed
  refuseUnless(ascends(signatures.map(([signer]) => hexOf(signer))), 'encoding', 'signatures of the genesis')
  const own = hash('sha384', authority)
  refuseUnless(
    signatures.some(([signer]) => same(signer, own)),
    'order',
    'not signed by this authority',
  )
  const ofLast = present.item[11]?.[1] ?? []
  refuseUnless(
    ofLast.some((key) => same(key, authority)),
    'order',
    'not an authority of the membership',
  )
  const known = [authority, ...(genesis.item[11]?.[1] ?? []), ...ofLast]
  const content = writeCbor([format, genesis.cluster, genesis.hash])
  for (const [signer, signature] of signatures) {
    const key = known.find((candidate) => same(hash('sha384', candidate), signer))
    const valid = key !== undefined && verifyMlDsa87(key, 'quorumtime/v1/genesis', content, signature)
    refuseUnless(valid, 'order', 'a signature of the genesis')
  }
}

/** Step 7. */
function checkLeaves(leaves: readonly LeafItem[], { block }: Decision): void {
  const [, , , , , , , , , state, logRoot] = block.item
  const [size] = state[4]
  for (const [index, decision, path] of leaves) {
    const leaf = hash('sha256', joinBytes(Uint8Array.of(0), writeCbor(decision)))
    refuseUnless(index < size && pathLeadsTo(logRoot, leaf, index, size, path), 'proof', `leaf ${index}`)
  }
}

/** Step 8. */
function namedBy({ block }: Decision, votes: readonly Vote[]): readonly Named[] {
  const listed = block.item[6][7].map(([member, digest]): Named => [member, digest])
  const voted = votes.map(([sender, , digest]): Named => [sender, digest])
  return [...listed, ...voted.filter((vote) => !listed.some((entry) => same(entry, vote)))]
}

function checkUsed(named: readonly Named[], kept: ReadonlyMap<string, Uint8Array>, item: BundleItem): void {
  const [, , , , , leaves, , eventLogs] = item
  const digests = new Set(named.map(([, digest]) => (digest === null ? '' : hexOf(digest))))
  for (const digest of kept.keys()) refuseUnless(digests.has(digest), 'proof', `record ${digest}`)
  const statements = [...kept.values()].map((record) => (decodeAs('attestation-record', record) as RecordItem)[1])
  const logs = statements.map(([, , , , , , , , log]) => (log === null ? '' : hexOf(log)))
  for (const log of eventLogs) refuseUnless(logs.includes(hexOf(hash('sha384', log))), 'proof', 'an event log')
  const heights = statements.map(([, , , , , certificate]) => certificate?.[0] ?? -1n)
  for (const [index] of leaves) {
    refuseUnless(heights.includes(index + 1n) || heights.includes(index + 2n), 'proof', `leaf ${index}`)
  }
}

type StatementItem = readonly [
  provider: bigint,
  cluster: string,
  member: bigint,
  name: string,
  keyHash: Uint8Array,
  certificate: readonly [height: bigint, hash: Uint8Array] | null,
  bootId: Uint8Array,
  enrolment: Uint8Array | null,
  eventLog: Uint8Array | null,
  ...rest: readonly Item[],
]
type RecordItem = readonly [
  format: string,
  statement: StatementItem,
  evidence: readonly [quote: Uint8Array, signature: Uint8Array, values: readonly Uint8Array[]] | null,
]
type EnrolmentItem = readonly [
  format: string,
  authority: Uint8Array,
  fleet: string,
  node: string,
  serial: bigint,
  issuedAt: string,
  keyHash: Uint8Array,
  key: readonly [publicArea: Uint8Array, name: Uint8Array, qualifiedName: Uint8Array | null],
  scheme: bigint,
  schemeHash: bigint,
  endorsement: Uint8Array,
  selection: readonly [bank: bigint, registers: readonly bigint[]],
]

interface Judging {
  readonly present: Genesis
  readonly authority: Uint8Array
  readonly leaves: readonly LeafItem[]
  readonly anchor: Decision
}

/** Steps 10 to 14. */
function isVerified(bytes: Uint8Array, member: bigint, judging: Judging): boolean {
  const { present, authority } = judging
  const [, statement, evidence] = decodeAs('attestation-record', bytes) as RecordItem
  const [, cluster, ofMember, name, keyHash, , , enrolmentBytes] = statement
  const [, ownName, , key] = present.item[8][Number(member)] ?? [0n, '', '', new Uint8Array()]
  const isOwn = cluster === present.cluster && ofMember === member && name === ownName
  if (!isOwn || !same(keyHash, hash('sha384', key)) || evidence === null || enrolmentBytes === null) return false
  const [content, signature] = decodeAs('signed-enrolment', enrolmentBytes) as readonly [Uint8Array, Uint8Array]
  const enrolment = decodeAs('enrolment', content) as EnrolmentItem
  const [, by, fleet, node, , , enrolledHash] = enrolment
  const isEnrolled =
    same(by, hash('sha384', authority)) &&
    fleet === present.item[11]?.[0] &&
    node === name &&
    same(enrolledHash, keyHash) &&
    verifyMlDsa87(authority, 'quorumtime/v1/enrolment', content, signature)
  return isEnrolled && isQuoted(statement, evidence, enrolment) && isFresh(statement, judging)
}

/** TPMS_ATTEST, TPMT_SIGNATURE and TPMT_PUBLIC of TPM 2.0, part 2: 10.12.8, 11.3.4, 12.2.4. */
function isQuoted(
  statement: StatementItem,
  [quote, signature, values]: NonNullable<RecordItem[2]>,
  enrolment: EnrolmentItem,
): boolean {
  const [, , , , , , , [publicArea, name, qualifiedName], , , , [, registers]] = enrolment
  const area = fieldsOf(publicArea, [2, 2, 4, 0, 2, 2, 2, 2, 2, 0, 0])
  const [type, , attributes, , , scheme, schemeHash, curve, , x, y] = area.map(hexOf)
  const isKey = [type, attributes, scheme, schemeHash, curve].join() === '0023,00050072,0018,000b,0003'
  const isNamed = same(name, joinBytes(Uint8Array.of(0, 11), hash('sha256', publicArea)))
  const said = fieldsOf(quote, [4, 2, 0, 0, 8, 4, 4, 1, 8, 4, 2, 1, 3, 0])
  const [magic, kind, signer, extraData, , , , safe, , count, bank, size, bits, pcrDigest] = said
  const [, cluster, , , keyHash, certificate] = statement
  const binding = [
    'quorumtime/v1/attestation',
    cluster,
    keyHash,
    certificate?.[1] ?? null,
    hash('sha384', writeCbor(statement)),
    new Uint8Array(),
  ]
  const bitmap = registers.reduce((sum, register) => sum | (1 << Number(register)), 0)
  const selected = Uint8Array.of(bitmap, bitmap >> 8, bitmap >> 16)
  const isQuote = [magic, kind, safe, count, bank, size].map((field) => hexOf(field ?? new Uint8Array())).join()
  const [algorithm, hashed, r, s] = fieldsOf(signature, [2, 2, 0, 0])
  const pair = joinBytes(r ?? new Uint8Array(), s ?? new Uint8Array())
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: url(x), y: url(y) }, format: 'jwk' })
  return (
    isKey &&
    isNamed &&
    isQuote === 'ff544347,8018,01,00000001,000b,03' &&
    same(bits ?? null, selected) &&
    same(signer ?? null, qualifiedName) &&
    same(extraData ?? null, hash('sha256', writeCbor(binding))) &&
    same(pcrDigest ?? null, hash('sha256', joinBytes(...values))) &&
    values.length === registers.length &&
    hexOf(joinBytes(algorithm ?? new Uint8Array(), hashed ?? new Uint8Array())) === '0018000b' &&
    verify('sha256', quote, { key, dsaEncoding: 'ieee-p1363' }, pair)
  )
}

/** Fields of so many bytes each; 0: its length comes before it, in two bytes. None but these. */
function fieldsOf(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  let at = 0
  const fields = sizes.map((size) => {
    const length = size === 0 ? (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) : size
    if (size === 0) at += 2
    at += length
    return bytes.subarray(at - length, at)
  })
  refuseUnless(at === bytes.length, 'encoding', 'a structure of a TPM')
  return fields
}

function url(hex = ''): string {
  return Buffer.from(hex, 'hex').toString('base64url')
}

/** Step 14. */
function isFresh([, , , , , certificate]: StatementItem, { present, leaves, anchor }: Judging): boolean {
  if (certificate === null) return false
  const [height, blockHash] = certificate
  const at = (index: bigint): DecisionItem | undefined => leaves.find(([known]) => known === index)?.[1]
  const isAnchor = height === anchor.block.item[3]
  const [, era, epoch] = isAnchor ? anchor.block.item : (at(height - 1n) ?? [])
  const known = isAnchor ? anchor.block.hash : at(height - 1n)?.[4]
  if (known === undefined || era === undefined || epoch === undefined || !same(known, blockHash)) return false
  const before = height === 1n && epoch > 0n ? { era, epoch: epoch - 1n } : itemOf(at(height - 2n))
  if (before === undefined) return false
  const [, , policy] = present.item[11] ?? ['', [], []]
  const ageNsMax = (policy as readonly Item[])[3] as bigint
  const ageNs = (anchor.block.item[2] - before.epoch) * present.periodNs
  return before.era === present.era && ageNs <= ageNsMax
}

function itemOf(decision: DecisionItem | undefined): { readonly era: bigint; readonly epoch: bigint } | undefined {
  return decision && { era: decision[1], epoch: decision[2] }
}
