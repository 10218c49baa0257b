import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EpochLine } from './epoch-book.ts'
import { createRecordBook, describeRecords, type RecordsSummary } from './record-book.ts'

function epochOf(epoch: number, ...verdicts: readonly string[]): EpochLine {
  const attestation = verdicts.map((verdict, member) => ({ member, verdict }))
  return { epoch, certified: verdicts.length > 0, attestation } as unknown as EpochLine
}

const UNDATED = { code: 'record.undated', message: 'record: expected a certificate that dates it' }

function summarize(lines: readonly EpochLine[], members: number): RecordsSummary {
  const book = createRecordBook(members)
  for (const { epoch, attestation } of lines) {
    book.hear({ type: 'attestation', reasons: epoch <= 8 ? [UNDATED] : [{ code: 'late', message: 'too late' }] })
    book.hear({ type: 'decision', epoch, attestation })
    book.hear({ type: 'started' })
  }
  return book.summary(lines)
}

test('a run says from which epoch on all records are verified, and why they were not before', () => {
  const lines = [
    epochOf(5, 'flagged', 'flagged', 'unjudged', 'flagged'),
    epochOf(6),
    epochOf(7, 'verified', 'verified', 'verified'),
    epochOf(8, 'verified', 'verified', 'verified', 'verified'),
    epochOf(9, 'verified', 'verified', 'verified'),
    epochOf(10, 'verified', 'flagged', 'verified', 'verified'),
    epochOf(11, 'verified', 'verified', 'verified', 'verified'),
  ]
  const summary = summarize(lines, 4)
  assert.deepEqual(
    [summary.allVerified, summary.fewerListed, summary.firstEpoch, summary.certificatesBefore],
    [2, 2, 8, 1],
  )
  assert.deepEqual(
    summary.reasonsBefore.map(({ code }) => code),
    ['record.undated', 'unjudged'],
  )
  assert.match(
    describeRecords(summary, 6),
    /^records: all 4 verified in 2 of 6 certificates, from epoch 8 on, 2 list fewer members and verify those, not all of them in 1 before that: record\.undated \(.*\); unjudged \(.*\)$/,
  )
})

test('a run in which they never were says so, and one in which they always were has nothing to explain', () => {
  const never = summarize([epochOf(5, 'flagged', 'flagged')], 2)
  assert.deepEqual([never.firstEpoch, never.reasonsBefore], [null, [UNDATED]])
  assert.match(
    describeRecords(never, 1),
    /^records: all 2 verified in 0 of 1 certificates, not all of them in 1 before that: /,
  )
  const always = summarize([epochOf(5, 'verified', 'verified')], 2)
  assert.equal(describeRecords(always, 1), 'records: all 2 verified in 1 of 1 certificates, from epoch 5 on')
})
