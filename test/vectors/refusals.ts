import { type Block, blockCodec } from '../../src/consensus/block.ts'
import { type Certificate, certificateCodec } from '../../src/consensus/certificate.ts'
import { chainedCertificateCodec } from '../../src/consensus/chained-certificate.ts'
import { type Evidence, evidenceCodec } from '../../src/consensus/evidence.ts'
import { membershipOrderCodec, type OrderSignature } from '../../src/consensus/membership-order.ts'
import { type CompactVote, compactVote } from '../../src/consensus/messages.ts'
import { notOmitted } from '../../src/consensus/omission.ts'
import { type ProofBundle, proofBundleCodec } from '../../src/consensus/proof.ts'
import { encodeSessionStep, type SessionStep, sessionStepCodec } from '../../src/consensus/session-step.ts'
import { concatBytes, toHex, utf8 } from '../../src/core/bytes.ts'
import { bytesCodec, encode, listCodec } from '../../src/core/encoding.ts'
import { bytesOf, type VectorCluster, type VectorFiles, valueIn } from './vector-files.ts'

/** A file that must be refused: one of the good ones with a change, or under another genesis. */
export interface Refusal {
  readonly name: string
  readonly file: string
  readonly genesis: string
  /** What the file becomes. */
  readonly bytes: Uint8Array
  /** The code of the product's fault; before the dot what kind of thing is wrong. */
  readonly code: string
}

type Row = readonly [name: string, code: string, bytes: Uint8Array, genesis?: string]

export function refusals({ say, chain }: VectorCluster, files: VectorFiles): readonly Refusal[] {
  const [first] = chain
  if (first === undefined) throw new RangeError('expected a block')
  const { block, hash } = first
  const notarization = compactVote(say(0, 'notarize', { view: block.view, hash }))
  const evidence = 'n4/evidence.cbor'
  const outcome = 'n4/evidence-outcome.cbor'
  const [solo, rack, proof] = ['n1/certificate.cbor', 'n4/certificate.cbor', 'n4/proof.cbor'] as const
  return [
    ...refusalsOf(rack, [...framingRows(bytesOf(files, rack)), ...voteRows(bytesOf(files, rack))]),
    ...refusalsOf(rack, blockRows(bytesOf(files, rack))),
    ...refusalsOf(solo, firstBlockRows(bytesOf(files, solo), notarization)),
    ...refusalsOf(evidence, evidenceRows(bytesOf(files, evidence))),
    ...refusalsOf(outcome, outcomeRows(bytesOf(files, outcome))),
    ...refusalsOf('n1/later-chained.cbor', stepRows(bytesOf(files, 'n1/later-chained.cbor'))),
    ...refusalsOf(proof, proofRows(bytesOf(files, proof), bytesOf(files, 'n1/genesis.cbor'))),
  ]
}

function refusalsOf(file: string, rows: readonly Row[]): readonly Refusal[] {
  const own = `${file.slice(0, 2)}/genesis.cbor`
  return rows.map(([name, code, bytes, genesis = own]) => ({ name, file, genesis, bytes, code }))
}

function framingRows(good: Uint8Array): readonly Row[] {
  return [
    ['a byte too many', 'encoding.cbor', concatBytes(good, Uint8Array.of(0))],
    ['cut short by a byte', 'encoding.cbor', good.subarray(0, -1)],
    ['its length in a longer form', 'encoding.cbor', concatBytes(Uint8Array.of(0x98, 3), good.subarray(1))],
    ['a tag before it', 'encoding.cbor', concatBytes(Uint8Array.of(0xd9, 0xd9, 0xf7), good)],
    ['another format', 'encoding.value', replaced(good, utf8('certificate-1'), utf8('certificate-2'))],
    ['another cluster', 'block.list', good, 'n1/genesis.cbor'],
    ['another name of the cluster', 'certificate.signature', good, 'n4/genesis-renamed.cbor'],
  ]
}

/** The signers of this certificate are members 0, 2 and 3; member 2 attests something. */
function voteRows(good: Uint8Array): readonly Row[] {
  const certificate = valueIn(certificateCodec, good)
  const [zero, two, three] = certificate.votes
  if (zero === undefined || two === undefined || three === undefined) throw new RangeError('expected three votes')
  const voted = (...votes: readonly CompactVote[]): Uint8Array => encode(certificateCodec, { ...certificate, votes })
  const unattested = { ...two, attestationDigest: undefined }
  return [
    ['a signer twice', 'encoding.rule', voted(zero, { ...two, sender: 0 }, three)],
    ['signers out of order', 'encoding.rule', voted({ ...zero, sender: 3 }, two, three)],
    ['q - 1 signatures', 'certificate.quorum', voted(two, three)],
    ['a signer who is no member', 'certificate.signers', voted(zero, two, { ...three, sender: 4 })],
    ['one signature under two names', 'certificate.signature', voted(zero, { ...zero, sender: 2 }, three)],
    ['another boot count', 'certificate.signature', voted({ ...zero, bootCount: 2 }, two, three)],
    ['no attestation digest where one was signed', 'certificate.signature', voted(zero, unattested, three)],
  ]
}

function blockRows(good: Uint8Array): readonly Row[] {
  const certificate = valueIn(certificateCodec, good)
  const block = valueIn(blockCodec, certificate.block)
  const { state, outcome, list, height } = block
  const withBlock = (change: Partial<Block>): Uint8Array =>
    encode(certificateCodec, { ...certificate, block: encode(blockCodec, { ...block, ...change }) })
  const withState = (change: Partial<typeof state>): Uint8Array => withBlock({ state: { ...state, ...change } })
  const withOutcome = (change: Partial<typeof outcome>): Uint8Array => withBlock({ outcome: { ...outcome, ...change } })
  const reputationPpm = state.reputationPpm.slice(1)
  const { behaviour } = state
  const fewer = {
    reputationPpm,
    omissions: reputationPpm.map(() => notOmitted),
    behaviour: { members: [], suspects: [], inconsistencies: [] },
  }
  const members = behaviour.members.slice(1)
  const unlinked = behaviour.members.map(({ links, ...record }) => ({ ...record, links: links.slice(1) }))
  const suspects = [
    { member: 3, kind: 'bias' as const },
    { member: 3, kind: 'deviation' as const },
  ]
  const inconsistencies = [[2, 1]]
  const log = { size: 4, frontier: state.log.frontier.slice(0, 1) }
  const pointless = outcome.frames.map(({ region, ...frame }) => {
    return { ...frame, region: region && { ...region, point: region.hi + 1n } }
  })
  return [
    ['outliers out of order', 'encoding.rule', withOutcome({ outliers: [3, 2] })],
    ['domains out of order', 'encoding.rule', withOutcome({ domains: outcome.domains.toReversed() })],
    ['a region without its point', 'encoding.rule', withOutcome({ frames: pointless })],
    ['another era', 'block.era', withBlock({ era: 2 })],
    ['a height above its view', 'block.number', withBlock({ view: 6 })],
    ['an epoch beyond 2^62 ns', 'block.number', withBlock({ epoch: 3_000_000_000 })],
    ['a short list', 'block.list', withBlock({ list: list.slice(2) })],
    ['a member left out of the list', 'block.frames', withBlock({ list: list.slice(1) })],
    ['what a member attests left out', 'block.attestation', withOutcome({ attestation: outcome.attestation.slice(1) })],
    ['a state of another height', 'block.state', withState({ height: height + 1 })],
    ['a log without its last decisions', 'block.state', withState({ log })],
    ['a reputation too few', 'block.state', withState(fewer)],
    ['a record of behaviour too few', 'encoding.rule', withState({ behaviour: { ...behaviour, members } })],
    ['a link of behaviour too few', 'encoding.rule', withState({ behaviour: { ...behaviour, members: unlinked } })],
    ['suspects out of order', 'encoding.rule', withState({ behaviour: { ...behaviour, suspects } })],
    ['an inconsistency out of order', 'encoding.rule', withState({ behaviour: { ...behaviour, inconsistencies } })],
    ['other leap knowledge in its state', 'block.state', withState({ leap: { ...state.leap, resolved: false } })],
    [
      'a conviction that its state does not know',
      'block.evidence',
      withState({ reputationPpm: state.reputationPpm.map(() => 1_000_000) }),
    ],
    ['evidence out of order', 'encoding.rule', withBlock({ evidence: [...block.evidence, ...block.evidence] })],
    [
      'evidence against nobody',
      'block.evidence',
      withBlock({ evidence: block.evidence.map((entry) => ({ ...entry, member: 4 })) }),
    ],
    ['another log root', 'block.log-root', withBlock({ logRoot: block.parent.slice(0, 32) })],
    ['another grade', 'certificate.signature', withOutcome({ grade: 'partial' })],
    ['another view', 'certificate.signature', withBlock({ view: block.view + 1 })],
  ]
}

/** What only a first block can get wrong, and a signature of the right key over the right block as a notarization. */
function firstBlockRows(good: Uint8Array, notarization: CompactVote): readonly Row[] {
  const certificate = valueIn(certificateCodec, good)
  const block = valueIn(blockCodec, certificate.block)
  const other = new Uint8Array(48)
  const rebuilt = (change: Partial<Certificate>): Uint8Array => encode(certificateCodec, { ...certificate, ...change })
  const withBlock = (change: Partial<Block>): Uint8Array =>
    rebuilt({ block: encode(blockCodec, { ...block, ...change }) })
  return [
    ['a notarization for a finalization', 'certificate.signature', rebuilt({ votes: [notarization] })],
    ['a first block on another parent', 'block.parent', withBlock({ parent: other })],
    ['a first block on another state', 'block.state', withBlock({ parentStateHash: other })],
  ]
}

/** The one step is signed by both operators, and final by a closing block. */
function stepRows(good: Uint8Array): readonly Row[] {
  const chained = valueIn(chainedCertificateCodec, good)
  const [bytes] = chained.steps
  if (bytes === undefined) throw new RangeError('expected a step')
  const step = valueIn(sessionStepCodec, bytes)
  const order = valueIn(membershipOrderCodec, step.order)
  const withSteps = (steps: readonly Uint8Array[]): Uint8Array => encode(chainedCertificateCodec, { ...chained, steps })
  const withStep = (change: Partial<SessionStep>): Uint8Array => withSteps([encodeSessionStep({ ...step, ...change })])
  const signed = (...signatures: readonly OrderSignature[]): Uint8Array =>
    withStep({ order: encode(membershipOrderCodec, { ...order, signatures }) })
  const [ada, grace] = order.signatures
  if (ada === undefined || grace === undefined) throw new RangeError('expected two signatures')
  return [
    ['no step to its session', 'block.number', withSteps([])],
    ['one operator of two', 'order.threshold', signed(ada)],
    ['an operator twice', 'encoding.rule', signed(ada, { ...grace, operator: 0 })],
    [
      "a bit of an operator's signature",
      'order.signature',
      signed(ada, { ...grace, signature: grace.signature.with(9, 0) }),
    ],
    [
      'the votes for the closing block as votes for the change',
      'certificate.signature',
      withStep({ closing: undefined }),
    ],
    ['a change that closes itself', 'session.closing', withStep({ closing: step.change })],
    ['a closing block for a change', 'session.change', withStep({ change: step.closing ?? step.change })],
  ]
}

function proofRows(good: Uint8Array, otherGenesis: Uint8Array): readonly Row[] {
  const bundle = valueIn(proofBundleCodec, good)
  const block = valueIn(blockCodec, bundle.block)
  const changed = (change: Partial<ProofBundle>): Uint8Array => encode(proofBundleCodec, { ...bundle, ...change })
  const undecided = encode(blockCodec, { ...block, outcome: { ...block.outcome, grade: 'partial' } })
  const path = encode(listCodec(bytesCodec(32), 64), bundle.path)
  const endless = Uint8Array.of(0x9f, ...path.subarray(1), 0xff)
  const nothing = new Uint8Array()
  return [
    ['a path of indefinite length', 'encoding.cbor', replaced(good, path, endless)],
    ['no genesis', 'proof.genesis', changed({ genesis: nothing })],
    ['the genesis of another cluster', 'proof.genesis', changed({ genesis: otherGenesis })],
    ['a reader with another genesis', 'proof.genesis', good, 'n4/genesis-renamed.cbor'],
    ['another index', 'proof.index', changed({ leafIndex: bundle.leafIndex + 1 })],
    ['a path in the wrong order', 'proof.path', changed({ path: bundle.path.toReversed() })],
    ['a path without its end', 'proof.path', changed({ path: bundle.path.slice(0, -1) })],
    ['a path with more at its end', 'proof.path', changed({ path: [...bundle.path, block.logRoot] })],
    ['a block that was not decided', 'proof.path', changed({ block: undecided })],
  ]
}

/** A pair of envelopes of one member, view and type. */
function evidenceRows(good: Uint8Array): readonly Row[] {
  const evidence = valueIn(evidenceCodec, good)
  const [first, second] = evidence.envelopes
  if (first === undefined || second === undefined) throw new RangeError('expected two envelopes')
  const changed = (change: Partial<Evidence>): Uint8Array => encode(evidenceCodec, { ...evidence, ...change })
  return [
    ['the same words twice', 'evidence.same', changed({ envelopes: [first, first] })],
    ['one message', 'encoding.rule', changed({ envelopes: [first] })],
    ['a proposal that proves nothing', 'encoding.rule', changed({ proposals: [first.subarray(0, 100)] })],
    ['another kind', 'evidence.type', changed({ kind: 'conflicting-notarize' })],
    ['somebody else', 'evidence.member', changed({ member: 2 })],
    ['another view', 'evidence.number', changed({ number: 7 })],
    ['a reader with another genesis', 'message.cluster', good, 'n4/genesis-renamed.cbor'],
    ['a changed signature', 'evidence.signature', changed({ envelopes: [first, flippedAtEnd(second)] })],
    ['a byte too many', 'encoding.cbor', concatBytes(good, Uint8Array.of(0))],
  ]
}

function outcomeRows(good: Uint8Array): readonly Row[] {
  const evidence = valueIn(evidenceCodec, good)
  const { envelopes, proposals, parent } = evidence
  const changed = (change: Partial<Evidence>): Uint8Array => encode(evidenceCodec, { ...evidence, ...change })
  return [
    ['a proposal left out', 'evidence.proposals', changed({ proposals: proposals.slice(1) })],
    ['a proposal too many', 'evidence.proposals', changed({ proposals: [...proposals, new Uint8Array(1)] })],
    ['no parent', 'evidence.parent', changed({ parent: undefined })],
    ['another parent', 'evidence.parent', changed({ parent: parent?.subarray(1) })],
    ['a block of another view', 'evidence.number', changed({ number: evidence.number + 1 })],
    ['a changed signature of a block', 'evidence.signature', changed({ envelopes: envelopes.map(flippedAtEnd) })],
  ]
}

/** Envelopes end in their signature. */
function flippedAtEnd(envelope: Uint8Array): Uint8Array {
  const changed = envelope.slice()
  changed[changed.length - 2000] = (changed[changed.length - 2000] ?? 0) ^ 1
  return changed
}

/** The one place where `part` stands, with `other` instead. */
function replaced(bytes: Uint8Array, part: Uint8Array, other: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf(part)
  if (at < 0) throw new RangeError(`expected ${toHex(part)} in the file`)
  return concatBytes(bytes.subarray(0, at), other, bytes.subarray(at + part.length))
}
