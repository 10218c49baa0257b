import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DecidedBlock, decidedChain, decideOn } from '../../../test/support/decided-chain.ts'
import { START_TAI, testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices, digestOf } from '../../../test/support/signed-messages.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../core/time.ts'
import { type Block, blockHash } from '../block.ts'
import type { VoteType } from '../quorum-certificate.ts'
import { type Context, createContext } from './context.ts'
import { type Judgement, judgeBlock } from './judge-block.ts'

const membership = testMembership(4)
const voices = createVoices(membership)
/** Blocks of views and epochs 1, 2 and 3. */
const [first, second, third] = decidedChain(voices, membership, 3) as [DecidedBlock, DecidedBlock, DecidedBlock]
const QUORUM = [0, 1, 2]
/** Inside of epoch 3. */
const NOW = secondsIn(3.2)

function secondsIn(seconds: number): MonoNs {
  return monoNs(BigInt(Math.round(seconds * 1e9)))
}

/** A member that holds blocks 1 and 2, notarized and not final, and the proposals of epoch 3. */
function openContext(): Context {
  const context = createContext(
    {
      membership,
      self: 0,
      bootCount: 1,
      attestationDigest: undefined,
      sign: (type, content) => testSign(0, type, content),
      journal: [],
    },
    monoNs(0n),
  )
  context.clock = { monoNs: monoNs(0n), taiNs: START_TAI, ratePpb: 0n }
  for (const decided of [first, second]) {
    context.chain.add(decided.block, decided.hash)
    certify(context, 'notarize', decided.block.view, decided.hash)
  }
  context.tip = { view: second.block.view, hash: second.hash }
  context.pool.moveTo(3)
  for (const proposal of third.proposals) context.pool.add(proposal, () => false)
  return context
}

function certify(context: Context, type: VoteType, view: number, hash?: Uint8Array): void {
  const certificate = voices.certificate(type, view, hash, QUORUM)
  if (type === 'nullify') context.views.at(view).nullification = certificate
  else context.views.at(view).notarization = certificate
}

function judge(context: Context, decided: DecidedBlock, changes: Partial<Block> = {}, now = NOW): Judgement {
  const block = { ...decided.block, ...changes }
  const message = voices.say(decided.leader, 'block', block)
  return judgeBlock(context, { block, hash: blockHash(block), message }, now)
}

/** What was asked for, by kind. */
function asked({ outbox }: Context): readonly string[] {
  return outbox.send.map(({ message }) => message.kind)
}

function codeOf(judgement: Judgement): string {
  return judgement.verdict === 'refuse' ? judgement.fault.code : judgement.verdict
}

describe('a block', () => {
  it('is valid on a notarized parent, with the state that the parent left, whatever is final here', () => {
    const context = openContext()
    assert.equal(codeOf(judge(context, third)), 'valid')
    certify(context, 'notarize', second.block.view, second.hash)
    context.chain.finalize(first.hash)
    assert.equal(codeOf(judge(context, third)), 'valid')
    assert.deepEqual(asked(context), [])
  })

  it('waits for its parent, and asks for it', () => {
    const context = openContext()
    const stranger = { ...second.block, epoch: 0 }
    assert.equal(codeOf(judge(context, third, { parent: blockHash(stranger) })), 'wait')
    assert.ok(asked(context).includes('want-block'))
  })

  it('waits for the certificate of its parent', () => {
    const context = openContext()
    delete context.views.at(second.block.view).notarization
    assert.equal(codeOf(judge(context, third)), 'wait')
    assert.deepEqual(asked(context), ['want-quorums'])
  })

  it('waits for a nullification of every view that it skips', () => {
    const context = openContext()
    const parent = { ...second.block, hash: second.hash, block: second.block }
    const later = decideOn(voices, membership, parent, 5, 3)
    assert.equal(codeOf(judge(context, later)), 'wait')
    certify(context, 'nullify', 3)
    assert.equal(codeOf(judge(context, later)), 'wait')
    assert.deepEqual(asked(context), ['want-quorums'])
    certify(context, 'nullify', 4)
    assert.equal(codeOf(judge(context, later)), 'valid')
  })

  it('waits for its proposals, and asks for them', () => {
    const context = openContext()
    context.pool.moveTo(30)
    context.pool.moveTo(3)
    assert.equal(codeOf(judge(context, third)), 'wait')
    assert.deepEqual(asked(context), ['want-proposals'])
  })

  it('that changes the membership waits for the order that it names, and asks for it', () => {
    const context = openContext()
    const change = { step: 'order', digest: digestOf(5) } as const
    assert.equal(codeOf(judge(context, third, { change })), 'wait')
    assert.deepEqual(asked(context), ['want-order'])
  })

  it('waits for every proof that it lists, and asks for it', () => {
    const context = openContext()
    const entry = { member: 1, kind: 'conflicting-notarize', number: 2, digest: digestOf(4) } as const
    assert.equal(codeOf(judge(context, third, { evidence: [entry] })), 'wait')
    assert.deepEqual(asked(context), ['want-evidence'])
  })

  it('gets no vote more than one epoch before or after its own', () => {
    const context = openContext()
    for (const [seconds, verdict] of [
      [1.9, 'wait'],
      [2.1, 'valid'],
      [4.9, 'valid'],
      [5.1, 'wait'],
    ] as const) {
      assert.equal(codeOf(judge(context, third, {}, secondsIn(seconds))), verdict, `${seconds} s`)
    }
    context.clock = undefined
    assert.equal(codeOf(judge(context, third)), 'wait')
  })

  it('is refused when no correct leader can have made it', () => {
    const { list, outcome, state } = third.block
    for (const [code, changes] of [
      ['block.parent', { view: second.block.view }],
      ['block.era', { era: 2 }],
      ['block.epoch', { epoch: second.block.epoch }],
      ['block.list', { list: list.slice(2) }],
      ['block.outcome', { list: list.slice(1) }],
      ['block.outcome', { outcome: { ...outcome, grade: outcome.grade === 'partial' ? 'validated' : 'partial' } }],
      ['block.outcome', { state: { ...state, reputationPpm: state.reputationPpm.map(() => 20_000) } }],
      ['block.outcome', { height: third.block.height + 1 }],
      ['block.outcome', { logRoot: new Uint8Array(32) }],
    ] as const) {
      assert.equal(codeOf(judge(openContext(), third, changes)), code, JSON.stringify(Object.keys(changes)))
    }
  })

  it('with an outcome that does not follow is refused together with its proposals: that is the proof', () => {
    const judgement = judge(openContext(), third, { logRoot: new Uint8Array(32) })
    assert.ok(judgement.verdict === 'refuse')
    assert.equal(judgement.proposals?.length, third.block.list.length)
  })

  it('that lists a proposal under another name, or of another epoch, is refused', () => {
    const context = openContext()
    const [a, b, ...rest] = third.block.list
    assert.ok(a !== undefined && b !== undefined)
    const swapped = [{ ...a, digest: b.digest }, { ...b, digest: a.digest }, ...rest]
    assert.equal(codeOf(judge(context, third, { list: swapped })), 'block.list')
    const early = voices.say(0, 'proposal', { ...third.proposals[0]!.body, epoch: 4 })
    context.pool.add(early, () => false)
    const digest = context.pool.firstOf(4)[0]?.digest
    assert.ok(digest !== undefined)
    const stale = [{ member: 0, digest }, ...third.block.list.slice(1)]
    assert.equal(codeOf(judge(context, third, { list: stale })), 'block.list')
  })
})

describe('the clock of a member', () => {
  it('is all that decides what is stale: the same block is judged the same a second later by a slower clock', () => {
    const context = openContext()
    context.clock = { monoNs: monoNs(0n), taiNs: plus(START_TAI, -NS_PER_SECOND), ratePpb: 0n }
    assert.equal(codeOf(judge(context, third, {}, secondsIn(4.2))), 'valid')
    assert.equal(codeOf(judge(context, third, {}, secondsIn(6.2))), 'wait')
  })
})
