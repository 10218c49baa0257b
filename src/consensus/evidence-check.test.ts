import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decidedChain, decideOn } from '../../test/support/decided-chain.ts'
import { testMembership, testSign, testVerify } from '../../test/support/replica-cluster.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createVoices, digestOf } from '../../test/support/signed-messages.ts'
import { decode } from '../core/encoding.ts'
import { type Block, blockHash } from './block.ts'
import {
  contradictionOf,
  EVIDENCE_BYTES_MAX,
  type Evidence,
  encodeEvidence,
  evidenceCodec,
  wrongOutcomeOf,
} from './evidence.ts'
import { checkEvidence, verifyEvidence } from './evidence-check.ts'
import type { EvidenceKind } from './evidence-entry.ts'
import type { Membership } from './membership.ts'
import {
  contentDigest,
  decodeEnvelope,
  encodeContent,
  encodeEnvelope,
  type MessageType,
  type SignedMessage,
} from './messages.ts'
import { composeBlock } from './replica/compose-block.ts'

const membership = testMembership(4)
const { say } = createVoices(membership)
const chain = decidedChain(createVoices(membership), membership, 3)
const [, second, third] = chain
assert.ok(second && third)
const { block, leader, proposals } = third

/** The same block with another grade: signed by its leader, it is a lie that its list gives away. */
function graded({ outcome, ...rest }: Block): Block {
  return { ...rest, outcome: { ...outcome, grade: outcome.grade === 'partial' ? 'validated' : 'partial' } }
}

/** A proposal of the same epoch with another content. */
function restamped(member: number): SignedMessage<'proposal'> {
  const { body } = proposals[member] as SignedMessage<'proposal'>
  return say(member, 'proposal', { ...body, stampRoot: new Uint8Array(32) })
}

const PROOFS: Readonly<Record<EvidenceKind, Evidence>> = {
  'conflicting-proposal': contradictionOf(
    'conflicting-proposal',
    block.epoch,
    proposals[1] as SignedMessage<'proposal'>,
    restamped(1),
  ),
  'conflicting-block': contradictionOf(
    'conflicting-block',
    block.view,
    say(leader, 'block', block),
    say(leader, 'block', graded(block)),
  ),
  'conflicting-notarize': votes('conflicting-notarize', 'notarize'),
  'conflicting-finalize': votes('conflicting-finalize', 'finalize'),
  'nullify-and-finalize': contradictionOf(
    'nullify-and-finalize',
    7,
    say(2, 'nullify', { view: 7 }),
    say(2, 'finalize', { view: 7, hash: digestOf(1) }),
  ),
  'wrong-outcome': wrongOutcomeOf(say(leader, 'block', graded(block)), proposals, second.block),
}

function votes(kind: 'conflicting-notarize' | 'conflicting-finalize', type: 'notarize' | 'finalize'): Evidence {
  const [a, b] = [1, 2].map((value) => say(2, type, { view: 7, hash: digestOf(value) }))
  assert.ok(a && b)
  return contradictionOf(kind, 7, a, b)
}

/** The code of the fault that a stranger finds; undefined when he is convinced. */
async function refusal(evidence: Evidence, under: Membership = membership): Promise<string | undefined> {
  const verified = await verifyEvidence(evidence, under, testVerify)
  if (verified.ok) assert.ok(checkEvidence(evidence, under).ok)
  return verified.ok ? undefined : verified.fault.code
}

/** Accuses with these two, in whichever order the format wants, whatever they are. */
function accused(kind: Exclude<EvidenceKind, 'wrong-outcome'>, a: SignedMessage, b: SignedMessage): Evidence {
  return contradictionOf(kind, 'view' in a.body ? a.body.view : 'epoch' in a.body ? a.body.epoch : 0, a, b)
}

describe('evidence', () => {
  for (const [kind, evidence] of Object.entries(PROOFS)) {
    it(`of the kind ${kind} convinces, and comes out of its bytes as it was`, async () => {
      assert.equal(await refusal(evidence), undefined)
      assert.deepEqual(unwrap(decode(evidenceCodec, encodeEvidence(evidence), 'evidence')), evidence)
    })

    it(`of the kind ${kind} convinces nobody with anything about it changed`, async () => {
      const { envelopes, proposals: contents, parent, member, number } = evidence
      const changes: readonly Partial<Evidence>[] = [
        ...Object.keys(PROOFS).flatMap((other) => (other === kind ? [] : [{ kind: other as EvidenceKind }])),
        { member: (member + 1) % 4 },
        { member: 4 },
        { number: number + 1 },
        { envelopes: envelopes.slice(1) },
        { envelopes: [...envelopes, ...envelopes] },
        { envelopes: envelopes.toReversed() },
        { envelopes: envelopes.map(() => envelopes[0] as Uint8Array) },
        { proposals: [...contents, new Uint8Array(3)] },
        { proposals: contents.slice(1) },
        { proposals: contents.toReversed() },
        { parent: parent === undefined ? new Uint8Array(3) : undefined },
        { parent: new Uint8Array(3) },
      ]
      for (const change of changes) {
        const changed = { ...evidence, ...change }
        if (same(changed, evidence)) continue
        assert.notEqual(await refusal(changed), undefined, JSON.stringify(Object.keys(change)))
      }
    })

    it(`of the kind ${kind} convinces nobody once a bit of what was signed is another`, async () => {
      for (const [index, envelope] of evidence.envelopes.entries()) {
        for (let at = 0; at < envelope.length - 4_600; at += 1 + (envelope.length >> 6)) {
          const flipped = envelope.slice()
          flipped[at] = (flipped[at] ?? 0) ^ 4
          const changed = { ...evidence, envelopes: evidence.envelopes.with(index, flipped) }
          assert.notEqual(await refusal(changed), undefined, `byte ${at} of envelope ${index}`)
        }
      }
    })

    it(`of the kind ${kind} convinces nobody of another cluster, membership or era`, async () => {
      for (const [other, code] of [
        [{ ...membership, cluster: 'other' }, 'message.cluster'],
        [{ ...membership, era: 2 }, 'message.membership'],
        [{ ...membership, members: membership.members.slice(0, 3) }, 'message.membership'],
      ] as const) {
        assert.equal(await refusal(evidence, other), code)
      }
    })
  }
})

function same(a: Evidence, b: Evidence): boolean {
  return Buffer.from(encodeEvidence(a)).equals(encodeEvidence(b))
}

describe('an honest member is not to be accused', () => {
  const hash = digestOf(1)
  for (const type of ['notarize', 'finalize'] as const) {
    it(`with one ${type} that two boots, or two attestations, have signed`, async () => {
      const kind = `conflicting-${type}` as const
      const twice = accused(kind, say(1, type, { view: 7, hash }, 1), say(1, type, { view: 7, hash }, 2))
      assert.equal(await refusal(twice), 'evidence.same')
      const renewed = say(1, type, { view: 7, hash }, 1, digestOf(9))
      assert.equal(await refusal(accused(kind, say(1, type, { view: 7, hash }), renewed)), 'evidence.same')
    })
  }

  it('with one block that two boots, or two attestations, have signed', async () => {
    const one = say(leader, 'block', block, 1)
    for (const other of [say(leader, 'block', block, 2), say(leader, 'block', block, 1, digestOf(9))]) {
      assert.equal(await refusal(accused('conflicting-block', one, other)), 'evidence.same')
    }
  })

  it('with a proposal, unless it signs it for a second time: which record it is judged by is a part of it', async () => {
    const { body } = proposals[1] as SignedMessage<'proposal'>
    const other = say(1, 'proposal', body, 1, digestOf(9))
    assert.equal(await refusal(accused('conflicting-proposal', proposals[1]!, proposals[1]!)), 'evidence.same')
    assert.equal(await refusal(accused('conflicting-proposal', proposals[1]!, other)), undefined)
  })

  it('with two hedged signatures of one content', async () => {
    const one = say(1, 'notarize', { view: 7, hash })
    const other = { ...one, signature: one.signature.slice() }
    other.signature[4_000] = 1
    assert.ok(
      await testVerify(membership.members[1]!.signingKey, 'quorumtime/v1/notarize', one.content, other.signature),
    )
    assert.equal(await refusal(accused('conflicting-notarize', one, other)), 'evidence.same')
  })

  it('with Notarize and Nullify of one view', async () => {
    const [notarize, nullify] = [say(1, 'notarize', { view: 7, hash }), say(1, 'nullify', { view: 7 })]
    for (const kind of ['nullify-and-finalize', 'conflicting-notarize'] as const) {
      assert.equal(await refusal(accused(kind, nullify, notarize)), 'evidence.type')
      assert.equal(await refusal(accused(kind, notarize, nullify)), 'evidence.type')
    }
  })

  it('with proposals of two epochs, or votes of two views', async () => {
    const { body } = proposals[1] as SignedMessage<'proposal'>
    const later = say(1, 'proposal', { ...body, epoch: body.epoch + 1 })
    assert.equal(await refusal(accused('conflicting-proposal', proposals[1]!, later)), 'evidence.number')
    const [a, b] = [7, 8].map((view) => say(1, 'finalize', { view, hash: digestOf(view) }))
    assert.equal(await refusal(accused('conflicting-finalize', a!, b!)), 'evidence.number')
    const nullified = say(1, 'nullify', { view: 6 })
    assert.equal(await refusal({ ...accused('nullify-and-finalize', nullified, a!), number: 7 }), 'evidence.number')
  })

  it('with a proposal of an era that its membership does not have', async () => {
    const { body } = proposals[1] as SignedMessage<'proposal'>
    const other = say(1, 'proposal', { ...body, era: 2 })
    assert.equal(await refusal(accused('conflicting-proposal', proposals[1]!, other)), 'evidence.number')
  })

  it('with what somebody else has signed, or a signature of another type', async () => {
    const mine = say(1, 'finalize', { view: 7, hash })
    const theirs = say(2, 'finalize', { view: 7, hash: digestOf(2) })
    assert.equal(await refusal(accused('conflicting-finalize', mine, theirs)), 'evidence.member')
    const header = { ...theirs.header, type: 'finalize' as const, sender: 1 }
    const content = encodeContent(header, theirs.body)
    for (const [signer, type] of [
      [2, 'finalize'],
      [1, 'notarize'],
    ] as readonly (readonly [number, MessageType])[]) {
      const forged = { ...theirs, header, content, signature: testSign(signer, type, content) }
      assert.equal(await refusal(accused('conflicting-finalize', mine, forged)), 'evidence.signature')
    }
  })

  it('with hellos, of which there may be any number', async () => {
    const { body } = proposals[1] as SignedMessage<'proposal'>
    const { bootId, segment, rangingNs, nodeClock, rangingRatePpb } = body
    const clock = { bootId, segment, rangingNs, nodeClock, rangingRatePpb }
    const [a, b] = [1, 2].map((view) => say(1, 'hello', { era: 1, clock, view, finalizedView: 0, answerWanted: true }))
    for (const kind of ['conflicting-proposal', 'conflicting-notarize'] as const) {
      assert.equal(await refusal({ ...accused(kind, a!, b!), number: 1 }), 'evidence.type')
    }
  })

  it('with the block that follows from its proposals, as a wrong outcome', async () => {
    const right = wrongOutcomeOf(say(leader, 'block', block), proposals, second.block)
    assert.equal(await refusal(right), 'evidence.same')
    const first = chain[0]!
    const onRoot = wrongOutcomeOf(say(first.leader, 'block', first.block), first.proposals, undefined)
    assert.equal(await refusal(onRoot), 'evidence.same')
  })

  it('with its block and other proposals or another parent than it names', async () => {
    const signed = say(leader, 'block', block)
    const others = proposals.with(2, restamped(2))
    assert.equal(await refusal(wrongOutcomeOf(signed, others, second.block)), 'evidence.proposals')
    assert.equal(await refusal(wrongOutcomeOf(signed, proposals, graded(second.block))), 'evidence.parent')
    assert.equal(await refusal(wrongOutcomeOf(signed, proposals, undefined)), 'evidence.parent')
  })
})

describe('a wrong outcome', () => {
  const voices = createVoices(membership)
  const convicting = { member: 3, kind: 'conflicting-block' as const, number: 1, digest: digestOf(9) }

  it('is any difference from what follows', async () => {
    const { list, state, height, epoch, view } = block
    const changes: readonly Partial<Block>[] = [
      { height: height + 1 },
      { epoch: epoch + 1 },
      { epoch: second.block.epoch },
      { era: 2 },
      { parentStateHash: digestOf(1) },
      { logRoot: new Uint8Array(32) },
      { state: { ...state, reputationPpm: state.reputationPpm.with(0, 10_000) } },
      { evidence: [convicting] },
      { list: list.toReversed().map((entry, index) => ({ ...entry, member: index })) },
    ]
    for (const change of changes) {
      const wrong = { ...block, ...change }
      const listed = wrong.list.map(
        ({ digest }) =>
          proposals.find((one) => list.find((entry) => entry.digest === digest)?.member === one.header.sender)!,
      )
      assert.equal(
        await refusal(wrongOutcomeOf(say(leader, 'block', wrong), listed, second.block)),
        undefined,
        Object.keys(change).join(),
      )
    }
    assert.equal(view, 3)
  })

  it('is a list of fewer than q, also when the block follows from it', async () => {
    const parent = { ...second.block, hash: second.hash, block: second.block }
    for (const [count, code] of [
      [3, 'evidence.same'],
      [2, undefined],
    ] as const) {
      const few = proposals.slice(0, count)
      const planned = few.map((message) => ({ member: message.header.sender, digest: contentDigest(message), message }))
      const plan = { view: block.view, epoch: block.epoch, leader, parent, proposals: planned, evidence: [] }
      const short = unwrap(composeBlock(plan, membership))
      assert.equal(await refusal(wrongOutcomeOf(say(leader, 'block', short), few, second.block)), code)
    }
  })

  it('is evidence against a member that the parent convicts already', async () => {
    const reputationPpm = second.block.state.reputationPpm.with(3, 0)
    const parent = { ...second.block, state: { ...second.block.state, reputationPpm } }
    const child = decideOn(voices, membership, { ...parent, hash: blockHash(parent), block: parent }, 3, 3)
    const signed = (evidence: Block['evidence']): Evidence =>
      wrongOutcomeOf(say(child.leader, 'block', { ...child.block, evidence }), child.proposals, parent)
    assert.equal(await refusal(signed([])), 'evidence.same')
    assert.equal(await refusal(signed([convicting])), undefined)
  })

  it('is no proof against a member that does not lead the view', async () => {
    const other = (leader + 1) % 4
    const evidence = wrongOutcomeOf(say(other, 'block', graded(block)), proposals, second.block)
    assert.equal(await refusal(evidence), 'evidence.member')
  })

  it('is no proof with a parent that contradicts itself, which nothing can be computed from', async () => {
    const limit = Number.MAX_SAFE_INTEGER
    const log = { size: limit, frontier: Array.from({ length: 53 }, () => new Uint8Array(32)) }
    const parent = { ...second.block, height: limit, state: { ...second.block.state, height: limit, log } }
    const wrong = { ...block, parent: blockHash(parent) }
    assert.equal(await refusal(wrongOutcomeOf(say(leader, 'block', wrong), proposals, parent)), 'block.number')
  })
})

describe('two conflicting blocks', () => {
  it('fit into one frame, however large they are', () => {
    const hundred = testMembership(100)
    const voices = createVoices(hundred)
    const domain = (_: unknown, index: number): { domain: string; survives: boolean } => {
      return { domain: `${String(index).padStart(5, '0')}${'x'.repeat(124)}`, survives: false }
    }
    const large = (count: number): SignedMessage<'block'> =>
      voices.say(5, 'block', {
        ...block,
        outcome: { ...block.outcome, domains: Array.from({ length: count }, domain) },
      })
    // As many domains as an outcome may name, each with the longest name: nothing else makes a block so long.
    const [a, b] = [large(3_199), large(3_200)]
    assert.ok(decodeEnvelope(encodeEnvelope(b)).ok)
    assert.equal(faultOf(decodeEnvelope(encodeEnvelope(large(3_201)))).code, 'encoding.value')
    const evidence = contradictionOf('conflicting-block', block.view, a, b)
    assert.ok(checkEvidence(evidence, hundred).ok)
    const { length } = encodeEvidence(evidence)
    assert.ok(length > 840_000 && length <= EVIDENCE_BYTES_MAX, String(length))
  })
})
