import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { encode as encodeCbor } from 'cborg'
import { sampleReading } from '../../test/support/proposals.ts'
import { createReplicaCluster, testMembership, testSign, testVerify } from '../../test/support/replica-cluster.ts'
import { createVoices, digestOf } from '../../test/support/signed-messages.ts'
import { type Block, blockCodec } from '../consensus/block.ts'
import { certificateOf } from '../consensus/certificate.ts'
import { contradictionOf, encodeEvidence } from '../consensus/evidence.ts'
import { membershipHash, SIGNATURE_BYTES } from '../consensus/membership.ts'
import {
  type BodyOf,
  type CompactVote,
  encodeContent,
  encodeEnvelope,
  type Header,
  MESSAGE_TYPES,
  type MessageType,
} from '../consensus/messages.ts'
import { type VoteType, votedContent } from '../consensus/quorum-certificate.ts'
import type { Input } from '../consensus/replica/types.ts'
import { encodeWireMessage, type WireMessage } from '../consensus/wire-message.ts'
import { encode } from '../core/encoding.ts'
import type { Fault } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { generateSeed } from '../crypto/seed.ts'
import { selectMlDsa } from '../crypto/select.ts'
import { createInbound, type InboundOptions, isHostile, type RecordMessage } from './inbound.ts'

const MEMBERSHIP = testMembership(4)
const HASH = membershipHash(MEMBERSHIP)
const IDENTITY = { cluster: MEMBERSHIP.cluster, membershipHash: HASH, n: 4 }
const DIGEST = sha384(Uint8Array.of(1))

/** A block that was really decided, and so are the proposals below it. */
let block: Block
let bodies: { readonly [K in MessageType]: BodyOf[K] }

before(async () => {
  const cluster = createReplicaCluster({ n: 4, seed: 3 })
  await cluster.run(4_000_000_000n)
  const decided = cluster.nodes[1]?.commits.at(-1)?.block
  assert.ok(decided !== undefined, 'expected the cluster to decide')
  block = decided
  const clock = sampleReading(1, 50n)
  bodies = {
    hello: { era: 1, clock, view: 3, finalizedView: 2, answerWanted: false },
    proposal: {
      ...clock,
      era: 1,
      epoch: 3,
      parent: DIGEST,
      mode: 'locked',
      sources: [],
      ranging: [],
      links: [],
      leap: undefined,
      stampRoot: undefined,
      verdicts: [],
    },
    block,
    notarize: { view: 3, hash: DIGEST },
    nullify: { view: 3 },
    finalize: { view: 3, hash: DIGEST },
  }
})

type Outcome = { readonly input: Input } | { readonly fault: Fault }

/** Gives frames to a gate and waits for what becomes of each. */
async function take(frames: readonly Uint8Array[], options: Partial<InboundOptions> = {}): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const inbound = createInbound({
    membership: MEMBERSHIP,
    identity: IDENTITY,
    verify: testVerify,
    accept: (input) => outcomes.push({ input }),
    refuse: (_from, fault) => outcomes.push({ fault }),
    ...options,
  })
  for (const frame of frames) {
    const settled = Promise.withResolvers<void>()
    inbound.take(2, frame, settled.resolve)
    await settled.promise
  }
  return outcomes
}

async function inputOf(message: WireMessage): Promise<Input> {
  const [outcome] = await take([encodeWireMessage(message)])
  assert.ok(
    outcome !== undefined && 'input' in outcome,
    outcome !== undefined && 'fault' in outcome ? outcome.fault.message : 'nothing',
  )
  return outcome.input
}

async function faultOf(message: WireMessage | Uint8Array): Promise<string> {
  const [outcome] = await take([message instanceof Uint8Array ? message : encodeWireMessage(message)])
  assert.ok(outcome !== undefined && 'fault' in outcome, 'expected a refusal')
  return `${outcome.fault.code}: ${outcome.fault.message}`
}

interface Forgery {
  /** Changes to what is signed; the signature is valid all the same, unless `signature` changes it. */
  readonly header?: Partial<Header>
  readonly signedAs?: MessageType
  readonly signedBy?: number
  signature?(valid: Uint8Array): Uint8Array
}

function signed(
  type: MessageType,
  { header = {}, signedAs = type, signedBy = 1, signature }: Forgery = {},
): WireMessage {
  const full = {
    cluster: MEMBERSHIP.cluster,
    membershipHash: HASH,
    type,
    sender: 1,
    bootCount: 1,
    attestationDigest: undefined,
    ...header,
  }
  const content = encodeContent(full as Header & { type: MessageType }, bodies[type])
  const valid = testSign(signedBy, signedAs, content)
  return { kind: 'signed', value: encodeEnvelope({ content, signature: signature?.(valid) ?? valid }) }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[7] = (copy[7] ?? 0) ^ 1
  return copy
}

function votes(type: VoteType, view: number, hash: Uint8Array | undefined, senders: readonly number[]): CompactVote[] {
  return senders.map((sender) => {
    const vote = { sender, bootCount: 1, attestationDigest: undefined }
    const content = votedContent({ type, view, hash }, { ...vote, signature: new Uint8Array() }, 'test', HASH)
    return { ...vote, signature: testSign(sender, type, content) }
  })
}

test('a message of every type passes when its signature verifies, whoever passes it on', async () => {
  for (const type of MESSAGE_TYPES) {
    const input = await inputOf(signed(type))
    assert.equal(input.type, 'signed')
    assert.ok(input.type === 'signed' && input.from === 2 && input.message.type === type)
    assert.deepEqual(input.message.body, bodies[type])
  }
})

test('a message of every type is refused when its signature does not verify', async () => {
  for (const type of MESSAGE_TYPES) {
    const expected = `message.signature: ${type} of member 1 (node1): the signature does not verify`
    assert.equal(await faultOf(signed(type, { signature: flipped })), expected)
    assert.equal(await faultOf(signed(type, { signedBy: 2 })), expected)
    const other = type === 'notarize' ? 'finalize' : 'notarize'
    assert.equal(await faultOf(signed(type, { signedAs: other })), expected)
  }
})

test('a message of another cluster, membership or member is refused before its signature is looked at', async () => {
  const verify: InboundOptions['verify'] = () => assert.fail('expected no signature to be verified')
  const refused = async (header: Partial<Header>): Promise<string> => {
    const [outcome] = await take([encodeWireMessage(signed('notarize', { header }))], { verify })
    assert.ok(outcome !== undefined && 'fault' in outcome)
    return outcome.fault.code
  }
  assert.equal(await refused({ cluster: 'other' }), 'message.cluster')
  assert.equal(await refused({ membershipHash: DIGEST }), 'message.membership')
  assert.equal(await refused({ sender: 4 }), 'message.sender')
})

test('a signature of another length is refused before any work', async () => {
  for (const length of [0, SIGNATURE_BYTES - 1, SIGNATURE_BYTES + 1]) {
    const message = signed('notarize', { signature: () => new Uint8Array(length) })
    assert.equal(
      await faultOf(message),
      `encoding.value: envelope.signature: expected ${SIGNATURE_BYTES} bytes, got ${length} bytes`,
    )
  }
})

test('a certificate of each type passes with q valid signatures', async () => {
  for (const type of ['notarize', 'nullify', 'finalize'] as const) {
    const hash = type === 'nullify' ? undefined : DIGEST
    const certificate = { type, view: 3, hash, votes: votes(type, 3, hash, [0, 2, 3]) }
    assert.deepEqual(await inputOf({ kind: 'quorum', value: certificate }), { type: 'quorum', from: 2, certificate })
  }
})

test('a certificate is refused with fewer than q signatures, or when one of them does not verify', async () => {
  for (const type of ['notarize', 'nullify', 'finalize'] as const) {
    const hash = type === 'nullify' ? undefined : DIGEST
    const of = (list: readonly CompactVote[]): WireMessage => ({
      kind: 'quorum',
      value: { type, view: 3, hash, votes: list },
    })
    const valid = votes(type, 3, hash, [0, 1, 2, 3])
    assert.match(await faultOf(of(valid.slice(0, 2))), /^certificate\.quorum: .* expected at least 3 signatures of 4/)
    const last = valid.map((vote) => (vote.sender === 3 ? { ...vote, signature: flipped(vote.signature) } : vote))
    assert.match(await faultOf(of(last)), /^certificate\.signature: .* of member 3 \(node3\) does not verify$/)
    // One vote under two names.
    const [first, second] = valid
    assert.ok(first !== undefined && second !== undefined)
    const twice = [first, { ...first, sender: 1 }, ...valid.slice(2)]
    assert.match(await faultOf(of(twice)), /^certificate\.signature: .* of member 1 \(node1\) does not verify$/)
    assert.match(await faultOf(of([first, first, second])), /^encoding\./)
  }
})

test('a final block passes with its finalization, and not with one of another block, view or form', async () => {
  const hash = sha384(encode(blockCodec, block))
  const finalization = votes('finalize', block.view, hash, [0, 1, 2])
  const input = await inputOf({ kind: 'final', value: certificateOf(block, finalization) })
  assert.deepEqual(input, { type: 'final', from: 2, block, votes: finalization })

  const final = (value: Block, list: readonly CompactVote[]): WireMessage => ({
    kind: 'final',
    value: certificateOf(value, list),
  })
  const notarization = votes('notarize', block.view, hash, [0, 1, 2])
  assert.match(await faultOf(final(block, notarization)), /^certificate\.signature: /)
  assert.match(await faultOf(final(block, finalization.slice(1))), /^certificate\.quorum: /)
  assert.match(await faultOf(final({ ...block, view: block.view + 1 }, finalization)), /^certificate\.signature: /)
  const otherEra = { ...block, era: 2 }
  const signedOtherEra = votes('finalize', block.view, sha384(encode(blockCodec, otherEra)), [0, 1, 2])
  assert.match(await faultOf(final(otherEra, signedOtherEra)), /^block\.era: /)
})

test('a proof of a lie passes as its bytes, and not with a signature that the accused has not made', async () => {
  const { say } = createVoices(MEMBERSHIP)
  const [one, other] = [1, 2].map((value) => say(3, 'finalize', { view: 7, hash: digestOf(value) }))
  assert.ok(one && other)
  const evidence = contradictionOf('conflicting-finalize', 7, one, other)
  const bytes = encodeEvidence(evidence)
  const input = await inputOf({ kind: 'evidence', value: bytes })
  assert.deepEqual(input, { type: 'evidence', from: 2, evidence, bytes })
  const forged = { ...other, signature: new Uint8Array(SIGNATURE_BYTES) }
  const framing = encodeEvidence(contradictionOf('conflicting-finalize', 7, one, forged))
  assert.match(await faultOf({ kind: 'evidence', value: framing }), /^evidence\.signature: .* of member 3: /)
  const nothing = encodeEvidence({ ...evidence, number: 8 })
  assert.match(await faultOf({ kind: 'evidence', value: nothing }), /^evidence\.number: /)
  assert.match(await faultOf({ kind: 'evidence', value: bytes.subarray(1) }), /^encoding\./)
})

test('requests and answers pass as they are: what they are worth is found out later', async () => {
  const views = [3, 4]
  assert.deepEqual(await inputOf({ kind: 'want-proposals', value: [DIGEST] }), {
    type: 'want-proposals',
    from: 2,
    digests: [DIGEST],
  })
  assert.deepEqual(await inputOf({ kind: 'want-block', value: DIGEST }), { type: 'want-block', from: 2, hash: DIGEST })
  assert.deepEqual(await inputOf({ kind: 'want-quorums', value: views }), { type: 'want-quorums', from: 2, views })
  const digests = [DIGEST]
  assert.deepEqual(await inputOf({ kind: 'want-evidence', value: digests }), {
    type: 'want-evidence',
    from: 2,
    digests,
  })
  const bytes = Uint8Array.of(1, 2, 3)
  assert.deepEqual(await inputOf({ kind: 'block-bytes', value: bytes }), { type: 'block-bytes', from: 2, bytes })
  const wanted = { newest: DIGEST, count: 7 }
  assert.deepEqual(await inputOf({ kind: 'want-blocks', value: wanted }), { type: 'want-blocks', from: 2, wanted })
  assert.deepEqual(await inputOf({ kind: 'blocks', value: [bytes] }), { type: 'blocks', from: 2, blocks: [bytes] })
})

test('what is about attestation records never gets to a replica', async () => {
  const messages: readonly RecordMessage[] = [
    { kind: 'want-record', value: { digest: DIGEST, withEventLog: false } },
    { kind: 'record', value: { record: Uint8Array.of(1), eventLog: undefined } },
  ]
  const came: (readonly [from: number, message: RecordMessage])[] = []
  const outcomes = await take(messages.map(encodeWireMessage), { acceptRecord: (...all) => came.push(all) })
  assert.deepEqual(outcomes, [])
  assert.deepEqual(
    came,
    messages.map((message) => [2, message]),
  )
})

test('frames that are no messages are refused with what was expected', async () => {
  const vote = encodeWireMessage(signed('notarize'))
  for (const frame of [
    new Uint8Array(),
    Uint8Array.of(0xff),
    vote.subarray(0, -1),
    Buffer.concat([vote, Buffer.of(0)]),
    encodeWireMessage({ kind: 'signed', value: Uint8Array.of(0x80) }),
  ]) {
    assert.match(await faultOf(Uint8Array.from(frame)), /^encoding\.\w+(?:-\w+)*: (?:frame|envelope)\S*: expected /)
  }
})

test('a peer that sends faster than it can be verified is held back, and nobody else', async () => {
  const released = Promise.withResolvers<boolean>()
  const accepted: number[] = []
  const inbound = createInbound({
    membership: MEMBERSHIP,
    identity: IDENTITY,
    verify: () => released.promise,
    accept: (input) => accepted.push('from' in input ? input.from : -1),
    refuse: (_from, fault) => assert.fail(fault.message),
  })
  const frame = encodeWireMessage(signed('nullify'))
  for (let count = 0; count < 31; count++) inbound.take(2, frame)
  assert.equal(inbound.relief(2), undefined)
  inbound.take(2, frame)
  inbound.take(3, frame)
  const relief = inbound.relief(2)
  assert.ok(relief instanceof Promise)
  assert.equal(inbound.relief(3), undefined)
  // A frame of the longest block and a little more are as much as is let in.
  inbound.take(1, encodeWireMessage({ kind: 'block-bytes', value: new Uint8Array(480 * 1024) }))
  inbound.take(1, encodeWireMessage({ kind: 'block-bytes', value: new Uint8Array(32 * 1024) }))
  assert.ok(inbound.relief(1) instanceof Promise)
  await inbound.relief(1)
  assert.equal(inbound.relief(1), undefined)
  released.resolve(true)
  await relief
  await new Promise(setImmediate)
  assert.deepEqual(
    accepted.sort((a, b) => a - b),
    [1, 1, ...Array.from({ length: 32 }, () => 2), 3],
  )
  assert.equal(inbound.relief(2), undefined)
})

test('no body is read before its signature has verified', async () => {
  const content = (type: MessageType, body: Uint8Array): Uint8Array =>
    encodeCbor(['test', HASH, MESSAGE_TYPES.indexOf(type), 1, 1, null, body])
  const sealed = (type: MessageType, body: Uint8Array, signature?: Uint8Array): WireMessage => {
    const bytes = content(type, body)
    return {
      kind: 'signed',
      value: encodeEnvelope({ content: bytes, signature: signature ?? testSign(1, type, bytes) }),
    }
  }
  const garbage = Uint8Array.of(0xff, 0xff)
  for (const type of MESSAGE_TYPES) {
    assert.match(await faultOf(sealed(type, garbage, new Uint8Array(SIGNATURE_BYTES))), /^message\.signature: /)
    assert.match(await faultOf(sealed(type, garbage)), /^encoding\.cbor: /)
  }
  // A certificate of a block: the same, with its votes.
  const finalBlock = (block: Uint8Array, view: number, senders: readonly number[]): WireMessage => ({
    kind: 'final',
    value: { format: 'quorumtime-certificate-1', block, votes: votes('finalize', view, sha384(block), senders) },
  })
  const nearly = Uint8Array.of(0x82, 0x07, 0xff)
  assert.match(await faultOf(finalBlock(nearly, 8, [0, 1, 2])), /^certificate\.signature: /)
  assert.match(await faultOf(finalBlock(nearly, 7, [0, 1, 2])), /^encoding\.value: final\.block: /)
  assert.match(await faultOf(finalBlock(garbage, 7, [0, 1, 2])), /^encoding\.value: final\.block: /)
})

test('bytes of more items than any message of this cluster has are refused unread', async () => {
  const zeros = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    bytes.set([0x9a, 0, 0x07, 0xff, 0xfb])
    return bytes
  }
  assert.match(await faultOf(zeros(1 << 20)), /^encoding\.value: frame: expected an array of 2, got an array of \d+$/)
  const value = encodeEnvelope({ content: zeros(100_000), signature: new Uint8Array(SIGNATURE_BYTES) })
  assert.match(await faultOf({ kind: 'signed', value }), /^encoding\.cbor: content: /)
  const domains = Array.from({ length: 3_000 }, (_, index) => ({ domain: String(10_000 + index), survives: true }))
  const wide = { ...block, outcome: { ...block.outcome, domains } }
  bodies = { ...bodies, block: wide }
  const fault = await faultOf(signed('block'))
  bodies = { ...bodies, block }
  assert.match(fault, /^encoding\.size: block: expected at most 4608 /)
})

test('what no correct member sends is hostile; what one of another membership says is not', async () => {
  const faultIn = async (message: WireMessage): Promise<Fault> => {
    const [outcome] = await take([encodeWireMessage(message)])
    assert.ok(outcome !== undefined && 'fault' in outcome)
    return outcome.fault
  }
  assert.equal(isHostile(await faultIn(signed('notarize', { signature: flipped }))), true)
  assert.equal(isHostile(await faultIn({ kind: 'signed', value: Uint8Array.of(0x80) })), true)
  assert.equal(isHostile(await faultIn(signed('notarize', { header: { cluster: 'other' } }))), true)
  assert.equal(isHostile(await faultIn(signed('notarize', { header: { membershipHash: DIGEST } }))), false)
  // A certificate does not say of which membership it is: here it is of one with other keys.
  const elsewhere = votes('notarize', 3, DIGEST, [0, 1, 2]).map((vote) => ({
    ...vote,
    signature: flipped(vote.signature),
  }))
  const certificate = { type: 'notarize' as const, view: 3, hash: DIGEST, votes: elsewhere }
  assert.equal(isHostile(await faultIn({ kind: 'quorum', value: certificate })), false)
})

test('real ML-DSA-87 signatures pass, and do not when a bit of them or of the message has changed', async () => {
  const mlDsa = selectMlDsa()
  const signers = MEMBERSHIP.members.map(() => mlDsa.createSigner(generateSeed()))
  const membership = {
    ...MEMBERSHIP,
    members: MEMBERSHIP.members.map((member, id) => ({
      ...member,
      signingKey: signers[id]?.publicKey ?? member.signingKey,
    })),
  }
  const hash = membershipHash(membership)
  const header = { cluster: 'test', membershipHash: hash, type: 'nullify' as const, sender: 1, bootCount: 1 }
  const content = encodeContent({ ...header, attestationDigest: undefined }, { view: 9 })
  const signature = signers[1]?.sign('quorumtime/v1/nullify', content) ?? new Uint8Array()
  const frames = [
    { content, signature },
    { content, signature: flipped(signature) },
    { content: encodeContent({ ...header, attestationDigest: undefined }, { view: 8 }), signature },
  ].map((envelope) => encodeWireMessage({ kind: 'signed', value: encodeEnvelope(envelope) }))
  const outcomes = await take(frames, {
    membership,
    identity: { ...IDENTITY, membershipHash: hash },
    verify: mlDsa.verifier.verify,
  })
  assert.deepEqual(
    outcomes.map((outcome) => ('fault' in outcome ? outcome.fault.code : outcome.input.type)),
    ['signed', 'message.signature', 'message.signature'],
  )
})

test('a proof that nobody needs is neither verified nor refused', async () => {
  const [one, other] = [DIGEST, sha384(DIGEST)].map((hash) => {
    const header = {
      cluster: MEMBERSHIP.cluster,
      membershipHash: HASH,
      type: 'notarize' as const,
      sender: 1,
      bootCount: 1,
    }
    const content = encodeContent({ ...header, attestationDigest: undefined }, { view: 3, hash })
    return {
      type: 'notarize' as const,
      header: { ...header, attestationDigest: undefined },
      body: { view: 3, hash },
      content,
      signature: testSign(1, 'notarize', content),
    }
  })
  assert.ok(one !== undefined && other !== undefined)
  const value = encodeEvidence(contradictionOf('conflicting-notarize', 3, one, other))
  const frame = encodeWireMessage({ kind: 'evidence', value })
  let verified = 0
  const verify: InboundOptions['verify'] = async (...signed) => {
    verified += 1
    return testVerify(...signed)
  }
  const asked: unknown[] = []
  const answers = [true, false]
  const needsEvidence = (member: number, digest: Uint8Array): boolean => {
    asked.push([member, digest])
    return answers.shift() ?? assert.fail('expected two questions')
  }
  const outcomes = await take([frame, frame], { verify, needsEvidence })
  assert.deepEqual([outcomes.length, verified], [1, 2])
  assert.ok(outcomes[0] !== undefined && 'input' in outcomes[0] && outcomes[0].input.type === 'evidence')
  assert.deepEqual(asked, [
    [1, sha384(value)],
    [1, sha384(value)],
  ])
})
