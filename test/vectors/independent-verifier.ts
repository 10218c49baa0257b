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
export type Wrong = 'encoding' | 'block' | 'certificate' | 'proof' | 'order' | 'session' | 'message' | 'evidence'

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

export function verifyChainedFile(file: Uint8Array, genesis: Uint8Array): Verdict {
  return judged(() => checkChained(file, readGenesis(genesis)))
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

/** A membership with what its session starts from. */
interface Genesis {
  readonly item: GenesisItem
  readonly root: Root
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

interface Root {
  readonly hash: Uint8Array
  readonly height: bigint
  readonly epoch: bigint
  readonly state: Item
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
  const root = { hash: hash('sha384', bytes), height: 0n, epoch: 0n, state: initialState(n) }
  return { item, root, hash: root.hash, cluster, era, genesisTai, periodNs, keys, n, f, q }
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
function checkBlock(block: Block, genesis: Genesis): void {
  const { era, genesisTai, periodNs, n, root } = genesis
  const [view, blockEra, epoch, height, parent, , outcome, evidence, parentStateHash, state, logRoot, change] =
    block.item
  const [stateHeight, reputations, , stateLeap, [logSize, frontier]] = state
  const [, , , , , outcomeLeap] = outcome
  refuseUnless(blockEra === era, 'block', 'era')
  const nth = height - root.height
  const timed = (change === null ? height : stateHeight - 1n) - root.height
  const rises = nth >= 1n && timed >= 0n && view >= nth && epoch >= root.epoch + timed
  refuseUnless(rises, 'block', 'height, view, epoch')
  refuseUnless(genesisTai + epoch * periodNs <= 1n << 62n, 'block', 'the mark of its epoch')
  if (change === null) checkListed(block, genesis)
  else checkEmpty(block, change)
  const decided = change?.[0] === 1n && stateHeight < height ? stateHeight : change?.[0] === 1n ? height - 1n : height
  refuseUnless(stateHeight === decided && logSize === decided - 1n, 'block', 'the height of its state and log')
  refuseUnless(reputations.length === n && same(stateLeap, outcomeLeap), 'block', 'its state')
  refuseUnless(same(rootOf(frontier), logRoot), 'block', 'its log root')
  const convicted = evidence.map(([member]) => reputations[Number(member)])
  const isZero = convicted.every((reputation) => reputation === 0n)
  refuseUnless(isZero, 'block', 'the reputation of those that it convicts')
  if (nth > 1n) return
  refuseUnless(same(parent, root.hash), 'block', 'the parent of the first block')
  refuseUnless(same(parentStateHash, hash('sha384', writeCbor(root.state))), 'block', 'the state at the start')
}

function initialState(n: number): readonly [Item, readonly bigint[], Item, Item, Item, Item] {
  const reputations = Array.from({ length: n }, () => 1_000_000n)
  return [0n, reputations, Array.from({ length: n }, () => []), [null, null, false], [0n, []], [[], [], []]]
}

function checkListed({ item }: Block, { n, q }: Genesis): void {
  const [, , , , , list, outcome] = item
  const [frames] = outcome
  const listed = list.map(([member]) => member)
  refuseUnless(listed.length >= q && listed.length <= n, 'block', 'how many are listed')
  refuseUnless(
    listed.every((member) => member < BigInt(n)),
    'block',
    'who is listed',
  )
  const framed = frames.map(([member]) => member)
  refuseUnless(same(framed, listed), 'block', 'frames of the listed')
}

/** A block that changes the membership certifies nothing else. */
function checkEmpty({ item }: Block, [step, digest]: NonNullable<BlockItem[11]>): void {
  const [, , , height, parent, list, outcome, evidence, , state] = item
  const [stateHeight, , , leap] = state
  const empty = list.length === 0 && evidence.length === 0 && same(outcome, [[], 0n, null, [], null, leap, []])
  refuseUnless(empty, 'block', 'a change that certifies something')
  const isFirstClosing = step === 1n && height === stateHeight + 1n
  refuseUnless(!isFirstClosing || same(parent, digest), 'block', 'the parent of a closing block')
}

// --- Sessions -----------------------------------------------------------------------------------------------------

type ChainedItem = readonly [format: string, steps: readonly Uint8Array[], certificate: Uint8Array]
type StepItem = readonly [
  format: string,
  order: Uint8Array,
  change: Uint8Array,
  closing: Uint8Array | null,
  votes: readonly Vote[],
]
type OrderItem = readonly [
  format: string,
  previous: Uint8Array,
  next: Uint8Array,
  signatures: readonly (readonly [operator: bigint, signature: Uint8Array])[],
]

function checkChained(bytes: Uint8Array, genesis: Genesis): Decision {
  const [, steps, certificate] = decodeAs('chained-certificate', bytes) as ChainedItem
  return checkCertificate(certificate, checkSteps(steps, genesis).at(-1) ?? genesis, verifyMlDsa87)
}

/** All sessions, the first one included. */
function checkSteps(steps: readonly Uint8Array[], genesis: Genesis): readonly Genesis[] {
  const sessions = [genesis]
  for (const step of steps) sessions.push(checkStep(step, sessions.at(-1) ?? genesis))
  return sessions
}

/** From one session to the next. */
function checkStep(bytes: Uint8Array, present: Genesis): Genesis {
  const [, orderBytes, changeBytes, closingBytes, votes] = decodeAs('session-step', bytes) as StepItem
  refuseUnless(ascends(votes.map(([sender]) => sender)), 'encoding', 'votes: order')
  const order = decodeAs('membership-order', orderBytes) as OrderItem
  const [format, previous, nextBytes, signatures] = order
  refuseUnless(ascends(signatures.map(([operator]) => operator)), 'encoding', 'order: order')
  refuseUnless(same(previous, present.hash), 'order', 'another membership before it')
  const next = readGenesis(nextBytes)
  checkNext(next.item, present)
  const content = writeCbor([format, present.cluster, previous, nextBytes])
  const change = readBlock(changeBytes)
  checkBlock(change, present)
  const orderDigest = hash('sha384', content)
  refuseUnless(same(change.item[11], [0n, orderDigest]), 'session', 'another change')
  const last = closingBytes === null ? change : readBlock(closingBytes)
  if (last !== change) {
    checkBlock(last, present)
    refuseUnless(same(last.item[11], [1n, change.hash]), 'session', 'it closes another change')
  }
  checkSignatures(signatures, content, present)
  refuseUnless(votes.length >= present.q, 'certificate', `${votes.length} of ${present.q} signatures`)
  for (const vote of votes) checkVote(vote, last, present, verifyMlDsa87)
  return { ...next, root: rootAfter(change, next, present) }
}

function checkNext(next: GenesisItem, { item: present, hash: previous }: Genesis): void {
  const [, cluster, era, genesisTai, periodNs, rules] = next
  refuseUnless(cluster === present[1], 'order', 'another cluster')
  const follows = next[11] === present[11] + 1n && next[12] !== null && same(next[12], previous)
  refuseUnless(follows, 'order', 'another session')
  refuseUnless(rules >= present[5], 'order', 'older rules')
  const sameClock = era === present[2] && genesisTai === present[3] && periodNs === present[4]
  refuseUnless(era === present[2] + 1n || sameClock, 'order', 'another clock in one era')
  const unchanged = [...next.slice(0, 11), present[11], present[12]]
  refuseUnless(!same(unchanged, present), 'order', 'no change')
}

function checkSignatures(signatures: OrderItem[3], content: Uint8Array, { item }: Genesis): void {
  const [operators, threshold] = [item[9], item[10]]
  refuseUnless(operators.length > 0 && BigInt(signatures.length) >= threshold, 'order', 'too few signatures')
  for (const [operator, signature] of signatures) {
    const [, key] = operators[Number(operator)] ?? []
    const valid = key !== undefined && verifyMlDsa87(key, 'quorumtime/v1/membership', content, signature)
    refuseUnless(valid, 'order', `the signature of operator ${operator}`)
  }
}

/** What the session after a change starts from. */
function rootAfter(change: Block, next: Genesis, present: Genesis): Root {
  const [view, era, epoch, height, , , , , , state] = change.item
  const [stateHeight, reputations, , leap, [size, frontier]] = state
  const known = new Map(present.keys.map((key, id) => [hexOf(key), reputations[id]]))
  const carried = next.keys.map((key) => known.get(hexOf(key)) ?? 1_000_000n)
  const [, , omitted, , , behaviour] = initialState(next.n)
  const decision = writeCbor(['quorumtime-decision-1', era, epoch, view, change.hash])
  let top = hash('sha256', joinBytes(Uint8Array.of(0), decision))
  const rest = [...frontier]
  for (let left = size; left % 2n === 1n; left >>= 1n) top = node(rest.pop() ?? top, top)
  const log = [size + 1n, [...rest, top]]
  return {
    hash: change.hash,
    height,
    epoch: next.era === present.era ? epoch : 0n,
    state: [stateHeight, carried, omitted, leap, log, behaviour],
  }
}

// --- The log ------------------------------------------------------------------------------------------------------

type ProofItem = readonly [
  format: string,
  block: Uint8Array,
  index: bigint,
  path: readonly Uint8Array[],
  certificate: Uint8Array,
  genesis: Uint8Array,
  steps: readonly Uint8Array[],
]

function checkProof(bytes: Uint8Array, genesisBytes: Uint8Array): Decision {
  const [, blockBytes, index, path, certificate, genesis, steps] = decodeAs('proof-bundle', bytes) as ProofItem
  refuseUnless(same(genesis, genesisBytes), 'proof', 'another genesis')
  const sessions = checkSteps(steps, readGenesis(genesisBytes))
  const present = sessions.at(-1)
  const block = readBlock(blockBytes)
  const own = sessions.findLast(({ root }) => root.height < block.item[3]) ?? present
  if (own === undefined || present === undefined) throw new RangeError('a chain begins with the genesis')
  checkBlock(block, own)
  const anchor = checkCertificate(certificate, present, verifyMlDsa87)
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
