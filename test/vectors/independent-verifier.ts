import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import {
  ascends,
  type Block,
  type BlockItem,
  checkBlock,
  checkCertificate,
  checkVote,
  type Decision,
  decodeAs,
  type Genesis,
  type GenesisItem,
  hash,
  hexOf,
  initialState,
  node,
  Refusal,
  type Root,
  readBlock,
  readGenesis,
  refuseUnless,
  same,
  type Verdict,
  type VerifySignature,
  type Vote,
  verifyMlDsa87,
} from './independent-parts.ts'
import { type Item, joinBytes, readCbor, writeCbor } from './strict-cbor.ts'

/**
 * A second verifier of certificates, proof bundles and evidence, written from docs/certificate.md, docs/evidence.md and
 * docs/quorumtime.cddl and from nothing else: it imports nothing of the product. While it agrees with the product on every
 * file, good or bad, these documents are enough. The numbers are those of the documents' steps. Of a wrong outcome it checks
 * all but the last step, which takes the agreement itself.
 */

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
export function checkSteps(steps: readonly Uint8Array[], genesis: Genesis): readonly Genesis[] {
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
  const follows = next[12] === present[12] + 1n && next[13] !== null && same(next[13], previous)
  refuseUnless(follows, 'order', 'another session')
  refuseUnless(rules >= present[5], 'order', 'older rules')
  const sameClock = era === present[2] && genesisTai === present[3] && periodNs === present[4]
  refuseUnless(era === present[2] + 1n || sameClock, 'order', 'another clock in one era')
  const unchanged = [...next.slice(0, 12), present[12], present[13]]
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

export function pathLeadsTo(
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
