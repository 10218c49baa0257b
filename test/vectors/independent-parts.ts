import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { checkCddl } from './cddl-check.ts'
import { parseCddl } from './cddl-grammar.ts'
import { type Item, joinBytes, readCbor, writeCbor } from './strict-cbor.ts'

/** What the second verifier reads genesis files, blocks and certificates with. Like it, it imports nothing of the product. */

export type Verdict =
  | { readonly accepted: true; readonly blockHash: string; readonly signers: readonly number[] }
  | { readonly accepted: false; readonly wrong: Wrong; readonly reason: string }

/** What kind of thing is wrong: the part of the product's code before the dot. */
type Wrong = 'encoding' | 'block' | 'certificate' | 'proof' | 'order' | 'session' | 'message' | 'evidence'

/** Whether a signature of a key over a message verifies under a context string. */
export type VerifySignature = (key: Uint8Array, context: string, message: Uint8Array, signature: Uint8Array) => boolean

export const verifyMlDsa87: VerifySignature = (key, context, message, signature) =>
  ml_dsa87.verify(signature, message, key, { context: new TextEncoder().encode(context) })

export class Refusal extends Error {
  readonly wrong: Wrong

  constructor(wrong: Wrong, reason: string) {
    super(reason)
    this.wrong = wrong
  }
}

export function refuseUnless(condition: boolean, wrong: Wrong, reason: string): void {
  if (!condition) throw new Refusal(wrong, reason)
}

// --- Decoding -----------------------------------------------------------------------------------------------------

const RULES = parseCddl(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'quorumtime.cddl'), 'utf8'))

/** An item of the named type. The RULEs are the caller's. */
export function decodeAs(name: string, bytes: Uint8Array): Item {
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
export type GenesisItem = readonly [
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
  attestation: readonly [fleet: string, authorities: readonly Uint8Array[], policy: Item] | null,
  session: bigint,
  previous: Uint8Array | null,
]

/** A membership with what its session starts from. */
export interface Genesis {
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

export interface Root {
  readonly hash: Uint8Array
  readonly height: bigint
  readonly epoch: bigint
  readonly state: Item
}

/** Step 1. */
export function readGenesis(bytes: Uint8Array): Genesis {
  const item = decodeAs('genesis', bytes) as GenesisItem
  const [
    ,
    cluster,
    era,
    genesisTai,
    periodNs,
    ,
    ,
    domains,
    members,
    operators,
    threshold,
    attestation,
    session,
    previous,
  ] = item
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
  const authorities = attestation?.[1] ?? []
  const known = new Set([...allKeys, ...authorities.map(String)])
  const inOrderToo = ascends(authorities.map(hexOf))
  refuseUnless(inOrderToo && known.size === allKeys.size + authorities.length, 'encoding', 'genesis: authorities')
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
  attestation: readonly (readonly [member: bigint, digest: Uint8Array | null, verdict: bigint])[],
]
type StateItem = readonly [
  height: bigint,
  reputations: readonly bigint[],
  omissions: readonly (readonly [blocks: bigint, leaders: readonly bigint[]])[],
  leap: Item,
  log: readonly [size: bigint, frontier: readonly Uint8Array[]],
  behaviour: BehaviourItem,
]
type BehaviourItem = readonly [
  records: readonly (readonly [Item, Item, Item, links: readonly Item[]])[],
  suspects: readonly (readonly [member: bigint, kind: bigint])[],
  inconsistencies: readonly (readonly bigint[])[],
]
export type BlockItem = readonly [
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

export interface Block {
  readonly hash: Uint8Array
  readonly item: BlockItem
}

export function readBlock(bytes: Uint8Array): Block {
  const item = decodeAs('block', bytes) as BlockItem
  const [, , , , , list, outcome, evidence, , state] = item
  const [frames, , , domains, , , outliers] = outcome
  const [, reputations, omissions, , [size, frontier], [records, suspects, inconsistencies]] = state
  const ranks = suspects.map(([member, kind]) => member * 8n + kind)
  const members = [list.map(([member]) => member), evidence.map(([member]) => member), outliers]
  const orders = [...members, domains.map(([domain]) => domain), ranks]
  const lists = [...orders, ...omissions.map(([, leaders]) => leaders), ...inconsistencies]
  refuseUnless(lists.every(ascends), 'encoding', 'block: order')
  for (const [, , region] of frames) {
    const [lo = 0n, hi = 0n, point = 0n] = region ?? []
    refuseUnless(lo <= point && point <= hi, 'encoding', 'block: a region without its point')
  }
  refuseUnless(reputations.length === omissions.length, 'encoding', 'block: reputations and omissions')
  for (const [blocks, { length }] of omissions) {
    const fits = blocks === 0n ? length === 0 : length > 0 && (blocks === 8n || BigInt(length) <= blocks)
    refuseUnless(fits, 'encoding', 'block: leaders of an omission')
  }
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

export interface Decision {
  readonly block: Block
  readonly signers: readonly number[]
}

export type Vote = readonly [sender: bigint, bootCount: bigint, attestation: Uint8Array | null, signature: Uint8Array]
type CertificateItem = readonly [format: string, block: Uint8Array, votes: readonly Vote[]]

/** Steps 2 to 5. */
export function checkCertificate(bytes: Uint8Array, genesis: Genesis, verify: VerifySignature): Decision {
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

export function checkVote(
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
export function checkBlock(block: Block, genesis: Genesis): void {
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

export function initialState(n: number): readonly [Item, readonly bigint[], Item, Item, Item, Item] {
  const reputations = Array.from({ length: n }, () => 1_000_000n)
  return [0n, reputations, Array.from({ length: n }, () => [0n, []]), [null, null, false], [0n, []], [[], [], []]]
}

function checkListed({ item }: Block, { n, q }: Genesis): void {
  const [, , , , , list, outcome] = item
  const [frames, , , , , , , attestation] = outcome
  const listed = list.map(([member]) => member)
  refuseUnless(listed.length >= q && listed.length <= n, 'block', 'how many are listed')
  refuseUnless(
    listed.every((member) => member < BigInt(n)),
    'block',
    'who is listed',
  )
  const framed = frames.map(([member]) => member)
  refuseUnless(same(framed, listed), 'block', 'frames of the listed')
  const attesting = attestation.map(([member]) => member)
  refuseUnless(same(attesting, listed), 'block', 'what the listed attest')
}

/** A block that changes the membership certifies nothing else. */
function checkEmpty({ item }: Block, [step, digest]: NonNullable<BlockItem[11]>): void {
  const [, , , height, parent, list, outcome, evidence, , state] = item
  const [stateHeight, , , leap] = state
  const empty = list.length === 0 && evidence.length === 0 && same(outcome, [[], 0n, null, [], null, leap, [], []])
  refuseUnless(empty, 'block', 'a change that certifies something')
  const isFirstClosing = step === 1n && height === stateHeight + 1n
  refuseUnless(!isFirstClosing || same(parent, digest), 'block', 'the parent of a closing block')
}

function rootOf(frontier: readonly Uint8Array[]): Uint8Array {
  const [last, ...earlier] = frontier.toReversed()
  return last === undefined ? hash('sha256', new Uint8Array()) : earlier.reduce((root, left) => node(left, root), last)
}

/** RFC 9162, 2.1.3.2. */
export function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash('sha256', joinBytes(Uint8Array.of(1), left, right))
}

// --- Small things -------------------------------------------------------------------------------------------------

export function hash(algorithm: 'sha256' | 'sha384', bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(bytes).digest())
}

/** Strictly: each value once. The texts are ASCII, so the language's order is that of their bytes. */
export function ascends(values: readonly (bigint | string)[]): boolean {
  return values.every((value, index) => {
    const before = values[index - 1]
    return before === undefined || before < value
  })
}

export function same(a: Item, b: Item): boolean {
  return hexOf(writeCbor(a)) === hexOf(writeCbor(b))
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
