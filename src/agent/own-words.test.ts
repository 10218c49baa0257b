import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReplicaCluster } from '../../test/support/replica-cluster.ts'
import { faultOf } from '../../test/support/results.ts'
import { certificateCodec } from '../consensus/certificate.ts'
import { decodeEnvelope } from '../consensus/messages.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { readFirstUint } from '../core/cbor-items.ts'
import { decode } from '../core/encoding.ts'
import { createOwnWordCheck, type OwnWord, wordOf } from './own-words.ts'

const record = (kind: JournalRecord['kind'], number: number): JournalRecord => ({
  kind,
  number,
  bytes: new Uint8Array(),
})
const RECORDS = [
  record('proposal', 40),
  record('proposal', 41),
  record('final', 50),
  record('notarize', 51),
  record('finalize', 51),
  record('nullify', 52),
]
/** The journal of a fourth start. */
const check = createOwnWordCheck({ bootCount: 4, records: RECORDS })

function judge(type: OwnWord['type'], number: number, bootCount: number, silent = true): boolean {
  return check.judge({ type, number, bootCount }, silent).ok
}

test('what the journal holds, or may have forgotten, it is not younger than', () => {
  for (const [type, number] of [
    ['proposal', 41],
    ['proposal', 12],
    ['notarize', 51],
    ['finalize', 51],
    ['nullify', 52],
    ['finalize', 50],
    ['nullify', 3],
    ['hello', 0],
  ] as const) {
    for (const bootCount of [1, 3]) assert.ok(judge(type, number, bootCount), `${type} ${number}`)
  }
})

test('a word that a journal would have kept proves that it is older than the word', () => {
  for (const [type, number] of [
    ['proposal', 42],
    ['notarize', 52],
    ['finalize', 53],
    ['nullify', 51],
  ] as const) {
    assert.equal(judge(type, number, 3, true), false, `${type} ${number}`)
    assert.equal(judge(type, number, 3, false), false, `${type} ${number}, found late`)
  }
})

test('a start that was not counted proves it, whatever was said with it', () => {
  for (const type of ['hello', 'proposal', 'nullify'] as const) assert.equal(judge(type, 1, 5, false), false)
})

test('with the present start only Hellos can have been signed, as long as it is silent', () => {
  assert.ok(judge('hello', 0, 4))
  assert.equal(judge('nullify', 1, 4), false)
  assert.ok(judge('nullify', 60, 4, false))
})

test('the fault says what was signed, and the way forward', () => {
  const { code, message } = faultOf(check.judge({ type: 'proposal', number: 77, bootCount: 3 }, true))
  assert.equal(code, 'journal.rolled-back')
  assert.match(message, /start 4 that does not know the proposal of epoch 77 of start 3: .*; rejoin under a new key$/)
})

test('all that members of a cluster have signed is known to their journals, and not to those of two seconds before', async () => {
  const cluster = createReplicaCluster({ n: 4, seed: 3 })
  await cluster.run(2_500_000_000n)
  const before = cluster.nodes.map(({ journal }) => [...journal.records()])
  await cluster.run(2_000_000_000n)
  const now = cluster.nodes.map(({ journal }) => [...journal.records()])
  const words = (self: number): readonly OwnWord[] =>
    now.flatMap((records) => records.flatMap((kept) => wordsOf(kept, self)))
  for (const self of [0, 1, 2, 3]) {
    const own = words(self)
    assert.ok(own.length > 3)
    const [level, old] = [now[self], before[self]].map((records) =>
      createOwnWordCheck({ bootCount: 2, records: records ?? [] }),
    )
    for (const word of own) assert.ok(level?.judge(word, true).ok, JSON.stringify(word))
    assert.ok(own.some((word) => old?.judge(word, true).ok === false))
  }
})

/** What a member has signed of what stands in anybody's journal. */
function wordsOf({ kind, bytes }: JournalRecord, self: number): readonly OwnWord[] {
  if (kind === 'final') {
    const certificate = decode(certificateCodec, bytes, 'journal')
    assert.ok(certificate.ok)
    const { block, votes } = certificate.value
    const number = readFirstUint(block) ?? 0
    return votes
      .filter(({ sender }) => sender === self)
      .map(({ bootCount }) => ({ type: 'finalize', number, bootCount }))
  }
  const message = decodeEnvelope(bytes)
  return message.ok && message.value.header.sender === self ? [wordOf(message.value)] : []
}
