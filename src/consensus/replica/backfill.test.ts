import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { missingHeights } from '../../../test/support/commit-holes.ts'
import { type DecidedBlock, decidedChain } from '../../../test/support/decided-chain.ts'
import { testMembership, testSign } from '../../../test/support/replica-cluster.ts'
import { createVoices, digestOf } from '../../../test/support/signed-messages.ts'
import { equalBytes } from '../../core/bytes.ts'
import { encode } from '../../core/encoding.ts'
import { sha384 } from '../../core/hash.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../core/time.ts'
import { blockCodec } from '../block.ts'
import { createReplica } from '../replica.ts'
import { RUN_BLOCKS_MAX, RUN_BYTES_MAX, runOf } from '../wire-message.ts'
import type { Commit, Effects, Hole, Input } from './types.ts'

const LENGTH = 150
const membership = testMembership(4)
const voices = createVoices(membership)
const chain: readonly DecidedBlock[] = decidedChain(voices, membership, LENGTH)
const bytesOf = ({ block }: DecidedBlock): Uint8Array => encode(blockCodec, block)

/** The block of a height. */
function at(height: number): DecidedBlock {
  const decided = chain[height - 1]
  assert.ok(decided !== undefined)
  return decided
}

/** A replica of member 0 in a world without a clock, so that nothing but the backfill happens. */
function setUp(): {
  step(input: Input, atMs: number): Effects
  status(): { done: number; of: number }
  gaps(): number
  commits: Commit[]
} {
  const replica = createReplica(
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
  const commits: Commit[] = []
  return {
    step: (input, atMs) => {
      const effects = replica.step(input, ms(atMs))
      commits.push(...effects.commit)
      return effects
    },
    status: () => replica.status().backfill,
    gaps: () => replica.status().kept.gaps,
    commits,
  }
}

const ms = (count: number): MonoNs => monoNs(BigInt(count) * NS_PER_MILLISECOND)

function finalOf(height: number): Input {
  const { block, hash } = at(height)
  const { votes } = voices.certificate('finalize', block.view, hash, [1, 2, 3])
  return { type: 'final', from: 1, block, votes }
}

/** Whom a step asks for a run, and for which. */
function asked({ send }: Effects): { to: number | 'all'; newest: Uint8Array; count: number } | undefined {
  const [question, ...more] = send.filter(({ message }) => message.kind === 'want-blocks')
  assert.deepEqual(more, [])
  if (question?.message.kind !== 'want-blocks') return undefined
  return { to: question.to, ...question.message.value }
}

function runFrom(height: number, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => bytesOf(at(height - index)))
}

describe('missed blocks', () => {
  it('come in runs from one peer at a time, no faster than the pace, and progress is told', () => {
    const { step, status, commits } = setUp()
    const first = asked(step(finalOf(LENGTH), 0))
    assert.deepEqual(first, { to: 1, newest: at(LENGTH).block.parent, count: RUN_BLOCKS_MAX })
    assert.deepEqual(status(), { done: 0, of: LENGTH - 1 })
    const early = step({ type: 'blocks', from: 1, blocks: runFrom(LENGTH - 1, 64) }, 3)
    assert.equal(asked(early), undefined)
    assert.equal(early.nextWakeAt, ms(50))
    assert.deepEqual(status(), { done: 64, of: LENGTH - 1 })
    const second = asked(step({ type: 'wake' }, 50))
    assert.deepEqual([second?.to, second?.newest, second?.count], [1, at(LENGTH - 64).block.parent, 64])
    step({ type: 'blocks', from: 1, blocks: runFrom(LENGTH - 65, 64) }, 60)
    assert.equal(asked(step({ type: 'wake' }, 110))?.count, 21)
    step({ type: 'blocks', from: 1, blocks: runFrom(21, 21) }, 120)
    assert.deepEqual(status(), { done: 0, of: 0 })
    assert.deepEqual(missingHeights(commits), [])
    assert.equal(commits.length, LENGTH)
    assert.equal(asked(step({ type: 'wake' }, 500)), undefined)
  })

  it('are taken up to the first that is not the parent of the one before, however right its form', () => {
    const { step, status, commits } = setUp()
    step(finalOf(LENGTH), 0)
    const height = LENGTH - 3
    const forged = encode(blockCodec, { ...at(height).block, parentStateHash: digestOf(9) })
    const blocks = [...runFrom(LENGTH - 1, 2), forged, ...runFrom(height - 1, 2)]
    step({ type: 'blocks', from: 1, blocks }, 3)
    assert.deepEqual(status(), { done: 2, of: LENGTH - 1 })
    assert.ok(commits.every(({ block, blockHash }) => equalBytes(blockHash, at(block.height).hash)))
  })

  it('are asked of the next peer when one does not answer, or gives less than it was asked for', () => {
    const { step, status } = setUp()
    assert.equal(asked(step(finalOf(LENGTH), 0))?.to, 1)
    assert.equal(asked(step({ type: 'wake' }, 999)), undefined)
    assert.equal(asked(step({ type: 'wake' }, 1_000))?.to, 2)
    step({ type: 'blocks', from: 2, blocks: runFrom(LENGTH - 1, 2) }, 1_001)
    assert.deepEqual(status(), { done: 2, of: LENGTH - 1 })
    const next = asked(step({ type: 'wake' }, 1_050))
    assert.deepEqual([next?.to, next?.newest], [3, at(LENGTH - 2).block.parent])
    assert.equal(asked(step({ type: 'wake' }, 2_050))?.to, 1, 'never itself')
  })

  it('are worth what their hash is worth, whoever sends them', () => {
    const { step, status, commits } = setUp()
    step(finalOf(100), 0)
    const forged = { ...at(99).block, epoch: 100 }
    const [good] = runFrom(99, 1)
    assert.ok(good !== undefined)
    for (const blocks of [[encode(blockCodec, forged)], runFrom(98, 3), [good.subarray(1)], [digestOf(1)]]) {
      step({ type: 'blocks', from: 1, blocks }, 1)
      assert.deepEqual(status(), { done: 0, of: 99 })
    }
    // What follows a good block in a run must be its parent.
    step({ type: 'blocks', from: 3, blocks: [good, ...runFrom(97, 2)] }, 2)
    assert.deepEqual(status(), { done: 1, of: 99 })
    assert.deepEqual(
      commits.map(({ block }) => block.height),
      [100, 99],
    )
  })

  it('that no cluster can have made are given up, not waited for', () => {
    for (const bytes of [encode(blockCodec, { ...at(30).block, era: 9 }), digestOf(7)]) {
      const { step, gaps, commits } = setUp()
      step({ type: 'holes', holes: [{ height: 30, hash: sha384(bytes), knownHeight: 10 }] }, 0)
      step({ type: 'blocks', from: 2, blocks: [bytes] }, 1)
      assert.equal(gaps(), 0)
      assert.deepEqual(commits, [])
    }
  })

  it('of more absences than are kept apart are fetched all the same', () => {
    const { step, gaps, commits } = setUp()
    const finals = Array.from({ length: 12 }, (_, index) => 10 * (index + 1))
    for (const height of finals) {
      step(finalOf(height), height)
      assert.ok(gaps() <= 8)
    }
    let atMs = 2_000
    for (let round = 0; gaps() > 0 && round < 40; round++) {
      const question = asked(step({ type: 'wake' }, atMs))
      assert.ok(question !== undefined)
      const newest = chain.find(({ hash }) => equalBytes(hash, question.newest))?.block.height ?? 0
      step({ type: 'blocks', from: Number(question.to), blocks: runFrom(newest, question.count) }, atMs + 1)
      atMs += 1_000
    }
    assert.equal(gaps(), 0)
    assert.deepEqual(missingHeights(commits), [])
  })

  it('that the log of this member lacks after a crash are fetched like any other', () => {
    const { step, status, commits } = setUp()
    const holes: readonly Hole[] = [
      { height: 80, hash: at(80).hash, knownHeight: 78 },
      { height: 50, hash: at(50).hash, knownHeight: 49 },
    ]
    assert.deepEqual(asked(step({ type: 'holes', holes }, 0)), { to: 1, newest: at(80).hash, count: 2 })
    step({ type: 'holes', holes }, 1)
    assert.deepEqual(status(), { done: 0, of: 3 }, 'told twice, they are fetched once')
    step({ type: 'blocks', from: 1, blocks: runFrom(80, 2) }, 2)
    assert.deepEqual(asked(step({ type: 'wake' }, 50)), { to: 1, newest: at(50).hash, count: 1 })
    step({ type: 'blocks', from: 1, blocks: runFrom(50, 1) }, 51)
    assert.deepEqual(
      commits.map(({ block }) => block.height),
      [80, 79, 50],
    )
  })

  it('are handed to whoever asks, as many as go into one answer', () => {
    const { step } = setUp()
    step(finalOf(1), 0)
    for (let height = 2; height <= 100; height++) step(finalOf(height), height)
    const { send } = step({ type: 'want-blocks', from: 2, wanted: { newest: at(100).hash, count: 64 } }, 200)
    const [answer] = send
    assert.ok(answer?.message.kind === 'blocks')
    assert.equal(answer.to, 2)
    assert.deepEqual(answer.message.value, runOf(runFrom(100, 64)))
    assert.ok(answer.message.value.reduce((sum, block) => sum + block.length, 0) <= RUN_BYTES_MAX)
    assert.deepEqual(step({ type: 'want-blocks', from: 2, wanted: { newest: digestOf(3), count: 64 } }, 300).send, [])
  })
})

it('a run always holds its first block, however long, and nothing beyond the limits', () => {
  const long = new Uint8Array(RUN_BYTES_MAX + 1)
  assert.equal(runOf([long, long]).length, 1)
  assert.equal(runOf(Array.from({ length: 4 }, () => long.subarray(0, RUN_BYTES_MAX / 2))).length, 2)
  assert.equal(runOf(Array.from({ length: 100 }, () => new Uint8Array(1))).length, RUN_BLOCKS_MAX)
  assert.deepEqual(runOf([]), [])
})
