import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { checkCddl } from './cddl-check.ts'
import { parseCddl } from './cddl-grammar.ts'
import { type Item, joinBytes, readCbor, writeCbor } from './strict-cbor.ts'

/**
 * A second verifier of certificates, proof bundles and evidence, written from docs/certificate.md, docs/evidence.md and
 * docs/quorumtime.cddl and from nothing else: it imports nothing of the product. While it agrees with the product on every
 * file, good or bad, these documents are enough. The numbers are those of the documents' steps. Of a wrong outcome it checks
 * all but the last step, which takes the agreement itself.
 */
export type Verdict =
  | { readonly accepted: true; readonly blockHash: string; readonly signers: readonly number[] }
  | { readonly accepted: false; readonly wrong: Wrong; readonly reason: string }

/** What kind of thing is wrong: the part of the product's code before the dot. */
export type Wrong = 'encoding' | 'block' | 'certificate' | 'proof' | 'message' | 'evidence'

/** Whether a signature of a key over a message verifies under a context string. */
export type VerifySignature = (key: Uint8Array, context: string, message: Uint8Array, signature: Uint8Array) => boolean

const verifyMlDsa87: VerifySignature = (key, context, message, signature) =>
  ml_dsa87.verify(signature, message, key, { context: new TextEncoder().encode(context) })

/** `verify`: for clusters whose signatures are not those of the product; the simulator has such. */
export function verifyCertificateFile(
  certificate: Uint8Array,
  genesis: Uint8Array,
  verify: VerifySignature = verifyMlDsa87,
): Verdict {
  return judged(() => checkCertificate(certificate, readGenesis(genesis), verify))
}

export function verifyProofFile(proof: Uint8Array, genesis: Uint8Array): Verdict {
  return judged(() => checkProof(proof, genesis))
}

export function verifyEvidenceFile(evidence: Uint8Array, genesis: Uint8Array): Verdict {
  return judged(() => checkEvidence(evidence, readGenesis(genesis)))
}

class Refusal extends Error {
  readonly wrong: Wrong

  constructor(wrong: Wrong, reason: string) {
    super(reason)
    this.wrong = wrong
  }
}

function judged(
  check: () => { readonly block: { readonly hash: Uint8Array }; readonly signers: readonly number[] },
): Verdict {
  try {
    const { block, signers } = check()
    return { accepted: true, blockHash: hexOf(block.hash), signers }
  } catch (error) {
    if (error instanceof Refusal) return { accepted: false, wrong: error.wrong, reason: error.message }
    throw error
  }
}

function refuseUnless(condition: boolean, wrong: Wrong, reason: string): void {
  if (!condition) throw new Refusal(wrong, reason)
}

// --- Decoding -----------------------------------------------------------------------------------------------------

const RULES = parseCddl(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'quorumtime.cddl'), 'utf8'))

/** An item of the named type. The RULEs are the caller's. */
function decodeAs(name: string, bytes: Uint8Array): Item {
  try {
    const item = readCbor(bytes)
    const problem = checkCddl(RULES, name, item)
    refuseUnless(problem === undefined, 'encoding', problem ?? '')
    return item
  } catch (error) {
    throw error instanceof RangeError ? new Refusal('encoding', error.message) : error
  }
}

type MemberItem = readonly [id: bigint, name: string, site: string, key: Uint8Array, tlsKeyHash: Uint8Array]
type GenesisItem = readonly [
  format: string,
  cluster: string,
  era: bigint,
  genesisTai: bigint,
  periodNs: bigint,
  rulesVersion: bigint,
  targetNs: bigint,
  acceptSingleDomain: readonly string[],
  members: readonly MemberItem[],
  operators: readonly (readonly [name: string, key: Uint8Array])[],
  operatorThreshold: bigint,
  session: bigint,
  previous: Uint8Array | null,
]

interface Genesis {
  readonly hash: Uint8Array
  readonly cluster: string
  readonly era: bigint
  readonly genesisTai: bigint
  readonly periodNs: bigint
  readonly keys: readonly Uint8Array[]
  readonly n: number
  readonly f: number
  readonly q: number
}

/** Step 1. */
function readGenesis(bytes: Uint8Array): Genesis {
  const item = decodeAs('genesis', bytes) as GenesisItem
  const [, cluster, era, genesisTai, periodNs, , , domains, members, operators, threshold, session, previous] = item
  const inOrder = members.every(([id], index) => id === BigInt(index))
  refuseUnless(inOrder && ascends(domains), 'encoding', 'genesis: order')
  for (const field of [1, 3, 4] as const) {
    const values = members.map((member) => String(member[field]))
    refuseUnless(new Set(values).size === values.length, 'encoding', `genesis: members alike in field ${field}`)
  }
  const named = new Set(operators.map(([name]) => name))
  const allKeys = new Set([...operators.map(([, key]) => String(key)), ...members.map(([, , , key]) => String(key))])
  refuseUnless(named.size === operators.length, 'encoding', 'genesis: operators alike')
  refuseUnless(allKeys.size === operators.length + members.length, 'encoding', 'genesis: keys alike')
  const lowest = operators.length === 0 ? 0n : 1n
  refuseUnless(threshold >= lowest && threshold <= BigInt(operators.length), 'encoding', 'genesis: threshold')
  refuseUnless((session === 0n) === (previous === null), 'encoding', 'genesis: session')
  const n = members.length
  const f = Math.floor((n - 1) / 3)
  const q = Math.ceil((n + f + 1) / 2)
  const keys = members.map(([, , , key]) => key)
  return { hash: hash('sha384', bytes), cluster, era, genesisTai, periodNs, keys, n, f, q }
}

type FrameItem = readonly [member: bigint, intervals: bigint, region: readonly bigint[] | null, verdict: bigint]
type OutcomeItem = readonly [
  frames: readonly FrameItem[],
  grade: bigint,
  hardwareConfidence: bigint | null,
  domains: readonly (readonly [domain: string, survives: boolean])[],
  precisionNs: bigint | null,
  leap: Item,
  outliers: readonly bigint[],
]
type StateItem = readonly [
  height: bigint,
  reputations: readonly bigint[],
  omittedBy: readonly (readonly bigint[])[],
  leap: Item,
  log: readonly [size: bigint, frontier: readonly Uint8Array[]],
  behaviour: BehaviourItem,
]
type BehaviourItem = readonly [
  records: readonly (readonly [Item, Item, Item, links: readonly Item[]])[],
  suspects: readonly (readonly [member: bigint, kind: bigint])[],
  inconsistencies: readonly (readonly bigint[])[],
]
type BlockItem = readonly [
  view: bigint,
  era: bigint,
  epoch: bigint,
  height: bigint,
  parent: Uint8Array,
  list: readonly (readonly [member: bigint, proposal: Uint8Array])[],
  outcome: OutcomeItem,
  evidence: readonly (readonly [member: bigint, kind: bigint, number: bigint, digest: Uint8Array])[],
  parentStateHash: Uint8Array,
  state: StateItem,
  logRoot: Uint8Array,
  change: readonly [step: bigint, digest: Uint8Array] | null,
]

interface Block {
  readonly hash: Uint8Array
  readonly item: BlockItem
}

function readBlock(bytes: Uint8Array): Block {
  const item = decodeAs('block', bytes) as BlockItem
  const [, , , , , list, outcome, evidence, , state] = item
  const [frames, , , domains, , , outliers] = outcome
  const [, reputations, omittedBy, , [size, frontier], [records, suspects, inconsistencies]] = state
  const ranks = suspects.map(([member, kind]) => member * 8n + kind)
  const members = [list.map(([member]) => member), evidence.map(([member]) => member), outliers]
  const orders = [...members, domains.map(([domain]) => domain), ranks]
  const lists = [...orders, ...omittedBy, ...inconsistencies]
  refuseUnless(lists.every(ascends), 'encoding', 'block: order')
  for (const [, , region] of frames) {
    const [lo = 0n, hi = 0n, point = 0n] = region ?? []
    refuseUnless(lo <= point && point <= hi, 'encoding', 'block: a region without its point')
  }
  refuseUnless(reputations.length === omittedBy.length, 'encoding', 'block: reputations and leaders')
  const recorded = records.length === 0 || records.length === reputations.length
  refuseUnless(recorded, 'encoding', 'block: records of behaviour')
  const watchers = Math.min(11, records.length - 1)
  refuseUnless(
    records.every(([, , , links]) => links.length === watchers),
    'encoding',
    'block: links of behaviour',
  )
  const ones = size.toString(2).replaceAll('0', '').length
  refuseUnless(frontier.length === ones, 'encoding', 'block: a frontier of another size')
  return { hash: hash('sha384', bytes), item }
}

// --- Certificates -------------------------------------------------------------------------------------------------

interface Decision {
  readonly block: Block
  readonly signers: readonly number[]
}

type Vote = readonly [sender: bigint, bootCount: bigint, attestation: Uint8Array | null, signature: Uint8Array]
type CertificateItem = readonly [format: string, block: Uint8Array, votes: readonly Vote[]]

/** Steps 2 to 5. */
function checkCertificate(bytes: Uint8Array, genesis: Genesis, verify: VerifySignature): Decision {
  const [, blockBytes, votes] = decodeAs('certificate', bytes) as CertificateItem
  const senders = votes.map(([sender]) => sender)
  refuseUnless(ascends(senders), 'encoding', 'votes: order')
  const block = readBlock(blockBytes)
  checkBlock(block, genesis)
  refuseUnless(votes.length >= genesis.q, 'certificate', `${votes.length} of ${genesis.q} signatures`)
  for (const vote of votes) checkVote(vote, block, genesis, verify)
  refuseUnless(block.item[11] === null, 'certificate', 'a change of the membership')
  return { block, signers: senders.map(Number) }
}

function checkVote(
  [sender, bootCount, attestation, signature]: Vote,
  block: Block,
  genesis: Genesis,
  verify: VerifySignature,
): void {
  const key = genesis.keys[Number(sender)]
  if (key === undefined) throw new Refusal('certificate', `no member ${sender}`)
  const [view] = block.item
  const body = writeCbor([view, block.hash])
  const content = writeCbor([genesis.cluster, genesis.hash, 5n, sender, bootCount, attestation, body])
  const valid = verify(key, 'quorumtime/v1/finalize', content, signature)
  refuseUnless(valid, 'certificate', `the signature of ${sender}`)
}

/** Step 3. */
function checkBlock({ item }: Block, { era, genesisTai, periodNs, hash: membershipHash, n, q }: Genesis): void {
  const [view, blockEra, epoch, height, parent, list, outcome, evidence, parentStateHash, state, logRoot] = item
  const [stateHeight, reputations, , stateLeap, [logSize, frontier]] = state
  const [frames, , , , , outcomeLeap] = outcome
  refuseUnless(blockEra === era, 'block', 'era')
  refuseUnless(height >= 1n && view >= height && epoch >= height, 'block', 'height, view, epoch')
  refuseUnless(genesisTai + epoch * periodNs <= 1n << 62n, 'block', 'the mark of its epoch')
  const listed = list.map(([member]) => member)
  refuseUnless(listed.length >= q && listed.length <= n, 'block', 'how many are listed')
  refuseUnless(
    listed.every((member) => member < BigInt(n)),
    'block',
    'who is listed',
  )
  const framed = frames.map(([member]) => member)
  refuseUnless(same(framed, listed), 'block', 'frames of the listed')
  refuseUnless(stateHeight === height && logSize === height - 1n, 'block', 'the height of its state and log')
  refuseUnless(reputations.length === n && same(stateLeap, outcomeLeap), 'block', 'its state')
  refuseUnless(same(rootOf(frontier), logRoot), 'block', 'its log root')
  const convicted = evidence.map(([member]) => reputations[Number(member)])
  refuseUnless(
    convicted.every((reputation) => reputation === 0n),
    'block',
    'the reputation of those that it convicts',
  )
  if (height > 1n) return
  const initial = [
    0n,
    Array.from({ length: n }, () => 1_000_000n),
    Array.from({ length: n }, () => []),
    [null, null, false],
    [0n, []],
    [[], [], []],
  ]
  refuseUnless(same(parent, membershipHash), 'block', 'the parent of the first block')
  refuseUnless(same(parentStateHash, hash('sha384', writeCbor(initial))), 'block', 'the initial state')
}

// --- The log ------------------------------------------------------------------------------------------------------

type ProofItem = readonly [
  format: string,
  block: Uint8Array,
  index: bigint,
  path: readonly Uint8Array[],
  certificate: Uint8Array,
  memberships: readonly Uint8Array[],
]

function checkProof(bytes: Uint8Array, genesisBytes: Uint8Array): Decision {
  const [, blockBytes, index, path, certificate, memberships] = decodeAs('proof-bundle', bytes) as ProofItem
  const [membership] = memberships
  refuseUnless(memberships.length === 1, 'proof', 'how many memberships')
  refuseUnless(membership !== undefined && same(membership, genesisBytes), 'proof', 'another genesis')
  const genesis = readGenesis(genesisBytes)
  const block = readBlock(blockBytes)
  checkBlock(block, genesis)
  const anchor = checkCertificate(certificate, genesis, verifyMlDsa87)
  const [view, era, epoch, height] = block.item
  const [, , , , , , , , , [, , , , [size]], root] = anchor.block.item
  refuseUnless(index === height - 1n && index < size, 'proof', 'the index')
  const decision = writeCbor(['quorumtime-decision-1', era, epoch, view, block.hash])
  const leaf = hash('sha256', joinBytes(Uint8Array.of(0), decision))
  refuseUnless(pathLeadsTo(root, leaf, index, size, path), 'proof', 'the path')
  return { block, signers: anchor.signers }
}

function rootOf(frontier: readonly Uint8Array[]): Uint8Array {
  const [last, ...earlier] = frontier.toReversed()
  return last === undefined ? hash('sha256', new Uint8Array()) : earlier.reduce((root, left) => node(left, root), last)
}

/** RFC 9162, 2.1.3.2. */
function pathLeadsTo(
  root: Uint8Array,
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  path: readonly Uint8Array[],
): boolean {
  let [fn, sn, r] = [index, size - 1n, leaf]
  for (const p of path) {
    if (sn === 0n) return false
    if (fn % 2n === 1n || fn === sn) {
      r = node(p, r)
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n]
    } else r = node(r, p)
    ;[fn, sn] = [fn >> 1n, sn >> 1n]
  }
  return sn === 0n && same(r, root)
}

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash('sha256', joinBytes(Uint8Array.of(1), left, right))
}

// --- Evidence -----------------------------------------------------------------------------------------------------

type EvidenceItem = readonly [
  format: string,
  kind: bigint,
  member: bigint,
  number: bigint,
  envelopes: readonly Uint8Array[],
  proposals: readonly Uint8Array[],
  parent: Uint8Array | null,
]
type ContentItem = readonly [
  cluster: string,
  membership: Uint8Array,
  type: bigint,
  sender: bigint,
  bootCount: bigint,
  attestation: Uint8Array | null,
  body: Uint8Array,
]

interface Sealed {
  readonly content: Uint8Array
  readonly type: number
  readonly body: Uint8Array
  isSigned(): boolean
}
interface Said extends Pick<Sealed, 'content' | 'type'> {
  readonly body: readonly Item[]
}

const TYPES = ['hello', 'proposal', 'block', 'notarize', 'nullify', 'finalize']
/** By kind of evidence: the types of its envelopes. */
const SAID: readonly (readonly number[])[] = [[1, 1], [2, 2], [3, 3], [5, 5], [4, 5], [2]]
const WRONG_OUTCOME = 5n

function checkEvidence(bytes: Uint8Array, genesis: Genesis): { block: { hash: Uint8Array }; signers: number[] } {
  const item = decodeAs('evidence', bytes) as EvidenceItem
  const [, kind, member, number, envelopes, proposals, parent] = item
  const isOutcome = kind === WRONG_OUTCOME
  const empty = proposals.length === 0 && parent === null
  refuseUnless(envelopes.length === (isOutcome ? 1 : 2) && (isOutcome || empty), 'encoding', 'evidence: its parts')
  const opened = envelopes.map((envelope) => openEnvelope(envelope, member, genesis))
  for (const { isSigned } of opened) refuseUnless(isSigned(), 'evidence', 'a signature')
  const said = opened.map(readBody)
  const types = said.map(({ type }) => type)
  refuseUnless(String(types) === String(SAID[Number(kind)]), 'evidence', `types ${types.join()}`)
  for (const { type, body } of said) {
    // A proposal is of an era and an epoch; all others begin with their view.
    refuseUnless(body[type === 1 ? 1 : 0] === number, 'evidence', 'the view or epoch')
    refuseUnless(type !== 1 || body[0] === genesis.era, 'evidence', 'the era')
  }
  const [first, second] = said
  if (first !== undefined && second !== undefined) checkContradiction(first, second)
  else if (first !== undefined) checkOutcomeParts(first, item, genesis)
  return { block: { hash: hash('sha384', bytes) }, signers: [Number(member)] }
}

function openEnvelope(bytes: Uint8Array, member: bigint, genesis: Genesis): Sealed {
  const [content, signature] = decodeAs('envelope', bytes) as readonly [Uint8Array, Uint8Array]
  const [cluster, membership, type, sender, , , body] = decodeAs('unread-content', content) as ContentItem
  refuseUnless(cluster === genesis.cluster && same(membership, genesis.hash), 'message', 'of another cluster')
  refuseUnless(sender < BigInt(genesis.n), 'message', 'of nobody')
  refuseUnless(sender === member, 'evidence', 'of somebody else')
  const key = genesis.keys[Number(sender)] ?? new Uint8Array()
  const context = new TextEncoder().encode(`quorumtime/v1/${TYPES[Number(type)]}`)
  const isSigned = (): boolean => ml_dsa87.verify(signature, content, key, { context })
  return { content, type: Number(type), body, isSigned }
}

function readBody({ content, type, body }: Sealed): Said {
  decodeAs('content', content)
  return { content, type, body: readCbor(body) as readonly Item[] }
}

/** Step 5: what the two name is not the same, and they stand in order. */
function checkContradiction(first: Said, second: Said): void {
  if (first.type !== second.type) return
  const what = ({ type, content, body }: Said): Item => (type === 1 ? content : type === 2 ? body : (body[1] ?? null))
  refuseUnless(!same(what(first), what(second)), 'evidence', 'no contradiction')
  refuseUnless(Buffer.compare(first.content, second.content) < 0, 'evidence', 'order')
}

/** Step 6. */
function checkOutcomeParts(
  { body }: Said,
  [, , member, number, , proposals, parent]: EvidenceItem,
  genesis: Genesis,
): void {
  const [, , , , parentHash, list] = body as unknown as BlockItem
  const h = BigInt(new DataView(genesis.hash.buffer, genesis.hash.byteOffset).getUint32(0))
  refuseUnless((number + h) % BigInt(genesis.n) === member, 'evidence', 'not the leader')
  if (same(parentHash, genesis.hash)) refuseUnless(parent === null, 'evidence', 'a parent of the root')
  else {
    refuseUnless(parent !== null && same(hash('sha384', parent), parentHash), 'evidence', 'the parent')
    checkBlock(readBlock(parent ?? new Uint8Array()), genesis)
  }
  refuseUnless(proposals.length === list.length, 'evidence', 'how many proposals')
  for (const [index, content] of proposals.entries()) {
    refuseUnless(same(hash('sha384', content), list[index]?.[1] ?? null), 'evidence', 'another proposal')
    const [cluster, membership, type, sender] = decodeAs('content', content) as ContentItem
    refuseUnless(cluster === genesis.cluster && same(membership, genesis.hash), 'message', 'of another cluster')
    refuseUnless(type === 1n && sender < BigInt(genesis.n), 'evidence', 'no proposal')
  }
}

// --- Small things -------------------------------------------------------------------------------------------------

function hash(algorithm: 'sha256' | 'sha384', bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(bytes).digest())
}

/** Strictly: each value once. The texts are ASCII, so the language's order is that of their bytes. */
function ascends(values: readonly (bigint | string)[]): boolean {
  return values.every((value, index) => {
    const before = values[index - 1]
    return before === undefined || before < value
  })
}

function same(a: Item, b: Item): boolean {
  return hexOf(writeCbor(a)) === hexOf(writeCbor(b))
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
