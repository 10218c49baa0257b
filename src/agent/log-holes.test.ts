import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type DecidedBlock, decidedChain } from '../../test/support/decided-chain.ts'
import { testMembership } from '../../test/support/replica-cluster.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createVoices } from '../../test/support/signed-messages.ts'
import { certificateCodec, certificateOf } from '../consensus/certificate.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { RUN_BYTES_MAX } from '../consensus/wire-message.ts'
import { encode } from '../core/encoding.ts'
import type { Fault } from '../core/fault.ts'
import { monoNs } from '../core/time.ts'
import { type DecisionLog, openDecisionLog } from '../ledger/decision-log.ts'
import { createLogAnswers } from './log-answers.ts'
import { findHoles } from './log-holes.ts'
import { storedDecision } from './recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-holes-'))
after(() => rmSync(folder, { recursive: true }))

const membership = testMembership(4)
const voices = createVoices(membership)
const chain = decidedChain(voices, membership, 90)
let logs = 0

function at(height: number): DecidedBlock {
  const decided = chain[height - 1]
  assert.ok(decided !== undefined)
  return decided
}

/** A log that holds these heights. */
function logOf(heights: readonly number[]): DecisionLog {
  logs += 1
  const log = unwrap(openDecisionLog(join(folder, `log-${logs}.sqlite`), membership.epochPeriodNs))
  const stored = heights.map((height) => {
    return storedDecision({ block: at(height).block, blockHash: at(height).hash, votes: undefined })
  })
  if (stored.length > 0) unwrap(log.append(...stored))
  return log
}

function finalRecord(height: number): JournalRecord {
  const { block, hash } = at(height)
  const { votes } = voices.certificate('finalize', block.view, hash, [0, 1, 2])
  return { kind: 'final', number: block.view, bytes: encode(certificateCodec, certificateOf(block, votes)) }
}

function upTo(height: number): readonly number[] {
  return Array.from({ length: height }, (_, index) => index + 1)
}

test('a log that holds everything has no holes', () => {
  const log = logOf(upTo(9))
  assert.deepEqual(unwrap(findHoles(log, [finalRecord(9)])), [])
  assert.deepEqual(unwrap(findHoles(logOf([]), [])), [])
  log.close()
})

test('a crash between the journal and the log leaves no hole: the journal holds the newest, the rest is named', () => {
  const log = logOf(upTo(9))
  const holes = unwrap(findHoles(log, [finalRecord(12)]))
  assert.deepEqual(holes, [{ height: 11, hash: at(11).hash, knownHeight: 9 }])
  const stored = unwrap(log.byHeight(12))
  assert.deepEqual(stored?.blockHash, at(12).hash)
  assert.ok(stored?.certificate !== undefined)
  log.close()
})

test('every hole is named with the hash that the block above it gives; of many, the oldest as one', () => {
  const log = logOf([3, 4, 7])
  assert.deepEqual(unwrap(findHoles(log, [])), [
    { height: 6, hash: at(6).hash, knownHeight: 4 },
    { height: 2, hash: at(2).hash, knownHeight: 0 },
  ])
  const sparse = logOf(upTo(30).map((height) => 2 * height))
  const holes = unwrap(findHoles(sparse, []))
  assert.equal(holes.length, 8)
  assert.deepEqual(holes[0], { height: 59, hash: at(59).hash, knownHeight: 58 })
  assert.deepEqual(holes[7], { height: 45, hash: at(45).hash, knownHeight: 0 })
  log.close()
  sparse.close()
})

test('a log that can not be read is a fault', () => {
  const log = logOf([1])
  log.close()
  assert.equal(faultOf(findHoles(log, [])).code, 'ledger.sqlite')
})

test('a run is answered from the log, back to where something is missing, and within the limits of one answer', () => {
  const log = logOf(upTo(90).filter((height) => height !== 40))
  const answers = createLogAnswers(log, () => assert.fail('no fault'))
  const ask = (height: number, count: number, atMs: number): readonly Uint8Array[] => {
    const wanted = { newest: at(height).hash, count }
    const answer = answers.answer({ type: 'want-blocks', from: 2, wanted }, monoNs(BigInt(atMs) * 1_000_000n))
    return typeof answer === 'object' && answer.kind === 'blocks' ? answer.value : []
  }
  const blocks = (heights: readonly number[]): readonly Uint8Array[] =>
    heights.map((height) => unwrap(log.byHeight(height))?.block ?? new Uint8Array())
  assert.deepEqual(ask(90, 3, 0), blocks([90, 89, 88]))
  assert.deepEqual(ask(43, 64, 100), blocks([43, 42, 41]))
  const most = ask(90, 64, 200)
  const bytes = most.reduce((sum, block) => sum + block.length, 0)
  assert.ok(most.length > 20 && bytes <= RUN_BYTES_MAX, `${most.length} blocks of ${bytes} bytes`)
  assert.deepEqual(ask(40, 64, 300), [])
  log.close()
})

test('who asks faster than a member does gets nothing read; single blocks are answered as ever', () => {
  const log = logOf(upTo(9))
  const faults: Fault[] = []
  const answers = createLogAnswers(log, (fault) => faults.push(fault))
  const wanted = { newest: at(9).hash, count: 4 }
  const question = { type: 'want-blocks', from: 2, wanted } as const
  assert.equal(typeof answers.answer(question, monoNs(1_000_000n)), 'object')
  assert.equal(answers.answer(question, monoNs(25_000_000n)), 'dropped')
  assert.equal(typeof answers.answer({ ...question, from: 3 }, monoNs(25_000_000n)), 'object')
  assert.equal(typeof answers.answer(question, monoNs(26_000_000n)), 'object')
  const single = answers.answer({ type: 'want-block', from: 2, hash: at(4).hash }, monoNs(26_000_001n))
  assert.deepEqual(single, { kind: 'block-bytes', value: unwrap(log.byHeight(4))?.block })
  assert.equal(answers.answer({ type: 'want-block', from: 2, hash: new Uint8Array(48) }, monoNs(0n)), undefined)
  assert.equal(answers.answer({ type: 'wake' }, monoNs(0n)), undefined)
  log.close()
  assert.equal(answers.answer(question, monoNs(60_000_000n)), undefined)
  assert.deepEqual(
    faults.map(({ code }) => code),
    ['ledger.sqlite'],
  )
})
